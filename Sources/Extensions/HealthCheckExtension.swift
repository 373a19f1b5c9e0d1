import Configuration
import HTTP
import Pipeline
import Primitives
import Sockets
import Synchronization
import Telemetry

/// Answers whether the daemon is up, for orchestrators and load balancers.
///
/// Documented in `docs/extensions/health_check.md`. 200 while all pipelines run, 503 before and
/// while stopping, so that a load balancer moves on while what is held is still being sent.
package final class HealthCheckExtension: Extension {
    package static let name = "health_check"
    package static let summary = "answers whether the collector is up"

    private let endpoint: Endpoint
    private let path: String
    private let healthyBody: String?
    private let unhealthyBody: String?
    private let readiness = Readiness()
    private let server = Mutex<HTTPServer?>(nil)

    package init(from section: inout Section) {
        endpoint = section.take(
            "endpoint", as: .endpoint, default: Endpoint(host: "localhost", port: 13133),
            "where to listen")
        path = section.take("path", default: "/", "the path that is answered")
        (healthyBody, unhealthyBody) = section.takeSection(
            "response_body", "what to answer instead of JSON"
        ) {
            ($0.takeOptional("healthy", "with 200"), $0.takeOptional("unhealthy", "with 503"))
        }
        section.ignore("check_collector_pipeline", because: "it never worked in otelcol either")
        if !path.hasPrefix("/") { section.refuse("path", "is '\(path)', but must begin with /") }
    }

    package func start(_ context: ExtensionContext) async throws(StartError) {
        let handler = HealthHandler(
            path: path, healthyBody: healthyBody, unhealthyBody: unhealthyBody,
            readiness: readiness)
        do throws(SocketError) {
            let server = try HTTPServer(endpoint, handler: handler)
            server.start(on: [context.loop])
            self.server.withLock { $0 = server }
            context.logger.info("listening", metadata: ["endpoint": "\(server.endpoint)"])
        } catch {
            throw StartError("could not listen on \(endpoint): \(error)")
        }
    }

    package func announce(ready: Bool) {
        readiness.since.withLock { $0 = ready ? LogOutput.systemTime().tv_sec : nil }
    }

    package func stop() async {
        await server.withLock { $0 }?.stop(by: .now() + .milliseconds(100))
    }
}

/// Since when the pipelines run, in seconds since 1970; `nil` while they do not.
private final class Readiness: Sendable {
    let since = Mutex<Int?>(nil)
}

/// One path, any method, and bodies as otelcol's healthcheckextension writes them.
private struct HealthHandler: RequestHandler {
    let path: String
    let healthyBody: String?
    let unhealthyBody: String?
    let readiness: Readiness

    func admit(_ head: RequestHead, from peer: SocketAddress) -> HTTP.Admission {
        guard head.path == path else { return .respond(.text(.notFound, "not found")) }
        return .respond(answer)
    }

    func respond(to head: RequestHead, body: consuming ByteBuffer) async -> Response { answer }

    private var answer: Response {
        guard let since = readiness.since.withLock({ $0 }) else {
            return response(
                .serviceUnavailable, unhealthyBody,
                #"{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}"#)
        }
        let uptime = LogOutput.systemTime().tv_sec - since
        return response(
            .ok, healthyBody,
            #"{"status":"Server available","upSince":"\#(LogOutput.timestamp(since))","uptime":"\#(uptime)s"}"#
        )
    }

    private func response(_ status: Status, _ custom: String?, _ json: String) -> Response {
        var body = ByteBuffer()
        body.append(custom ?? json)
        return Response(
            status, contentType: custom == nil ? "application/json" : "text/plain", body: body)
    }
}
