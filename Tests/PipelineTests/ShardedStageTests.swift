import Configuration
import OTLP
import Pipeline
import Primitives
import Telemetry
import TestSupport
import Testing

/// Holds everything and tells what it has been given, by shard.
private struct Gathering: Processor {
    static let name = "gathering"
    static let summary = "holds what its shard is given"
    static let state = ProcessorState.shared

    var index = 0
    var held: [Batch] = []

    init() {}
    init(from section: inout Section) {}

    var shardLimit: Int { 8 }

    func shard(_ index: Int, of count: Int) -> Gathering {
        var shard = self
        shard.index = index
        return shard
    }

    var heldItems: Int { held.reduce(0) { $0 + $1.itemCount } }

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        held.append(batch)
    }

    mutating func drain(at now: Instant, into output: inout Output) {
        for batch in held { output.forward(batch) }
        held = []
    }

    var measurements: [Measurement] {
        [
            Measurement("held", .gauge, "Held.", [], Double(heldItems)),
            Measurement("index", .gauge, "Largest index.", [], Double(index), combining: .largest),
        ]
    }

    func explanation(of trace: TraceID) -> String? {
        var found: String?
        for batch in held {
            batch.forEachRecord { if $0.traceID == trace { found = "held by shard \(index)" } }
        }
        return found
    }
}

@Suite(.timeLimit(.minutes(5)))
struct ShardedStageTests {
    @Test func `every trace has one shard, which alone knows about it`() async throws {
        try await Workshop.run { shop in
            let exporter = ScriptedExporter()
            let route = Route(steps: [], intakes: [try shop.queue(exporter)])
            let stage = ShardedStage(
                Gathering(), count: 4, route: route, account: shop.account("stage"),
                logger: shop.log.logger, loop: shop.loop)

            #expect(stage.offer(.numbered(0..<200)) == nil)
            #expect(stage.offer(.numbered(0..<200)) == nil)
            let held = stage.account.books.held
            var explanations: Set<String> = []
            for number in 0..<200 {
                let byte = UInt64(UInt8(truncatingIfNeeded: number) | 1) &* 0x0101_0101_0101_0101
                let trace = TraceID(high: byte, low: byte)
                let expected = "held by shard \(trace.shard(of: 4))"
                #expect(stage.explanation(of: trace) == expected)
                explanations.insert(expected)
            }
            let measured = stage.measurements.map { "\($0.name) \($0.value)" }
            await stage.drain(by: .now() + .seconds(10))
            await shop.eventually("all items") { exporter.items.count == 400 }

            #expect(held == 400)
            #expect(explanations.count == 4)
            #expect(measured == ["held 400.0", "index 3.0"])
            #expect(exporter.items.sorted() == (0..<200).flatMap { [$0, $0] })
        }
    }

    @Test func `what cannot be passed on by one shard holds all senders back`() async throws {
        try await Workshop.run { shop in
            let gate = Gate()
            let exporter = ScriptedExporter(gate.script)
            let queue = try shop.queue(exporter) { $0.queue.sizeLimit = 1 }
            let stage = ShardedStage(
                Holding(count: 1), count: 2, route: Route(steps: [], intakes: [queue]),
                account: shop.account("stage"), logger: shop.log.logger, loop: shop.loop)

            #expect(stage.offer(.numbered(0..<50)) == nil)
            #expect(stage.offer(.numbered(50..<99))?.reason == "backlog")
            gate.open()
            await shop.eventually("all items") { exporter.items.count == 50 }
            await stage.drain(by: .now() + .seconds(10))
        }
    }
}
