import HTTP
import OTLP
import Pipeline
import Primitives

extension OTLPEncoding {
    /// From a Content-Type; parameters such as `charset` are ignored.
    init?(contentType: String) {
        let mediaType = contentType.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
        let match = Self.allCases.first { $0.mediaType == mediaType.lowercased() }
        guard let match else { return nil }
        self = match
    }
}

/// The answers the OTLP/HTTP specification asks for.
///
/// Every 4xx and 5xx carries a `google.rpc.Status` in the request's encoding; a client that did
/// not name one gets JSON, which a person can read.
enum OTLPAnswer {
    /// The whole request was taken: an empty `Export…ServiceResponse`.
    static func accepted(_ signal: Signal, _ encoding: OTLPEncoding) -> Response {
        var body = ByteBuffer()
        ExportResponse.fullSuccess.append(to: &body, for: signal, as: encoding)
        return Response(.ok, contentType: encoding.mediaType, body: body)
    }

    static func refused(_ refusal: Pipeline.Refusal, _ encoding: OTLPEncoding) -> Response {
        guard refusal.isRetryable else {
            return failure(.badRequest, .invalidArgument, refusal.message, encoding)
        }
        var response = failure(.serviceUnavailable, .unavailable, refusal.message, encoding)
        let wait = refusal.retryAfter ?? .seconds(1)
        // Retry-After has whole seconds; rounding down would invite the client too early.
        let seconds = max(1, (wait + .milliseconds(999)).components.seconds)
        response.headers.append("Retry-After", "\(seconds)")
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
