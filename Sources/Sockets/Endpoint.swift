/// Where to listen or connect, as a user writes it: `localhost:4318`, `0.0.0.0:4318`, `:4318`,
/// `[::1]:4318`, `unix:/run/martlet.sock` or an absolute path.
///
/// An empty host means every interface when listening, and this host when connecting.
package enum Endpoint: Hashable, Sendable {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    /// Longest name the DNS knows. (RFC 1035 §2.3.4)
    static let hostLimit = 253

    package init(_ text: String) throws(SocketError) {
        if let path = Self.unixPath(in: text) {
            self = .unix(path: path)
            try checkPath(path, of: text)
            return
        }
        let (host, port) = try Self.split(text)
        guard !port.isEmpty else { throw .invalidEndpoint(text, .missingPort) }
        guard let number = UInt16(port), port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw .invalidEndpoint(text, .invalidPort(String(port)))
        }
        guard Self.isPlausible(host) else {
            throw .invalidEndpoint(text, .invalidHost(String(host)))
        }
        self = .tcp(host: String(host), port: number)
    }

    package init(host: String, port: UInt16) {
        self = .tcp(host: host, port: port)
    }

    package init(_ address: SocketAddress) {
        switch address {
        case .v4, .v6: self = .tcp(host: address.host, port: address.port ?? 0)
        case .unix(let path): self = .unix(path: path)
        }
    }

    package var port: UInt16? {
        switch self {
        case .tcp(_, let port): port
        case .unix: nil
        }
    }

    /// The host as the user wrote it, which is also what a certificate is checked for.
    package var host: String {
        switch self {
        case .tcp(let host, _): host.isEmpty ? "localhost" : host
        case .unix: "localhost"
        }
    }

    private static func unixPath(in text: String) -> String? {
        for prefix in ["unix://", "unix:"] where text.hasPrefix(prefix) {
            return String(text.dropFirst(prefix.count))
        }
        return text.hasPrefix("/") ? text : nil
    }

    private func checkPath(_ path: String, of text: String) throws(SocketError) {
        let limit = SocketAddress.unixPathLimit
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .invalidEndpoint(text, .missingPath)
        }
        guard path.utf8.count <= limit else {
            throw .invalidEndpoint(text, .pathTooLong(size: path.utf8.count, limit: limit))
        }
    }

    private static func split(_ text: String) throws(SocketError) -> (Substring, Substring) {
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else {
                throw .invalidEndpoint(text, .unclosedBracket)
            }
            let host = text[text.index(after: text.startIndex)..<bracket]
            let rest = text[text.index(after: bracket)...]
            guard SocketAddress(literal: String(host), port: 0)?.isV6 == true else {
                throw .invalidEndpoint(text, .invalidHost(String(host)))
            }
            guard rest.hasPrefix(":") else { throw .invalidEndpoint(text, .missingPort) }
            return (host, rest.dropFirst())
        }
        guard let colon = text.lastIndex(of: ":") else {
            throw .invalidEndpoint(text, .missingPort)
        }
        let host = text[..<colon]
        if host.contains(":") {
            throw .invalidEndpoint(text, host.contains("//") ? .isURL : .needsBrackets)
        }
        return (host, text[text.index(after: colon)...])
    }

    /// Refuses what cannot be a name or an address, so that a typing error is told at once and not
    /// by the resolver later. Underscores occur in names of containers.
    private static func isPlausible(_ host: Substring) -> Bool {
        guard host.utf8.count <= hostLimit else { return false }
        if host.contains(":") { return true }
        return host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                true
            default: byte >= 0x80
            }
        }
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tcp(let host, let port):
            host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// What is wrong with the text of an endpoint.
package enum EndpointProblem: Equatable, Sendable {
    case missingPort
    case invalidPort(String)
    case invalidHost(String)
    case unclosedBracket
    case needsBrackets
    case isURL
    case missingPath
    case pathTooLong(size: Int, limit: Int)
}

extension EndpointProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingPort: "it has no port; write host:port, for example localhost:4318"
        case .invalidPort(let port): "the port is '\(port)', but must be a number from 0 to 65535"
        case .invalidHost(let host):
            "the host is '\(host)', but must be a name, an IPv4 address "
                + "or an IPv6 address in brackets"
        case .unclosedBracket: "the bracket is not closed; write [::1]:4318"
        case .needsBrackets: "an IPv6 address needs brackets; write [::1]:4318"
        case .isURL: "it is a URL; write host:port without a scheme"
        case .missingPath: "the path of the unix socket is missing; write unix:/run/martlet.sock"
        case .pathTooLong(let size, let limit):
            "the path has \(size) bytes, and the kernel takes at most \(limit)"
        }
    }
}
