import ComponentTesting
import Configuration
import Glibc
import HTTP
import OTLP
import Pipeline
import Primitives
import Sockets
import Telemetry
import TestSupport
import Testing

@testable import Collector

struct GraphTests {
    @Test func `it starts, carries what is sent to it, stops and balances`() async throws {
        let running = try RunningGraph(
            .sound(
                exporters: """
                    nop:
                      nop/2:
                    """,
                pipelines: """
                    traces: {receivers: [otlp, otlp], processors: [batch], exporters: [nop, nop]}
                        logs: {receivers: [otlp], exporters: [nop, nop/2]}
                    """))
        #expect(try await running.graph.start())

        let statuses = [
            try await running.post("/v1/traces", Payloads.traces(spans: 7)),
            try await running.post("/v1/logs", Payloads.logs(records: 5)),
            try await running.post("/v1/metrics", Payloads.metrics(points: 3)),
        ]
        await running.graph.stop(by: .now() + .seconds(10))

        #expect(statuses == [200, 200, 404])
        #expect(
            running.books == [
                "exporter/nop logs: 5 in, 5 out",
                "exporter/nop traces: 7 in, 7 out",
                "exporter/nop/2 logs: 5 in, 5 out",
                "processor/batch traces: 7 in, 7 out",
                "receiver/otlp logs: 5 in, 5 out",
                "receiver/otlp traces: 7 in, 7 out",
            ])
    }

    @Test func `pipelines that share an exporter share its queue`() async throws {
        let running = try RunningGraph(
            .sound(
                pipelines: """
                    traces: {receivers: [otlp], processors: [batch], exporters: [nop]}
                        traces/direct: {receivers: [otlp], exporters: [nop]}
                    """))
        #expect(try await running.graph.start())

        #expect(try await running.post("/v1/traces", Payloads.traces(spans: 7)) == 200)
        await running.graph.stop(by: .now() + .seconds(10))

        #expect(
            running.books == [
                "exporter/nop traces: 14 in, 14 out", "processor/batch traces: 7 in, 7 out",
                "receiver/otlp traces: 7 in, 7 out",
            ])
    }

    @Test func `a port in use is a clear error, and what was started stops`() async throws {
        let holder = try RunningGraph(.sound())
        #expect(try await holder.graph.start())
        let endpoint = try #require(holder.endpoint)
        let second = try RunningGraph(
            .sound(receivers: "otlp: {protocols: {http: {endpoint: \"\(endpoint)\"}}}"))

        await #expect {
            _ = try await second.graph.start()
        } throws: { error in
            let text = "\(error)"
            return text.contains("\(endpoint)") && text.contains("in use")
        }
        let time = try await second.timeToStop(atMost: .seconds(60))
        let holderTime = try await holder.timeToStop(atMost: .seconds(10))

        #expect(time + holderTime < .seconds(30))
    }

    @Test func `a stop before the start leaves nothing to start`() async throws {
        let running = try RunningGraph(.sound())

        await running.graph.stop(by: .now() + .seconds(10))

        #expect(try await !running.graph.start())
        #expect(running.endpoint == nil)
    }

    // An exporter that blocks its thread, such as one that writes where nobody reads.
    @Test func `an exporter that hangs does not hang the stop`() async throws {
        let registry = Registry(
            receivers: [Source.self], processors: [], exporters: [Blocking.self], extensions: [])
        let running = try RunningGraph(
            """
            {receivers: {source: }, exporters: {blocking: }, service: {pipelines: {
            logs: {receivers: [source], exporters: [blocking]}}}}
            """, registry)
        #expect(try await running.graph.start())
        await running.eventually("an attempt") {
            running.graph.ledger.accounts.contains { $0.held.value == 3 }
        }

        let time = try await running.timeToStop(atMost: .milliseconds(50))

        #expect(time < .seconds(30))
        #expect(
            running.books == [
                "exporter/blocking logs: 3 in, 0 out, dropped [\"stopping\": 3]",
                "receiver/source logs: 3 in, 3 out",
            ])
    }

    @Test func `what failed to start is not stopped`() async throws {
        let registry = Registry(
            receivers: [Source.self], processors: [], exporters: [Broken.self], extensions: [])
        let running = try RunningGraph(
            """
            {receivers: {source: }, exporters: {broken: }, service: {pipelines: {
            logs: {receivers: [source], exporters: [broken]}}}}
            """, registry)

        await #expect(throws: StartError.self) { _ = try await running.graph.start() }
        await running.graph.stop(by: .now() + .seconds(10))

        #expect(running.books.allSatisfy { $0.hasSuffix("0 in, 0 out") })
    }
}

/// A graph with its log, and somebody who sends to it.
private final class RunningGraph: Sendable {
    let graph: Graph
    private let log: Int32

    convenience init(_ text: ConfigurationText) throws {
        #expect(!text.loaded.diagnostics.hasErrors, "\(text.messages)")
        try self.init(text.loaded.configuration, text.loaded.parts)
    }

    convenience init(_ yaml: String, _ registry: Registry) throws {
        let diagnostics = Diagnostics()
        let tree = ConfigurationTree.load([.text(yaml)], reportingTo: diagnostics)
        let configuration = Configuration(tree, reportingTo: diagnostics)
        let parts = Parts(configuration, registry, diagnostics)
        #expect(!diagnostics.hasErrors, "\(diagnostics.rendered())")
        try self.init(configuration, parts)
    }

    private init(_ configuration: Configuration, _ parts: Parts) throws {
        // A file without a name, so that writing never waits and reading takes what is there. It
        // is not closed, because the graph's threads go with the process.
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        unlink(template)
        log = descriptor
        graph = try Graph(
            configuration, parts,
            log: DaemonLogger(output: LogOutput(descriptor: descriptor), level: .info),
            loopCount: 2)
    }

    /// Where it listens, as its log says.
    var endpoint: String? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = pread(log, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return text.firstMatch(of: #/endpoint=(\S+)/#).map { String($0.1) }
    }

    /// Stops the graph on a loop, as the daemon does. There, other tests do not count.
    func timeToStop(atMost limit: Duration) async throws -> Duration {
        try await withLoop { [graph] _ in
            let start = Instant.now()
            await graph.stop(by: start + limit)
            return Instant.now() - start
        }
    }

    func post(_ path: String, _ body: [UInt8]) async throws -> Int {
        let endpoint = try #require(endpoint)
        return try await withLoop { loop in
            let client = try HTTPClient(to: Origin(URL("http://\(endpoint)")), on: loop)
            defer { client.close() }
            var buffer = ByteBuffer()
            buffer.append(body.span.bytes)
            let request = Request(
                .post, path, headers: ["Content-Type": "application/x-protobuf"],
                body: ByteChain(buffer))
            return try await client.send(request, timeout: patience).status.code
        }
    }

    /// What every account says, sorted; an account that does not balance says so.
    var books: [String] {
        graph.ledger.accounts.map { account in
            var text = "\(account.component) \(account.scope): "
            text += "\(account.incoming.value) in, \(account.outgoing.value) out"
            if account.dropped.total > 0 { text += ", dropped \(account.dropped.values)" }
            if account.refused.total > 0 { text += ", refused \(account.refused.values)" }
            if account.unaccounted != 0 { text += ", unaccounted \(account.unaccounted)" }
            return text
        }.sorted()
    }

    func eventually(_ what: Comment, _ condition: () -> Bool) async {
        let deadline = Instant.now() + patience
        while !condition() {
            guard Instant.now() < deadline else {
                Issue.record(what)
                return
            }
            await Task.yield()
        }
    }
}
