/// The method of a request. (RFC 9110 §9; methods are case-sensitive)
package enum Method: Hashable, Sendable {
    case get, head, post, put, delete, options, patch, trace
    case other(String)

    package init(_ name: String) {
        self = Self.known.first { $0.description == name } ?? .other(name)
    }

    /// The most frequent one comes first.
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        if bytes.matches(range, "POST") {
            self = .post
        } else if bytes.matches(range, "GET") {
            self = .get
        } else {
            self = Method(bytes.text(range))
        }
    }

    private static let known: [Method] = [
        .post, .get, .head, .put, .delete, .options, .patch, .trace,
    ]
}

extension Method: CustomStringConvertible {
    package var description: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .trace: "TRACE"
        case .other(let name): name
        }
    }
}

/// The versions this module speaks.
package enum Version: Sendable, Hashable {
    case http10, http11
}

/// How a message says where its body ends. (RFC 9112 §6)
package enum BodyFraming: Sendable, Hashable {
    case none
    case length(Int)
    case chunked
    /// Responses only: the body lasts until the peer closes.
    case untilClose
}

/// A request without its body: checked, immutable, safe to keep.
package struct RequestHead: Sendable {
    package let method: Method
    package let version: Version
    package let headers: Headers
    package let framing: BodyFraming
    /// Whether the client will use the connection again (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for 100 Continue before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// Path and query as ranges of the head's bytes, which `headers` owns.
    private let pathRange: Range<Int>
    private let queryRange: Range<Int>?

    init(
        line: RequestLine, headers: Headers, framing: BodyFraming, keepsAlive: Bool,
        expectsContinue: Bool
    ) {
        method = line.method
        version = line.version
        pathRange = line.path
        queryRange = line.query
        self.headers = headers
        self.framing = framing
        self.keepsAlive = keepsAlive
        self.expectsContinue = expectsContinue
    }

    /// As it was sent, neither decoded nor normalised; `*` for a request about the whole server.
    package var path: String {
        pathRange.isEmpty ? "/" : headers.bytes.span.bytes.text(pathRange)
    }

    /// Whether `path` is this, byte for byte. Allocates nothing.
    package func hasPath(_ path: String) -> Bool {
        guard !pathRange.isEmpty else { return path == "/" }
        return headers.bytes.span.bytes.spells(pathRange, path)
    }

    /// What follows the `?`, without it.
    package var query: String? {
        queryRange.map { headers.bytes.span.bytes.text($0) }
    }

    /// The size of the body, if the client told it in advance.
    package var declaredBodySize: Int? {
        switch framing {
        case .none: 0
        case .length(let size): size
        case .chunked, .untilClose: nil
        }
    }
}

/// The first line of a request, as ranges of the head's bytes.
///
///     request-line = method SP request-target SP HTTP-version          (RFC 9112 §3)
struct RequestLine {
    var method: Method
    var version: Version
    var path: Range<Int>
    var query: Range<Int>?
    /// `true` for `http://host/path`: then the host is in the target, and Host is only checked.
    var isAbsolute = false

    init(_ bytes: RawSpan, _ line: Range<Int>) throws(MessageError) {
        let (methodRange, afterMethod) = bytes.split(line, at: .space)
        guard let afterMethod else { throw .malformedRequestLine }
        guard !methodRange.isEmpty, bytes.isToken(methodRange) else { throw .malformedMethod }
        let (target, versionRange) = bytes.split(afterMethod, at: .space)
        guard let versionRange else { throw .malformedRequestLine }

        version = try Version(bytes, versionRange)
        method = Method(bytes, methodRange)
        if bytes.matches(methodRange, "CONNECT") { throw .connectNotImplemented }
        path = target
        try locatePath(in: bytes, target)
    }

    /// Origin form, absolute form, or `*` with OPTIONS (RFC 9112 §3.2).
    private mutating func locatePath(
        in bytes: RawSpan, _ target: Range<Int>
    ) throws(MessageError) {
        guard !target.isEmpty, bytes.isTarget(target) else { throw .malformedTarget }
        switch bytes.byte(at: target.lowerBound) {
        case UInt8(ascii: "/"):
            (path, query) = bytes.split(target, at: UInt8(ascii: "?"))
        case UInt8(ascii: "*") where target.count == 1 && method == .options:
            path = target
        default:
            isAbsolute = true
            try locatePathOfURL(in: bytes, target)
        }
    }

    private mutating func locatePathOfURL(
        in bytes: RawSpan, _ target: Range<Int>
    ) throws(MessageError) {
        let (scheme, rest) = bytes.split(target, at: .colon)
        let isWeb =
            bytes.matches(scheme, ignoringCase: "http")
            || bytes.matches(scheme, ignoringCase: "https")
        guard isWeb, let rest, rest.count > 2, bytes.matches(rest.prefix(2), "//") else {
            throw .malformedTarget
        }
        let (beforeQuery, query) = bytes.split(rest.dropFirst(2), at: UInt8(ascii: "?"))
        let (authority, _) = bytes.split(beforeQuery, at: UInt8(ascii: "/"))
        guard !authority.isEmpty, bytes.isHost(authority) else { throw .malformedTarget }
        path = authority.upperBound..<beforeQuery.upperBound
        self.query = query
    }
}

extension Version {
    /// `HTTP/1.0` or `HTTP/1.1`; well-formed others are refused as unsupported.
    init(_ bytes: RawSpan, _ range: Range<Int>) throws(MessageError) {
        guard range.count == 8, bytes.matches(range.prefix(5), "HTTP/"),
            bytes.byte(at: range.lowerBound + 5).isDigit,
            bytes.byte(at: range.lowerBound + 6) == UInt8(ascii: "."),
            bytes.byte(at: range.lowerBound + 7).isDigit
        else { throw .malformedVersion }
        let numbers = range.dropFirst(5)
        if bytes.matches(numbers, "1.1") {
            self = .http11
        } else if bytes.matches(numbers, "1.0") {
            self = .http10
        } else {
            throw .unsupportedVersion
        }
    }
}

extension RawSpan {
    func isToken(_ range: Range<Int>) -> Bool {
        for offset in range where !byte(at: offset).isTokenCharacter { return false }
        return true
    }

    /// Visible ASCII without `#`: a fragment is never sent (RFC 9110 §4.1).
    func isTarget(_ range: Range<Int>) -> Bool {
        for offset in range {
            let byte = byte(at: offset)
            if byte <= 0x20 || byte >= 0x7f || byte == UInt8(ascii: "#") { return false }
        }
        return true
    }

    /// `uri-host [ ":" port ]` (RFC 9110 §7.2), without user information.
    func isHost(_ range: Range<Int>) -> Bool {
        var host = range
        if let first = range.first, byte(at: first) == UInt8(ascii: "[") {
            let (inside, after) = split(range.dropFirst(), at: UInt8(ascii: "]"))
            guard let after, isAddressLiteral(inside) else { return false }
            guard let colon = after.first else { return true }
            return byte(at: colon) == .colon && isPort(after.dropFirst())
        }
        let (name, port) = split(range, at: .colon)
        if let port, !isPort(port) { return false }
        host = name
        for offset in host where !byte(at: offset).isHostCharacter { return false }
        return true
    }

    private func isAddressLiteral(_ range: Range<Int>) -> Bool {
        for offset in range {
            let byte = byte(at: offset)
            let isFine = byte.hexValue != nil || byte == .colon || byte == UInt8(ascii: ".")
            if !isFine { return false }
        }
        return range.count >= 2
    }

    /// `port = *DIGIT`, and at most 65535.
    private func isPort(_ range: Range<Int>) -> Bool {
        guard range.count <= 5 else { return false }
        var value = 0
        for offset in range {
            let byte = byte(at: offset)
            guard byte.isDigit else { return false }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value <= 65_535
    }
}
