import HTTP
import OTLP
import Pipeline
import Primitives

/// The answers the OTLP/HTTP specification asks for.
///
/// Every 4xx and 5xx carries a `google.rpc.Status` in the request's encoding; a client that did
/// not name one gets JSON, which a person can read.
enum OTLPAnswer {
    /// The whole request was taken: an empty `Export…ServiceResponse`, which is the same for all
    /// signals.
    static func accepted(_ encoding: OTLPEncoding) -> Response {
        var body = ByteBuffer()
        ExportResponse.fullSuccess.append(to: &body, for: .traces, as: encoding)
        return Response(.ok, contentType: encoding.mediaType, body: body)
    }

    /// A pipeline did not take the records. One that never will is no fault of the request, so it
    /// is 500 and not 400; the specification lets clients retry neither.
    static func refused(_ refusal: Pipeline.Refusal, _ encoding: OTLPEncoding) -> Response {
        guard refusal.isRetryable else {
            return failure(.internalServerError, .internal, refusal.message, encoding)
        }
        var response = failure(.serviceUnavailable, .unavailable, refusal.message, encoding)
        response.setRetryAfter(refusal.retryAfter ?? .seconds(1))
        return response
    }

    /// The server did not let the request through.
    static func refused(_ refusal: HTTP.Refusal, _ encoding: OTLPEncoding) -> Response {
        let code: RPCStatus.Code =
            switch refusal.status {
            case .serviceUnavailable: .unavailable
            case .requestTimeout: .deadlineExceeded
            case .notImplemented, .versionNotSupported: .unimplemented
            default: .invalidArgument
            }
        var response = failure(refusal.status, code, refusal.description, encoding)
        if code == .unavailable { response.setRetryAfter(.seconds(1)) }
        return response
    }

    static func failure(
        _ status: Status, _ code: RPCStatus.Code, _ message: String, _ encoding: OTLPEncoding
    ) -> Response {
        var body = ByteBuffer()
        RPCStatus(code, message).append(to: &body, as: encoding)
        return Response(status, contentType: encoding.mediaType, body: body)
    }
}

extension Response {
    /// Whole seconds, and not rounded down: that would invite the client too early.
    fileprivate mutating func setRetryAfter(_ wait: Duration) {
        let seconds = max(1, (wait + .milliseconds(999)).components.seconds)
        headers.append("Retry-After", "\(seconds)")
    }
}
