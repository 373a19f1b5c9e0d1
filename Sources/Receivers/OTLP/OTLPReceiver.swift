import Configuration
import HTTP
import Logging
import Pipeline
import Primitives
import Sockets
import Synchronization

/// Receives OTLP over HTTP/1.1, as binary protobuf and as JSON.
///
/// Documented in `docs/receivers/otlp.md`. This is the edge only; what a request means is decided
/// in `OTLPRequestHandler`.
package final class OTLPReceiver: Receiver {
    package static let name = "otlp"
    package static let summary = "receives OTLP over HTTP, as protobuf and as JSON"

    private let settings: OTLPHTTPSettings?
    private let running = Mutex<Running?>(nil)

    /// What there is from `start` on.
    private struct Running {
        let server: HTTPServer
        let handler: OTLPRequestHandler
        let logger: Logger

        /// What there was to do, and what was turned away, by reason.
        var counts: Logger.Metadata {
            let counts = server.counts
            var fields: Logger.Metadata = [
                "connections": "\(counts.acceptedConnections)", "requests": "\(counts.requests)",
                "body_bytes": "\(counts.bodyBytes)",
            ]
            let refusals = counts.refusals.merging(handler.rejections.values) { $0 + $1 }
            for (reason, count) in refusals { fields["refused.\(reason)"] = "\(count)" }
            return fields
        }
    }

    package init(from section: inout Section) {
        settings = section.takeSection("protocols", "what to listen for") { protocols in
            protocols.refuseUnsupported("grpc", "OTLP over gRPC", hint: "use http, port 4318")
            return protocols.takeSection("http", .offUnlessPresent, "OTLP over HTTP/1.1") {
                OTLPHTTPSettings(from: &$0)
            }
        }
        if settings == nil, !section.isDescribing {
            section.refuse("has no protocol to listen for", hint: "write protocols: {http: {}}")
        }
    }

    /// Where it listens, with the port the kernel chose for 0; `nil` before `start`.
    package var endpoint: Endpoint? { running.withLock { $0?.server.endpoint } }

    package var includesMetadata: Bool { settings?.includesMetadata ?? false }

    package func start(_ context: ReceiverContext) async throws(StartError) {
        guard let settings else { return }
        let handler = OTLPRequestHandler(
            settings, inlets: context.inlets, logger: context.logger)
        let server = try listen(settings, handler, id: context.id)
        server.start(on: context.loops)
        running.withLock {
            $0 = Running(server: server, handler: handler, logger: context.logger)
        }
        let signals = context.inlets.keys.map(\.rawValue).sorted().joined(separator: ",")
        context.logger.info(
            "listening",
            metadata: [
                "endpoint": "\(server.endpoint)", "signals": "\(signals)",
                "tls": "\(settings.tls != nil)",
            ])
    }

    private func listen(
        _ settings: OTLPHTTPSettings, _ handler: OTLPRequestHandler, id: String
    ) throws(StartError) -> HTTPServer {
        let tls: TLSContext?
        do throws(TLSFailure) {
            tls = if let tls = settings.tls { try .server(tls) } else { nil }
        } catch {
            throw StartError("receivers.\(id).protocols.http.tls cannot be used: \(error)")
        }
        var options = ListenerOptions()
        options.family = settings.address.family
        do throws(SocketError) {
            return try HTTPServer(
                settings.address.endpoint, limits: settings.limits, tls: tls, options: options,
                handler: handler)
        } catch {
            throw StartError("could not listen on \(settings.address.endpoint): \(error)")
        }
    }

    package func stop(by deadline: Instant) async {
        guard let running = running.withLock({ $0 }) else { return }
        await running.server.stop(by: deadline)
        running.logger.info("stopped listening", metadata: running.counts)
    }
}
