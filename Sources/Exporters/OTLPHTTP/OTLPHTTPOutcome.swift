import HTTP
import OTLP
import Pipeline
import Primitives

/// What an answer means for the batch that was sent. A rule without I/O.
///
/// (OTLP specification, "OTLP/HTTP Response" and "Retryable Response Codes")
struct OTLPHTTPOutcome {
    let status: Status
    let contentType: String?
    let retryAfter: String?
    let location: String?
    let signal: Signal
    /// Seconds since 1970, for a Retry-After that is a date.
    let wallSeconds: Int

    /// Without an answer nobody knows whether the batch arrived, so it is sent again. Only an
    /// answer that is too large would be the same next time. (OTLP specification, "OTLP/HTTP")
    static func result(of error: HTTPClientError) -> ExportResult {
        if case .responseTooLarge = error { return .permanent(reason: "\(error)") }
        return .retryable(reason: "\(error)", after: nil)
    }

    func result(_ body: RawSpan) -> ExportResult {
        switch status.code {
        case 300...399: .permanent(reason: redirection)
        case 200...299: success(body)
        case 429, 502, 503, 504:
            .retryable(reason: reason(body), after: honoursRetryAfter ? delay : nil)
        default: .permanent(reason: reason(body))
        }
    }

    private var honoursRetryAfter: Bool { status.code == 429 || status.code == 503 }

    private var encoding: OTLPEncoding? {
        contentType.flatMap(OTLPEncoding.init)
    }

    /// A body that is no response message is not a failure: the status says that the backend has
    /// the data, and sending it again would double it. (otelcol drops such a batch as failed.)
    private func success(_ body: RawSpan) -> ExportResult {
        guard let encoding, body.byteCount > 0,
            let response = try? ExportResponse(decoding: body, to: signal, as: encoding),
            !response.isFullSuccess
        else { return .exported }
        return .partlyRejected(
            count: Int(clamping: response.rejectedCount), message: response.message)
    }

    private var redirection: String {
        let target = location.map { " to \($0.prefix(Self.locationLimit))" } ?? ""
        return "the server answered \(status): it redirects\(target), which is not followed"
    }

    /// Characters of a foreign text that go to the log.
    private static let locationLimit = 200

    private func reason(_ body: RawSpan) -> String {
        let line = "the server answered \(status)"
        // Some servers answer in protobuf whatever they were sent, and proxies in HTML.
        guard let encoding, let details = try? RPCStatus(decoding: body, as: encoding),
            !details.message.isEmpty
        else { return line }
        return "\(line): \(details.message)"
    }

    /// Delta-seconds or an HTTP-date (RFC 9110 §10.2.3); anything else is ignored.
    private var delay: Duration? {
        guard let retryAfter else { return nil }
        if let seconds = Int(retryAfter), seconds >= 0 {
            return .seconds(min(seconds, Self.delayLimit))
        }
        guard let date = HTTPDate.seconds(from: retryAfter) else { return nil }
        return .seconds(min(max(0, date - wallSeconds), Self.delayLimit))
    }

    /// A day: whatever a server says beyond it is a mistake, and must not overflow anything.
    private static let delayLimit = 86_400
}
