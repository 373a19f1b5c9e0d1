import Configuration
import HTTP
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
    private let server = Mutex<HTTPServer?>(nil)

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

    package func start(_ context: ReceiverContext) async throws(StartError) {
        guard let settings else { return }
        let handler = OTLPRequestHandler(settings, inlets: context.inlets)
        do throws(SocketError) {
            let server = try HTTPServer(
                settings.endpoint, limits: settings.limits, handler: handler)
            server.start(on: context.loops)
            self.server.withLock { $0 = server }
            context.logger.info(
                "listening",
                metadata: [
                    "endpoint": "\(server.endpoint)",
                    "signals":
                        "\(context.inlets.keys.map(\.rawValue).sorted().joined(separator: ","))",
                ])
        } catch {
            throw StartError("could not listen on \(settings.endpoint): \(error)")
        }
    }

    package func stop(by deadline: Instant) async {
        await server.withLock { $0 }?.stop(by: deadline)
    }
}
