/// A status code, 100 to 599 (RFC 9110 §15).
package struct Status: Hashable, Sendable {
    package let code: Int

    /// `nil` unless the code has three digits that begin with 1 to 5.
    package init?(code: Int) {
        guard (100...599).contains(code) else { return nil }
        self.code = code
    }

    private init(_ code: Int) {
        self.code = code
    }

    package static let `continue` = Status(100)
    package static let ok = Status(200)
    package static let noContent = Status(204)
    package static let notModified = Status(304)
    package static let badRequest = Status(400)
    package static let unauthorized = Status(401)
    package static let forbidden = Status(403)
    package static let notFound = Status(404)
    package static let methodNotAllowed = Status(405)
    package static let requestTimeout = Status(408)
    package static let contentTooLarge = Status(413)
    package static let uriTooLong = Status(414)
    package static let unsupportedMediaType = Status(415)
    package static let expectationFailed = Status(417)
    package static let tooManyRequests = Status(429)
    package static let headerFieldsTooLarge = Status(431)
    package static let internalServerError = Status(500)
    package static let notImplemented = Status(501)
    package static let badGateway = Status(502)
    package static let serviceUnavailable = Status(503)
    package static let gatewayTimeout = Status(504)
    package static let versionNotSupported = Status(505)

    package var isInterim: Bool { code < 200 }
    package var isSuccess: Bool { (200...299).contains(code) }

    /// RFC 9110 §6.4.1: a response with such a status never has a body, whatever its head says.
    package var forbidsBody: Bool { isInterim || code == 204 || code == 304 }

    /// The usual phrase; empty for codes that have none here, which RFC 9112 §4 allows.
    package var reason: StaticString {
        switch code {
        case 100: "Continue"
        case 200: "OK"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        default: rarerReason
        }
    }

    private var rarerReason: StaticString {
        switch code {
        case 201: "Created"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 406: "Not Acceptable"
        case 409: "Conflict"
        case 411: "Length Required"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

extension Status: CustomStringConvertible {
    package var description: String {
        "\(reason)".isEmpty ? "\(code)" : "\(code) \(reason)"
    }
}
