import Configuration
import HTTP
import Logging
import Pipeline
import Primitives
import Sockets
import Synchronization
import Telemetry

/// `service::telemetry::metrics`: whether and where the daemon shows its own numbers.
struct MetricsSettings {
    private enum Level: String, CaseIterable {
        case none, basic, normal, detailed
    }

    /// `nil`: nowhere.
    private(set) var endpoint: Endpoint? = Endpoint(host: "localhost", port: 8888)
    /// Whether a person wrote the address; then it is an error if it cannot be had.
    private(set) var isExplicit = false

    init() {}

    init(from section: inout Section) {
        let level = section.take(
            "level", as: .choice(of: Level.self, ignoringCase: true), default: .normal,
            "none switches the numbers off; the other levels show all of them")
        let readers = section.takeSections("readers", "where the numbers are shown") {
            Self.takeReader(&$0)
        }
        let old = section.takeDeprecated(
            "address", as: .endpoint, write: "readers", "where otelcol showed them until v0.123")
        section.refuseUnsupported("views", "views of the daemon's own metrics")
        if readers.count > 1 {
            section.refuse("readers", "has \(readers.count) readers, but only one is supported")
        }
        if let written = readers.compactMap({ $0 }).first ?? old {
            endpoint = written
            isExplicit = true
        }
        if level == .none { endpoint = nil }
    }

    private static func takeReader(_ reader: inout Section) -> Endpoint? {
        reader.refuseUnsupported("periodic", "sending the daemon's own metrics", hint: "use pull")
        return reader.takeSection("pull", .offUnlessPresent, "shown when somebody asks") { pull in
            pull.takeSection("exporter", "the form") { exporter in
                exporter.takeSection("prometheus", .offUnlessPresent, "Prometheus' text format") {
                    Self.takePrometheus(&$0)
                } ?? nil
            }
        } ?? nil
    }

    private static func takePrometheus(_ section: inout Section) -> Endpoint? {
        let host = section.take("host", default: "localhost", "where to listen")
        let port = section.take("port", default: 8888, in: 0...65_535, "where to listen")
        let names = "names have no unit and no _total, as otelcol's by default"
        for key in ["without_scope_info", "without_units", "without_type_suffix"] {
            section.ignore(key, because: names)
        }
        section.refuseUnsupported("with_resource_constant_labels", "labels from the resource")
        return UInt16(exactly: port).map { Endpoint(host: host, port: $0) }
    }
}

/// Shows the ledger and the process at `/metrics`, and what is known about a trace at `/why/`.
///
/// Of all that listens this is the least important: if nobody asked for it by name and the port
/// is taken, the daemon says so and goes on.
final class MetricsServer: Sendable {
    private let server: HTTPServer

    init?(
        _ settings: MetricsSettings, _ graph: Graph, _ process: ProcessMetrics,
        on loop: EventLoop, _ logger: Logger
    ) throws(StartError) {
        guard let endpoint = settings.endpoint else { return nil }
        do throws(SocketError) {
            let handler = MetricsHandler(graph: graph, process: process)
            server = try HTTPServer(endpoint, handler: handler)
        } catch {
            let message = "the daemon's own metrics cannot be shown on \(endpoint): \(error)"
            if settings.isExplicit { throw StartError(message) }
            logger.warning(
                "no metrics are shown",
                metadata: ["endpoint": "\(endpoint)", "reason": "\(error)"])
            return nil
        }
        server.start(on: [loop])
        logger.notice("metrics", metadata: ["url": "http://\(server.endpoint)/metrics"])
    }

    func stop() async {
        await server.stop(by: .now() + .milliseconds(100))
    }
}

/// Answers `GET /metrics` and `GET /why/…`.
private struct MetricsHandler: RequestHandler {
    let graph: Graph
    let process: ProcessMetrics

    func admit(_ head: RequestHead, from peer: SocketAddress) -> HTTP.Admission {
        let path = head.path
        guard path == "/metrics" || path.hasPrefix(WhyAnswer.path) else {
            return .respond(.text(.notFound, "there are /metrics and /why/<trace id>"))
        }
        guard head.method == .get || head.method == .head else {
            var response = Response.text(.methodNotAllowed, "use GET")
            response.headers.append("Allow", "GET, HEAD")
            return .respond(response)
        }
        if path != "/metrics" { return .respond(WhyAnswer(graph).response(to: path)) }
        var text = PrometheusText()
        graph.ledger.append(to: &text)
        process.append(to: &text, at: .now())
        return .respond(
            Response(.ok, contentType: PrometheusText.contentType, body: text.finish()))
    }

    func respond(
        to head: RequestHead, body: consuming ByteBuffer, from peer: SocketAddress
    ) async -> Response {
        .text(.notFound, "not found")
    }
}
