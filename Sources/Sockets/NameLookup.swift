import Glibc

/// What is known about names without and with asking the system.
enum NameLookup {
    /// The addresses of a host, with port 0, where nobody need be asked.
    static func withoutAsking(_ host: String) -> [SocketAddress]? {
        if let address = SocketAddress(literal: host, port: 0) { return [address] }
        // RFC 6761 §6.3: localhost is the loopback interface, whatever the DNS would say.
        guard host.isEmpty || host.lowercased() == "localhost" else { return nil }
        return [.loopbackV4, .loopbackV6]
    }

    /// Asks getaddrinfo(3), and blocks the thread for as long as that takes.
    static func blocking(_ host: String) -> Resolver.Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            let text = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            return .failure(
                .nameNotResolved(host, reason: text.prefix(1).lowercased() + text.dropFirst()))
        }
        let addresses = addresses(in: list)
        return addresses.isEmpty
            ? .failure(.nameNotResolved(host, reason: "it has no address")) : .success(addresses)
    }

    private static func addresses(in list: UnsafeMutablePointer<addrinfo>?) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let source = entry.ai_addr else { continue }
            let size = min(Int(entry.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: size))
            }
            guard let address = SocketAddress(storage, size: socklen_t(size)) else { continue }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}
