import CLinux
import Glibc

/// The few threads of the program that are not Swift's own.
enum Thread {
    fileprivate final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a thread that somebody will join.
    static func joinable(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SocketError) -> pthread_t {
        let context = Unmanaged.passRetained(Start(name, body)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, run, context)
        if code == 0 { return thread }
        Unmanaged<Start>.fromOpaque(context).release()
        throw SocketError(call: "pthread_create", errno: code)
    }

    /// Starts a thread that ends by itself.
    static func detached(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SocketError) {
        pthread_detach(try joinable(name: name, body))
    }
}

private func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let start = Unmanaged<Thread.Start>.fromOpaque(context).takeRetainedValue()
    // The kernel keeps 15 bytes. (pthread_setname_np(3))
    _ = pthread_setname_np(pthread_self(), String(start.name.prefix(15)))
    start.body()
    return nil
}
