import Configuration
import HTTP
import Primitives
import Telemetry

/// What is answered where: JSON as otelcol's healthcheckextension writes it, or a text of one's
/// own.
struct HealthAnswers: Sendable {
    let path: String
    private let healthyText: String?
    private let unhealthyText: String?

    init(from section: inout Section) {
        path = section.take("path", default: "/", "the path that is answered; others get 404")
        (healthyText, unhealthyText) = section.takeSection(
            "response_body", "plain text to answer instead of JSON"
        ) {
            ($0.takeOptional("healthy", "with 200"), $0.takeOptional("unhealthy", "with 503"))
        }
        if !path.hasPrefix("/") { section.refuse("path", "is '\(path)', but must begin with /") }
    }

    /// - Parameter since: Seconds since 1970.
    func healthy(since: Int, uptime: Duration) -> Response {
        let time = LogOutput.timestamp(since)
        return response(
            .ok, healthyText,
            """
            {"status":"Server available","upSince":"\(time)",\
            "uptime":"\(uptime.components.seconds)s"}
            """)
    }

    var unhealthy: Response {
        response(
            .serviceUnavailable, unhealthyText,
            #"{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}"#)
    }

    private func response(_ status: Status, _ text: String?, _ json: String) -> Response {
        var body = ByteBuffer()
        body.append(text ?? json)
        let type = text == nil ? "application/json" : "text/plain; charset=utf-8"
        return Response(status, contentType: type, body: body)
    }
}
