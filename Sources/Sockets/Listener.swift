import CLinux
import Glibc
import Primitives
import Synchronization

/// The two families of internet addresses.
package enum AddressFamily: Sendable {
    case v4, v6
}

/// What may be said about a listener besides its endpoint.
package struct ListenerOptions: Sendable {
    /// Listen on an address of this family; `nil` for any, and IPv4 if a name has both.
    package var family: AddressFamily?
    /// Connections the kernel holds before they are accepted; it cuts this to
    /// `net.core.somaxconn`. (listen(2))
    package var backlog: Int32 = 1_024
    /// Connections served at once. One above it is closed as soon as it is accepted.
    package var connectionLimit = Int.max
    /// Who may connect to a unix-domain socket: by default its owner and group.
    package var unixPermissions: UInt32 = 0o660
    /// Idle time after which the kernel probes whether the peer is still there; `nil` for never.
    package var keepAlive: Duration? = .seconds(60)
    /// With it every connection is encrypted before it is served.
    package var tls: TLSContext?
    /// Time for that; a client that dawdles holds a connection for nothing.
    package var handshakeTimeout = Duration.seconds(10)

    package init() {}
}

/// A socket that takes connections and hands them to loops in turn.
///
/// Bound and listening from `init` on, so a mistake shows at start and the real port is known.
/// Accepting happens on one loop; a connection belongs to the loop it was handed to for life.
package final class Listener: EventSource, @unchecked Sendable {
    /// Connections accepted per event, so that a storm of them does not starve the others of a
    /// loop.
    static let acceptBatchLimit = 64
    /// Rest after descriptors or memory ran out: the connections wait in the backlog meanwhile.
    static let pause = Duration.milliseconds(100)

    package typealias Serve = @Sendable (Stream) async -> Void

    /// Where it listens, with the port the kernel chose if 0 was asked for.
    package let endpoint: Endpoint
    package let counts = Counts()
    private let options: ListenerOptions
    private let ownership: Mutex<Ownership>

    // Touched only on the accepting loop.
    private var loops: [EventLoop] = []
    private var nextLoop = 0
    private var serve: Serve = { _ in }
    private var fd: Int32 = -1
    private var resumption: LoopTimer?

    private struct Ownership {
        /// `nil` once closed.
        var socket: BoundSocket?
        /// The loop that accepts; `nil` until `start`.
        var acceptor: EventLoop?
    }

    /// What happened so far, readable from any thread.
    package final class Counts: Sendable {
        /// Connections being served.
        package let active = Atomic<Int>(0)
        package let accepted = Atomic<Int>(0)
        /// Connections closed at once because of `connectionLimit`.
        package let refused = Atomic<Int>(0)
        /// Connections that did not become TLS ones.
        package let failedHandshakes = Atomic<Int>(0)
        /// How often accepting had to pause, because descriptors or memory had run out.
        package let pauses = Atomic<Int>(0)
    }

    package init(
        _ endpoint: Endpoint, options: ListenerOptions = ListenerOptions()
    ) throws(SocketError) {
        let socket = try BoundSocket(endpoint, options)
        self.options = options
        self.endpoint = socket.endpoint
        ownership = Mutex(Ownership(socket: socket))
    }

    deinit {
        ownership.withLock { $0.socket?.close() }
    }

    /// Begins to accept on `acceptor`; each connection is served by a task on one of `loops` and
    /// closed when `serve` returns.
    package func start(
        on acceptor: EventLoop, handingTo loops: [EventLoop], _ serve: @escaping Serve
    ) {
        precondition(!loops.isEmpty, "a listener needs loops to hand connections to")
        ownership.withLock { ownership in
            precondition(ownership.acceptor == nil, "a listener is started once")
            ownership.acceptor = acceptor
        }
        acceptor.execute { self.begin(loops, serve) }
    }

    /// Stops accepting and gives the address back; connections live on. Once it returns, another
    /// listener can have the address.
    package func close() async {
        await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
            let acceptor = ownership.withLock { $0.acceptor }
            let isTaken = acceptor?.execute {
                self.closeNow()
                done.resume()
            }
            if isTaken != true {
                closeNow()
                done.resume()
            }
        }
    }

    func ready(_ events: Readiness) {
        for _ in 0..<Self.acceptBatchLimit {
            guard fd >= 0, acceptOne() else { return }
        }
    }

    func loopStops() {
        closeNow()
    }
}

// MARK: - Accepting

extension Listener {
    private var acceptor: EventLoop? { ownership.withLock { $0.acceptor } }

    private func begin(_ loops: [EventLoop], _ serve: @escaping Serve) {
        let (socket, acceptor) = ownership.withLock { ($0.socket, $0.acceptor) }
        guard let socket, let acceptor else { return }
        self.loops = loops
        self.serve = serve
        // Level-triggered: what a batch leaves behind is reported again. It fails only on a loop
        // that stops.
        guard (try? acceptor.register(socket.fd, self, for: .reading)) != nil else { return }
        fd = socket.fd
    }

    private func closeNow() {
        if fd >= 0 {
            if let resumption { acceptor?.cancel(resumption) }
            acceptor?.unregister(fd)
            fd = -1
        }
        ownership.withLock { ownership in
            ownership.socket?.close()
            ownership.socket = nil
        }
    }

    /// Takes one connection; `false` when there is none at the moment.
    private func acceptOne() -> Bool {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        do {
            let accepted = try SystemCall.attempt("accept4") {
                withUnsafeMutablePointer(to: &storage) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        accept4(fd, $0, &size, BoundSocket.flags)
                    }
                }
            }
            guard let accepted else { return false }
            admit(accepted, SocketAddress(storage, size: size) ?? .unix(path: ""))
            return true
        } catch {
            return recover(from: error)
        }
    }

    private func recover(from error: SocketError) -> Bool {
        switch error.errno {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            // The connection stays in the backlog and would be reported at once: do not spin.
            takeBreak()
            return false
        default:
            // accept(2): errors already pending on the new connection. It is gone; on to the next.
            return true
        }
    }

    private func takeBreak() {
        guard let acceptor else { return }
        counts.pauses.add(1, ordering: .relaxed)
        try? acceptor.update(fd, for: [])
        let timer =
            resumption
            ?? LoopTimer { [unowned self] in
                if fd >= 0 { try? self.acceptor?.update(fd, for: .reading) }
            }
        resumption = timer
        acceptor.schedule(timer, at: acceptor.now + Self.pause)
    }

    private func admit(_ accepted: Int32, _ peer: SocketAddress) {
        guard counts.active.load(ordering: .relaxed) < options.connectionLimit else {
            counts.refused.add(1, ordering: .relaxed)
            SystemCall.close(accepted)
            return
        }
        counts.accepted.add(1, ordering: .relaxed)
        counts.active.add(1, ordering: .relaxed)
        BoundSocket.tune(accepted, keepAlive: options.keepAlive)
        let loop = loops[nextLoop]
        nextLoop = (nextLoop + 1) % loops.count
        if !loop.execute({ self.serve(accepted, peer, on: loop) }) {
            SystemCall.close(accepted)
            counts.active.subtract(1, ordering: .relaxed)
        }
    }

    /// On the connection's loop.
    private func serve(_ fd: Int32, _ peer: SocketAddress, on loop: EventLoop) {
        // It fails, and closes the descriptor, when the loop stops or memory has run out.
        guard let stream = try? Stream(adopting: fd, peer: peer, on: loop) else {
            counts.active.subtract(1, ordering: .relaxed)
            return
        }
        loop.spawn { [serve, options, counts] in
            if await Self.encrypt(stream, options) {
                await serve(stream)
            } else {
                counts.failedHandshakes.add(1, ordering: .relaxed)
            }
            stream.close()
            counts.active.subtract(1, ordering: .relaxed)
        }
    }

    private static func encrypt(_ stream: Stream, _ options: ListenerOptions) async -> Bool {
        guard let tls = options.tls else { return true }
        stream.deadline = stream.loop.now + options.handshakeTimeout
        guard (try? await stream.encrypt(with: tls)) != nil else { return false }
        stream.deadline = nil
        return true
    }
}
