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

    private let address: ListeningAddress
    private let tls: TLSSettings?
    private let answers: HealthAnswers
    private let readiness = Readiness()
    private let server = Mutex<HTTPServer?>(nil)

    package init(from section: inout Section) {
        address = ListeningAddress(
            from: &section, default: Endpoint(host: "localhost", port: 13133))
        tls = section.takeSection("tls", .offUnlessFilled, "encrypts the answers") {
            TLSSettings(serverFrom: &$0)
        }
        answers = HealthAnswers(from: &section)
        section.ignore("check_collector_pipeline", because: "it never worked in otelcol either")
        section.refuseUnsupported("auth", "authentication")
    }

    /// Where it listens, with the port the kernel chose for 0; `nil` before `start`.
    package var endpoint: Endpoint? { server.withLock { $0?.endpoint } }

    package func start(_ context: ExtensionContext) async throws(StartError) {
        let server = try listen(id: context.id)
        server.start(on: [context.loop])
        self.server.withLock { $0 = server }
        context.logger.info("listening", metadata: ["endpoint": "\(server.endpoint)"])
    }

    private func listen(id: String) throws(StartError) -> HTTPServer {
        let context: TLSContext?
        do throws(TLSFailure) {
            context = if let tls { try .server(tls) } else { nil }
        } catch {
            throw StartError("extensions.\(id).tls cannot be used: \(error)")
        }
        var options = ListenerOptions()
        options.family = address.family
        do throws(SocketError) {
            return try HTTPServer(
                address.endpoint, tls: context, options: options,
                handler: HealthHandler(answers: answers, readiness: readiness))
        } catch {
            throw StartError("could not listen on \(address.endpoint): \(error)")
        }
    }

    package func announce(ready: Bool) {
        readiness.begin.withLock { $0 = ready ? .now : nil }
    }

    /// Short, because an answer takes no time; who is in the middle of a request is cut off.
    package func stop() async {
        await server.withLock { $0 }?.stop(by: .now() + .milliseconds(100))
    }
}

/// Since when the pipelines run; `nil` while they do not. Written by the daemon's control loop,
/// read by the extension's.
private final class Readiness: Sendable {
    /// One moment on both clocks: one to show, and one that nobody sets while it runs.
    struct Moment {
        let wallSeconds: Int
        let instant: Instant

        static var now: Moment {
            Moment(wallSeconds: WallClock.secondsSince1970(), instant: .now())
        }
    }

    let begin = Mutex<Moment?>(nil)
}

/// One path, any method. What the answer says does not depend on the request.
private struct HealthHandler: RequestHandler {
    let answers: HealthAnswers
    let readiness: Readiness

    func admit(_ head: RequestHead, from peer: SocketAddress) -> HTTP.Admission {
        .respond(answer(to: head))
    }

    /// Not called, since no body is ever wanted.
    func respond(
        to head: RequestHead, body: consuming ByteBuffer, from peer: SocketAddress
    ) async -> Response {
        answer(to: head)
    }

    private func answer(to head: RequestHead) -> Response {
        guard head.hasPath(answers.path) else {
            return .text(.notFound, "health is told at \(answers.path)")
        }
        guard let begin = readiness.begin.withLock({ $0 }) else { return answers.unhealthy }
        return answers.healthy(
            since: begin.wallSeconds, uptime: Instant.now() - begin.instant)
    }
}
