import Glibc
import Primitives

extension Stream {
    /// What one address gets before the next is tried, if there is a next. (RFC 8305 §5 begins the
    /// next after 250 ms without giving up the first; a collector's backends are few and near.)
    static let addressTimeout = Duration.seconds(2)

    /// A connection to the first of the endpoint's addresses that answers, with TLS if asked for;
    /// on the current loop.
    package static func connect(
        to endpoint: Endpoint, deadline: Instant, tls: TLSContext? = nil,
        resolver: Resolver = .shared
    ) async throws(SocketError) -> Stream {
        let stream = try await connectPlain(to: endpoint, deadline: deadline, resolver)
        guard let tls else { return stream }
        do throws(SocketError) {
            stream.deadline = deadline
            try await stream.encrypt(with: tls, host: endpoint.host)
            stream.deadline = nil
            return stream
        } catch {
            stream.close()
            throw error
        }
    }

    private static func connectPlain(
        to endpoint: Endpoint, deadline: Instant, _ resolver: Resolver
    ) async throws(SocketError) -> Stream {
        guard let loop = EventLoop.current else {
            preconditionFailure("connections are made by tasks of an event loop")
        }
        let addresses = try await resolver.addresses(of: endpoint, deadline: deadline, on: loop)
        var failure = SocketError.timedOut
        for (index, address) in addresses.enumerated() {
            let isLast = index == addresses.count - 1
            let limit = isLast ? deadline : min(deadline, loop.now + addressTimeout)
            do throws(SocketError) {
                return try await connect(to: address, deadline: limit, on: loop)
            } catch .system(_, let code) {
                failure = .cannotConnect(to: "\(address)", errno: code)
            } catch .timedOut {
                failure = .cannotConnect(to: "\(address)", errno: ETIMEDOUT)
            }
            if loop.now >= deadline { break }
        }
        throw failure
    }

    /// A connection to exactly this address.
    static func connect(
        to address: SocketAddress, deadline: Instant, on loop: EventLoop
    ) async throws(SocketError) -> Stream {
        let fd = try BoundSocket.open(address.family)
        BoundSocket.tune(fd, keepAlive: nil)
        let code = address.withKernelForm { Glibc.connect(fd, $0, $1) == 0 ? 0 : errno }
        // connect(2): interrupted, it goes on in the background just as if it were in progress.
        guard code == 0 || code == EINPROGRESS || code == EINTR else {
            SystemCall.close(fd)
            throw SocketError(call: "connect", errno: code)
        }
        let stream = try Stream(adopting: fd, peer: address, on: loop)
        do throws(SocketError) {
            if code != 0 { try await stream.finishConnecting(by: deadline) }
        } catch {
            stream.close()
            throw error
        }
        return stream
    }

    /// Waits for the kernel's verdict on a connection that was begun.
    private func finishConnecting(by deadline: Instant) async throws(SocketError) {
        self.deadline = deadline
        isReadable = false
        isWritable = false
        while !isWritable { try await wait(.writer, for: .writing) }
        self.deadline = nil
        let code = SystemCall.pendingError(of: fd)
        if code != 0 { throw SocketError(call: "connect", errno: code) }
        isReadable = true
    }
}
