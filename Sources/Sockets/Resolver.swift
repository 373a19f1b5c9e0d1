import Glibc
import Primitives

/// Turns names into addresses.
package final class Resolver: Sendable {
    package static let shared = Resolver()

    func addresses(
        of endpoint: Endpoint, deadline: Instant, on loop: EventLoop
    ) async throws(SocketError) -> [SocketAddress] {
        switch endpoint {
        case .unix(let path): return [.unix(path: path)]
        case .tcp(let host, let port):
            return try Self.resolveBlocking(host: host, port: port)
        }
    }

    /// Addresses of a host, best first, without asking anybody where that is possible.
    static func withoutAsking(host: String, port: UInt16) -> [SocketAddress]? {
        if let address = SocketAddress(literal: host, port: port) { return [address] }
        // RFC 6761 §6.3: localhost is the loopback interface, whatever the DNS would say.
        let isLocal = host.isEmpty || host.lowercased() == "localhost"
        let loopback = [SocketAddress.loopbackV4, .loopbackV6]
        return isLocal ? loopback.map { $0.with(port: port) } : nil
    }

    /// Asks, and blocks the thread for as long as it takes: seconds, if a name server is down.
    static func resolveBlocking(
        host: String, port: UInt16
    ) throws(SocketError) -> [SocketAddress] {
        if let known = withoutAsking(host: host, port: port) { return known }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            throw .nameNotResolved(host, reason: String(cString: gai_strerror(code)))
        }
        let addresses = addresses(in: list, port: port)
        if addresses.isEmpty { throw .nameNotResolved(host, reason: "it has no address") }
        return addresses
    }

    private static func addresses(
        in list: UnsafeMutablePointer<addrinfo>?, port: UInt16
    ) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            var storage = sockaddr_storage()
            let size = min(Int(entry.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            guard let source = entry.ai_addr else { continue }
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: size))
            }
            guard let address = SocketAddress(storage, size: socklen_t(size)) else { continue }
            if !addresses.contains(address.with(port: port)) {
                addresses.append(address.with(port: port))
            }
        }
        return addresses
    }
}
