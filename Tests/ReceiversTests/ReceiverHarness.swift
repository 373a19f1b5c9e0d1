import ComponentTesting
import Compression
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets
import Telemetry
import TestSupport

@testable import Receivers

/// A receiver made from the text of its section, running on two loops as in the daemon.
struct ReceiverHarness: Sendable {
    let receiver: OTLPReceiver
    let endpoint: Endpoint
    let intake: RecordingIntake
    let log: RecordedLog

    /// What `start` threw, or what was wrong with the section.
    struct Refused: Error, Equatable {
        let report: String
    }

    /// One request over a connection of its own, rendered.
    func send(
        _ request: Request, on loop: EventLoop, tls: TLSContext? = nil
    ) async throws -> String {
        try await response(to: request, on: loop, tls: tls).rendered
    }

    func response(
        to request: Request, on loop: EventLoop, tls: TLSContext? = nil
    ) async throws -> ReceivedResponse {
        let scheme = tls == nil ? "http" : "https"
        var options = HTTPClientOptions()
        options.tls = tls
        let port = endpoint.port ?? 0
        let client = try HTTPClient(
            to: Origin(try URL("\(scheme)://127.0.0.1:\(port)")), options: options, on: loop)
        defer { client.close() }
        return try await client.send(request, timeout: patience)
    }
}

/// Runs `body` on a loop of its own, beside a receiver whose `http` section has `options`.
@discardableResult
func withReceiver<Result: Sendable>(
    _ options: String = "", endpoint: String = "127.0.0.1:0",
    signals: [Signal] = Signal.allCases, refusing refusal: Pipeline.Refusal? = nil,
    _ body: @escaping @Sendable (ReceiverHarness, EventLoop) async throws -> Result
) async throws -> Result {
    let more = options.isEmpty ? "" : ", \(options)"
    let made = SectionText(
        "protocols: {http: {endpoint: '\(endpoint)'\(more)}}", path: "receivers.otlp"
    ) {
        OTLPReceiver(from: &$0)
    }
    guard !made.report.contains("error") else {
        throw ReceiverHarness.Refused(report: made.report)
    }
    let loops = [try EventLoop(name: "receive-0"), try EventLoop(name: "receive-1")]
    for loop in loops { loop.start() }
    defer { for loop in loops { loop.stop() } }

    let (receiver, log) = (made.value, RecordedLog())
    let intake = RecordingIntake(refusing: refusal)
    try await start(receiver, signals, intake, loops, log)
    let harness = ReceiverHarness(
        receiver: receiver, endpoint: receiver.endpoint ?? Endpoint(host: "", port: 0),
        intake: intake, log: log)
    let result = await withOutcome { try await withLoop { try await body(harness, $0) } }
    await receiver.stop(by: .now() + .milliseconds(200))
    return try result.get()
}

private func start(
    _ receiver: OTLPReceiver, _ signals: [Signal], _ intake: RecordingIntake,
    _ loops: [EventLoop], _ log: RecordedLog
) async throws {
    let route = Route(steps: [], intakes: [intake])
    var inlets: [Signal: Inlet] = [:]
    for signal in signals {
        inlets[signal] = Inlet(
            signal: signal, routes: [route],
            account: Account(component: "receiver/otlp", scope: signal.rawValue))
    }
    do throws(StartError) {
        try await receiver.start(
            ReceiverContext(id: "otlp", inlets: inlets, loops: loops, logger: log.logger))
    } catch {
        throw ReceiverHarness.Refused(report: "\(error)")
    }
}

private func withOutcome<Result>(
    _ body: () async throws -> Result
) async -> Swift.Result<Result, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
}

extension Request {
    /// What an SDK sends, unless said otherwise.
    static func export(
        _ body: [UInt8] = Payloads.traces(spans: 2), to path: String = "/v1/traces",
        type: String? = "application/x-protobuf", coding: ContentCoding = .identity,
        with more: (String, String)...
    ) throws -> Request {
        var headers = Headers()
        if let type { headers.append("Content-Type", type) }
        if coding != .identity { headers.append("Content-Encoding", coding.rawValue) }
        for (name, value) in more { headers.append(name, value) }
        let packed = Compressor(coding).compress(body.span.bytes)
        return Request(.post, path, headers: headers, body: ByteChain(packed))
    }

    static func json(_ text: String, to path: String = "/v1/traces") throws -> Request {
        try export(Array(text.utf8), to: path, type: "application/json")
    }
}
