import Primitives
import Sockets

/// What to do with a request whose head has arrived and whose body has not.
package enum Admission: Sendable {
    /// Read the body, if it is no larger than `limit` bytes (`nil`: the server's `bodySize`), and
    /// then call `respond`.
    case readBody(limit: Int?)
    /// Answer now. The body is not wanted.
    case respond(Response)
}

/// What a server does with requests. Called on the connection's loop; must not block it.
package protocol RequestHandler: Sendable {
    /// Looks at the head before the body is read, so that what cannot succeed costs nothing.
    func admit(_ head: RequestHead, from peer: SocketAddress) -> Admission

    /// Answers a whole request. Pipelined requests of a connection are answered in order, so the
    /// next one is not looked at before this returns.
    func respond(
        to head: RequestHead, body: consuming ByteBuffer, from peer: SocketAddress
    ) async -> Response

    /// What the client is told when the server itself refuses, so that a protocol can use its own
    /// error format. `head` is known if the trouble came after it. The connection closes
    /// afterwards.
    func response(to refusal: Refusal, head: RequestHead?) -> Response
}

extension RequestHandler {
    package func response(to refusal: Refusal, head: RequestHead?) -> Response {
        .text(refusal.status, refusal.description)
    }
}

/// Why the server itself did not let a request through.
package enum Refusal: Hashable, Sendable {
    case malformed(MessageError)
    case headerTimeout(after: Duration)
    case bodyTooSlow
    /// The connection ended in the middle of a request. Nobody is there to be told.
    case incomplete
    case tooManyConnections(limit: Int)
    /// The client did not read its answer in time.
    case answerNotRead(after: Duration)
    /// The client and this server found no way to speak TLS.
    case handshakeFailed

    package var status: Status {
        switch self {
        case .malformed(let error): error.status
        case .headerTimeout, .bodyTooSlow, .answerNotRead: .requestTimeout
        case .incomplete, .handshakeFailed: .badRequest
        case .tooManyConnections: .serviceUnavailable
        }
    }

    /// A label for counters: few values, whatever clients send.
    package var reason: String {
        switch self {
        case .malformed(let error): error.reason
        case .headerTimeout: "header_timeout"
        case .bodyTooSlow: "body_too_slow"
        case .incomplete: "incomplete"
        case .tooManyConnections: "too_many_connections"
        case .answerNotRead: "answer_not_read"
        case .handshakeFailed: "handshake_failed"
        }
    }
}

extension Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let error): error.description
        case .headerTimeout(let time): "the headers were not complete after \(time)"
        case .bodyTooSlow: "the body came too slowly"
        case .incomplete: "the connection ended in the middle of a request"
        case .tooManyConnections(let limit): "\(limit) connections are open, which is the limit"
        case .answerNotRead(let time): "the answer was not read after \(time)"
        case .handshakeFailed: "the TLS handshake failed"
        }
    }
}

extension MessageError {
    fileprivate var reason: String {
        switch self {
        case .bodyTooLarge: "body_too_large"
        case .startLineTooLong: "uri_too_long"
        case .headerLineTooLong, .headersTooLarge, .tooManyHeaders, .trailersTooLarge:
            "headers_too_large"
        case .unsupportedVersion: "unsupported_version"
        case .unknownExpectation: "unknown_expectation"
        case .connectNotImplemented, .unknownTransferCoding: "not_implemented"
        default: "malformed"
        }
    }
}
