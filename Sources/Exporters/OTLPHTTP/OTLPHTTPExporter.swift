import Compression
import Configuration
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets

/// Sends OTLP over HTTP/1.1 to a collector or a backend.
///
/// Documented in `docs/exporters/otlp_http.md`. One attempt a call; queue and retries stand in
/// front of it. What is set in `start` is touched on the exporter's thread only.
package final class OTLPHTTPExporter: Exporter, @unchecked Sendable {
    package static let name = "otlp_http"
    package static let aliases = ["otlphttp"]
    package static let summary = "sends OTLP over HTTP to a collector or a backend"
    package static let delivery = DeliveryDefaults.queued

    private let settings: OTLPHTTPExporterSettings
    private var clients: [Origin: HTTPClient] = [:]
    private var headers = Headers()
    private var compressor: Compressor?

    package init(from section: inout Section) {
        settings = OTLPHTTPExporterSettings(from: &section)
    }

    package func start(_ context: ExporterContext) async throws(StartError) {
        headers = requestHeaders(userAgent: context.userAgent)
        try checkURLs(context)
        do throws(TLSFailure) {
            try openClients(on: context.loop)
        } catch {
            throw StartError("exporters.\(context.id).tls cannot be used: \(error)")
        }
        do throws(CompressionError) {
            if settings.coding != .identity {
                compressor = try Compressor(settings.coding, level: settings.level)
            }
        } catch {
            throw StartError("exporters.\(context.id).compression cannot be used: \(error)")
        }
    }

    package func export(_ batch: Batch) async -> ExportResult {
        guard let url = settings.urls[batch.signal], let client = clients[Origin(url)] else {
            return .permanent(reason: "no endpoint is configured for \(batch.signal)")
        }
        // A repeated request is no worse than the retry that would follow anyway.
        let request = Request(
            .post, url.target, headers: headers, body: body(of: batch), mayBeRepeated: true)
        do throws(HTTPClientError) {
            let response = try await client.send(request, timeout: settings.timeout)
            return outcome(of: response, batch.signal)
        } catch {
            return OTLPHTTPOutcome.result(of: error)
        }
    }

    package func stop() async {
        for client in clients.values { client.close() }
        clients = [:]
    }

    /// A pipeline whose signal has no URL would lose all it is given.
    private func checkURLs(_ context: ExporterContext) throws(StartError) {
        for signal in Signal.allCases
        where context.signals.contains(signal) && settings.urls[signal] == nil {
            throw StartError(
                """
                exporters.\(context.id) has no endpoint for \(signal), but a pipeline sends them \
                to it; write endpoint or \(signal)_endpoint
                """)
        }
    }

    // MARK: Requests

    /// The batch in the configured encoding and compression. Uncompressed protobuf is not copied.
    private func body(of batch: Batch) -> ByteChain {
        switch settings.encoding {
        case .protobuf:
            let chain = batch.encoded()
            guard let compressor else { return chain }
            let joined = chain.joined()
            return ByteChain(compressor.compress(joined.bytes))
        case .json:
            var json = ByteBuffer()
            batch.appendJSON(to: &json)
            guard let compressor else { return ByteChain(json) }
            return ByteChain(compressor.compress(json.bytes))
        }
    }

    private func requestHeaders(userAgent: String) -> Headers {
        var headers: Headers = [
            "User-Agent": userAgent, "Content-Type": settings.encoding.mediaType,
        ]
        if settings.coding != .identity {
            headers.append("Content-Encoding", settings.coding.rawValue)
        }
        if !settings.keepsConnections { headers.append("Connection", "close") }
        for header in settings.headers { headers.set(header.name, header.value.revealed) }
        return headers
    }

    private func openClients(on loop: EventLoop) throws(TLSFailure) {
        let origins = Set(settings.urls.values.map(Origin.init))
        var options = HTTPClientOptions()
        if settings.connectionLimit > 0 { options.connectionLimit = settings.connectionLimit }
        if settings.idleConnectionLimit > 0 {
            options.idleConnectionLimit = settings.idleConnectionLimit
        }
        if !settings.keepsConnections { options.idleConnectionLimit = 0 }
        options.idleTime = settings.idleTime > .zero ? settings.idleTime : .seconds(86_400 * 365)
        if origins.contains(where: \.isEncrypted) { options.tls = try .client(settings.tls) }
        for origin in origins {
            clients[origin] = try HTTPClient(to: origin, options: options, on: loop)
        }
    }

    // MARK: Answers

    private func outcome(of response: ReceivedResponse, _ signal: Signal) -> ExportResult {
        let outcome = OTLPHTTPOutcome(
            status: response.status, contentType: response.headers[.contentType],
            retryAfter: response.headers[.retryAfter], location: response.headers[.location],
            signal: signal, wallSeconds: WallClock.secondsSince1970())
        return outcome.result(response.body.bytes)
    }
}
