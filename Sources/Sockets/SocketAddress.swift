import Glibc

/// An address the kernel understands.
package enum SocketAddress: Hashable, Sendable {
    /// The address in host byte order: 127.0.0.1 is 0x7f000001.
    case v4(UInt32, port: UInt16)
    /// The address as two big-endian halves; `scope` is the interface of a link-local address.
    case v6(high: UInt64, low: UInt64, scope: UInt32, port: UInt16)
    /// A unix-domain socket; the path is empty for a peer that has none.
    case unix(path: String)

    static let loopbackV4 = SocketAddress.v4(0x7f00_0001, port: 0)
    static let loopbackV6 = SocketAddress.v6(high: 0, low: 1, scope: 0, port: 0)

    /// From an address literal without brackets: `127.0.0.1`, `::1`, `fe80::1%eth0`.
    init?(literal text: String, port: UInt16) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr), port: port)
            return
        }
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        var six = in6_addr()
        guard let address = parts.first, inet_pton(AF_INET6, String(address), &six) == 1 else {
            return nil
        }
        var scope: UInt32 = 0
        if parts.count == 2 {
            scope = UInt32(parts[1]) ?? if_nametoindex(String(parts[1]))
            if scope == 0 { return nil }
        }
        self.init(six, scope: scope, port: port)
    }

    private init(_ address: in6_addr, scope: UInt32, port: UInt16) {
        self = withUnsafeBytes(of: address) { bytes in
            let high = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            return .v6(
                high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), scope: scope, port: port
            )
        }
    }

    /// From what accept(2), getsockname(2) or getaddrinfo(3) wrote; `nil` for other families.
    init?(_ storage: sockaddr_storage, size: socklen_t) {
        let decoded: SocketAddress? = withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = bytes.loadUnaligned(as: sockaddr_in.self)
                return .v4(
                    UInt32(bigEndian: address.sin_addr.s_addr),
                    port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = bytes.loadUnaligned(as: sockaddr_in6.self)
                return SocketAddress(
                    address.sin6_addr, scope: address.sin6_scope_id,
                    port: UInt16(bigEndian: address.sin6_port))
            case AF_UNIX:
                let size = min(max(Int(size), Self.unixPathOffset), bytes.count)
                let path = bytes[Self.unixPathOffset..<size].prefix { $0 != 0 }
                return .unix(path: String(decoding: path, as: UTF8.self))
            default: return nil
            }
        }
        guard let decoded else { return nil }
        self = decoded
    }

    var family: Int32 {
        switch self {
        case .v4: AF_INET
        case .v6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    var isV6: Bool { family == AF_INET6 }

    package var port: UInt16? {
        switch self {
        case .v4(_, let port), .v6(_, _, _, let port): port
        case .unix: nil
        }
    }

    func with(port: UInt16) -> SocketAddress {
        switch self {
        case .v4(let address, _): .v4(address, port: port)
        case .v6(let high, let low, let scope, _):
            .v6(high: high, low: low, scope: scope, port: port)
        case .unix: self
        }
    }

    /// Longest path of a unix socket: what `sun_path` holds with its closing zero. (unix(7))
    static let unixPathLimit = MemoryLayout<sockaddr_un>.size - unixPathOffset - 1
    private static let unixPathOffset = 2

    /// Calls `body` with the form the kernel takes.
    func withKernelForm<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let size = withUnsafeMutableBytes(of: &storage) { write(into: $0) }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
        }
    }

    private func write(into bytes: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .v4(let address, let port):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            form.sin_addr.s_addr = address.bigEndian
            bytes.storeBytes(of: form, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        case .v6(let high, let low, let scope, let port):
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            form.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &form.sin6_addr) {
                $0.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            bytes.storeBytes(of: form, as: sockaddr_in6.self)
            return MemoryLayout<sockaddr_in6>.size
        case .unix(let path):
            bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
            let path = path.utf8.prefix(Self.unixPathLimit)
            for (offset, byte) in path.enumerated() { bytes[Self.unixPathOffset + offset] = byte }
            return Self.unixPathOffset + path.count + 1
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:4318`, `[::1]:4318`, `unix:/run/martlet.sock`.
    package var description: String {
        switch self {
        case .v4(_, let port): "\(host):\(port)"
        case .v6(_, _, _, let port): "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The address without its port, as in `client.address`.
    package var host: String {
        switch self {
        case .v4(let address, _):
            return (0..<4).map { String(address >> (24 - 8 * $0) & 0xff) }.joined(separator: ".")
        case .v6(let high, let low, let scope, _):
            // ::ffff:a.b.c.d is an IPv4 client on a dual-stack socket; its owner knows it as such.
            if high == 0 && low >> 32 == 0xffff {
                return SocketAddress.v4(UInt32(truncatingIfNeeded: low), port: 0).host
            }
            let text = Self.text(high.bigEndian, low.bigEndian)
            return scope == 0 ? text : "\(text)%\(scope)"
        case .unix(let path):
            return path
        }
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        var address = (high, low)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
            let text = inet_ntop(AF_INET6, &address, $0.baseAddress, socklen_t($0.count))
            return text.map { String(cString: $0) } ?? "?"
        }
    }
}
