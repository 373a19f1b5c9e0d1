/// An absolute `http` or `https` URL as a user writes it for an exporter. (RFC 3986, RFC 9110 §4.2)
package struct URL: Hashable, Sendable {
    /// What the connection is made of: plain TCP, or TLS.
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16
    /// Begins with `/`.
    package var path: String
    package var query: String?

    package init(_ text: String) throws(URLError) {
        func fail(_ problem: URLError.Problem) -> URLError {
            URLError(text: text, problem: problem)
        }
        // A blank, a control character or a line end would end the request line early.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw fail(.badCharacter) }
        guard let separator = text.utf8Range(of: "://") else { throw fail(.noScheme) }
        guard let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else {
            throw fail(.otherScheme(String(text[..<separator.lowerBound])))
        }
        let rest = text[separator.upperBound...]
        guard !rest.contains("#") else { throw fail(.fragment) }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        guard !authority.contains("@") else { throw URLError(text: "", problem: .userInformation) }

        self.scheme = scheme
        do throws(URLError.Problem) {
            (host, port) = try Self.split(authority, defaultPort: scheme.defaultPort)
        } catch {
            throw fail(error)
        }
        (path, query) = Self.splitPath(rest[authorityEnd...])
    }

    /// What stands in the request line.
    package var target: String {
        query.map { "\(path)?\($0)" } ?? path
    }

    /// `host`, or `host:port` if the port is not the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// The URL with `suffix` after its path, with one slash between them, as exporters derive the
    /// URL of a signal.
    package func appending(path suffix: String) -> URL {
        var url = self
        while url.path.hasSuffix("/") { url.path.removeLast() }
        url.path += suffix.hasPrefix("/") ? suffix : "/\(suffix)"
        return url
    }

    private static func split(
        _ authority: Substring, defaultPort: UInt16
    ) throws(URLError.Problem) -> (host: String, port: UInt16) {
        guard !authority.isEmpty else { throw .noHost }
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .openBracket }
            let host = authority[authority.index(after: authority.startIndex)..<bracket]
            guard host.contains(":"),
                host.utf8.allSatisfy({ $0.hexValue != nil || $0 == .colon || $0 == 0x2e })
            else { throw .badHost(String(host)) }
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .badHost(String(authority)) }
            return (String(host), try port(rest.dropFirst(), defaultPort))
        }
        let colon = authority.firstIndex(of: ":") ?? authority.endIndex
        let host = authority[..<colon]
        guard !host.isEmpty else { throw .noHost }
        guard host.utf8.allSatisfy({ $0.isNameCharacter }) else { throw .badHost(String(host)) }
        return (String(host).lowercased(), try port(authority[colon...].dropFirst(), defaultPort))
    }

    private static func port(
        _ text: Substring, _ defaultPort: UInt16
    ) throws(URLError.Problem) -> UInt16 {
        if text.isEmpty { return defaultPort }
        guard text.utf8.allSatisfy(\.isDigit), let port = UInt16(text), port > 0 else {
            throw .badPort(String(text))
        }
        return port
    }

    private static func splitPath(_ text: Substring) -> (String, String?) {
        guard let mark = text.firstIndex(of: "?") else {
            return (text.isEmpty ? "/" : String(text), nil)
        }
        let path = text[..<mark]
        return (path.isEmpty ? "/" : String(path), String(text[text.index(after: mark)...]))
    }
}

extension URL: CustomStringConvertible {
    package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}

/// What is wrong with the text of a URL.
package struct URLError: Error, Equatable, Sendable {
    /// Why a text is not a URL that we can send to.
    package enum Problem: Error, Equatable, Sendable {
        case badCharacter
        case noScheme
        case otherScheme(String)
        case noHost
        case badHost(String)
        case openBracket
        case badPort(String)
        case userInformation
        case fragment
    }

    /// Empty when it must not be shown, because a password may be part of it.
    package let text: String
    package let problem: Problem
}

extension URLError: CustomStringConvertible {
    package var description: String {
        text.isEmpty ? "the URL \(problem)" : "'\(text)' is no usable URL: it \(problem)"
    }
}

extension URLError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badCharacter: "has a blank, a control character or a character beyond ASCII"
        case .noScheme: "has no scheme; write http://host:port or https://host:port"
        case .otherScheme(let scheme): "has the scheme '\(scheme)', expected http or https"
        case .noHost: "has no host; write http://host:port"
        case .badHost(let host): "has the host '\(host)', expected a name or an address"
        case .openBracket: "has a bracket that is not closed; write http://[::1]:4318"
        case .badPort(let port): "has the port '\(port)', expected a number from 1 to 65535"
        case .userInformation:
            "has a user name or password before '@'; send them as an Authorization header"
        case .fragment: "has a fragment after '#', which is never sent; remove it"
        }
    }
}

extension UInt8 {
    /// Letters, digits, and what else occurs in host names.
    fileprivate var isNameCharacter: Bool {
        isDigit || lowercased &- 0x61 < 26 || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
            || self == UInt8(ascii: "_")
    }
}

extension String {
    /// The first occurrence of an ASCII text.
    fileprivate func utf8Range(of text: StaticString) -> Range<Index>? {
        var start = utf8.startIndex
        let count = text.utf8CodeUnitCount
        while let end = utf8.index(start, offsetBy: count, limitedBy: utf8.endIndex) {
            if zip(utf8[start..<end], 0..<count).allSatisfy({ $0 == text.utf8Start[$1] }) {
                return start..<end
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
