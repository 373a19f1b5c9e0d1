import Compression
import HTTP
import OTLP

/// A request that is turned away for what it says, before any pipeline sees it.
struct Rejection: Error {
    /// A label for counters: few values, whatever clients send.
    let reason: String
    let message: String
    let response: Response
    /// Whether the request was probably not meant for an OTLP receiver at all.
    var isForeign = false

    private init(
        _ reason: String, _ status: Status, _ code: RPCStatus.Code, _ message: String,
        _ encoding: OTLPEncoding, _ header: (name: String, value: String)? = nil
    ) {
        self.reason = reason
        self.message = message
        var response = OTLPAnswer.failure(status, code, message, encoding)
        if let header { response.headers.append(header.name, header.value) }
        self.response = response
    }

    static func notFound(_ head: RequestHead, knownPaths: [String]) -> Rejection {
        let paths = knownPaths.isEmpty ? "no path" : knownPaths.joined(separator: ", ")
        var rejection = Rejection(
            "not_found", .notFound, .unimplemented,
            "nothing is received at \(head.path); send to \(paths)", encoding(head))
        rejection.isForeign = true
        return rejection
    }

    static func method(_ head: RequestHead) -> Rejection {
        var rejection = Rejection(
            "method", .methodNotAllowed, .unimplemented,
            "the method is \(head.method), must be POST", encoding(head), ("Allow", "POST"))
        rejection.isForeign = true
        return rejection
    }

    static func contentType(_ head: RequestHead) -> Rejection {
        let type = head.headers[.contentType].map { "'\($0)'" } ?? "missing"
        let known = OTLPEncoding.allCases.map(\.mediaType)
        return Rejection(
            "content_type", .unsupportedMediaType, .invalidArgument,
            "Content-Type is \(type), must be \(known.joined(separator: " or "))", .json,
            // RFC 9110 §15.5.16: says what would have been accepted.
            ("Accept", known.joined(separator: ", ")))
    }

    static func contentEncoding(
        _ head: RequestHead, _ encoding: OTLPEncoding, accepted: [ContentCoding]
    ) -> Rejection {
        let known = accepted.map(\.rawValue).joined(separator: ", ")
        let value = head.headers.values(of: "Content-Encoding").joined(separator: ", ")
        return Rejection(
            "content_encoding", .unsupportedMediaType, .invalidArgument,
            "Content-Encoding is '\(value)', must be one of \(known)", encoding,
            // RFC 9110 §12.5.3: in a response, what may be sent next time.
            ("Accept-Encoding", known))
    }

    static func tooLarge(limit: Int, _ encoding: OTLPEncoding) -> Rejection {
        Rejection(
            "body_too_large", .contentTooLarge, .invalidArgument,
            """
            the decompressed body is larger than max_request_body_size, \(limit) bytes; send \
            smaller batches
            """, encoding)
    }

    static func malformed(_ message: String, _ encoding: OTLPEncoding) -> Rejection {
        Rejection("malformed", .badRequest, .invalidArgument, message, encoding)
    }

    private static func encoding(_ head: RequestHead) -> OTLPEncoding {
        head.headers[.contentType].flatMap(OTLPEncoding.init) ?? .json
    }
}
