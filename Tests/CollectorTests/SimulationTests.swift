import Configuration
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Collector

/// Keeps spans with errors and drops others, ten seconds after they came.
private struct Patient: Processor {
    static let name = "patient"
    static let summary = "keeps spans with errors, late"
    static let state = ProcessorState.shared

    private var held: [(due: Instant, batch: Batch)] = []

    init(from section: inout Section) {}

    var heldItems: Int { held.reduce(0) { $0 + $1.batch.itemCount } }
    var wakeAt: Instant? { held.first?.due }

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        held.append((now + .seconds(10), batch))
    }

    mutating func advance(to now: Instant, into output: inout Output) {
        while let first = held.first, first.due <= now {
            held.removeFirst()
            let kept = first.batch.selecting { $0.status == .error }
            first.batch.forEachRecord { span in
                guard let id = span.traceID else { return }
                let isKept = span.status == .error
                output.note(
                    Verdict(
                        id, isKept: isKept, policy: isKept ? "errors" : nil,
                        reason: isKept ? "policy" : "no_policy", spanCount: 1))
            }
            output.forward(kept)
            output.drop(first.batch.itemCount - kept.itemCount, because: "not_sampled")
        }
    }

    mutating func drain(at now: Instant, into output: inout Output) {
        output.drop(heldItems, because: "stopping")
        held = []
    }
}

/// Counts what passes by the second in which it does.
private struct Stamp: Processor {
    static let name = "stamp"
    static let summary = "counts by time"
    static let state = ProcessorState.none

    init(from section: inout Section) {}

    mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        output.count(
            "passed", "by time", [("at", "\(now.nanoseconds / 1_000_000_000)")],
            by: batch.itemCount)
        output.forward(batch)
    }
}

struct SimulationTests {
    /// Pipelines of spans: `processors` between a receiver and an exporter that do nothing.
    private static func pipelines(_ processors: String) throws -> [SimulatedPipeline] {
        let registry = Registry(
            receivers: [Source.self], processors: [Patient.self, Stamp.self],
            exporters: [TracesOnly.self], extensions: [])
        let diagnostics = Diagnostics()
        let yaml = """
            receivers: {source: }
            processors: {patient: , stamp: }
            exporters: {traces_only: }
            service:
              pipelines: {traces: {receivers: [source], processors: [\(processors)], \
            exporters: [traces_only]}}
            """
        let tree = ConfigurationTree.load([.text(yaml)], reportingTo: diagnostics)
        let configuration = Configuration(tree, reportingTo: diagnostics)
        let parts = Parts(configuration, registry, diagnostics)
        try #require(!diagnostics.hasErrors, "\(diagnostics.rendered())")
        return configuration.pipelines.compactMap { SimulatedPipeline($0, parts) }
    }

    /// One span of a trace; times in seconds.
    private static func span(
        _ trace: UInt8, _ service: String, from start: UInt64 = 1_000, to end: UInt64,
        isError: Bool = false, parent: UInt8? = nil
    ) throws -> Batch {
        let id = [UInt8](repeating: trace, count: 16)
        var span = Proto().bytes(1, id).bytes(2, [1, 2, 3, 4, 5, 6, 7, trace])
        if let parent { span = span.bytes(4, [parent, 2, 3, 4, 5, 6, 7, 8]) }
        span = span.fixed64(7, start * 1_000_000_000).fixed64(8, end * 1_000_000_000)
        if isError { span = span.message(15, Proto().varint(3, 2)) }
        let group = Proto()
            .message(1, Proto().attribute(1, "service.name", service))
            .message(2, Proto().messages(2, [span]))
        return try Batch(validating: Body(Proto().message(1, group).bytes), as: .traces)
    }

    private static func report(
        _ processors: String, against other: String? = nil, expecting expectations: [String] = [],
        _ batches: [Batch]
    ) throws -> SimulationReport {
        var simulation = Simulation(
            try pipelines(processors), against: try other.map { try pipelines($0) } ?? [])
        for batch in batches { simulation.give(batch) }
        simulation.finish()
        return SimulationReport(
            simulation, expectations: try expectations.map { try SimulationExpectation($0) },
            exampleLimit: 2)
    }

    @Test func `what waits leaves at its own time, between requests and after the last`() throws {
        let report = try Self.report(
            "patient, stamp",
            [
                try Self.span(1, "a", to: 1_001, isError: true),
                try Self.span(2, "a", to: 1_004, isError: true),
                // Earlier than the one before: the clock does not go back.
                try Self.span(3, "a", to: 1_002, isError: true),
                try Self.span(4, "a", to: 5_000, isError: true),
            ])

        let stages = report.pipelines[0].stages
        #expect(
            stages[1].counters == [
                "passed{at=\"1011\"}": 1, "passed{at=\"1014\"}": 2, "passed{at=\"5010\"}": 1,
            ])
        #expect(stages[0].dropped == [:])
        #expect(report.times?.first == 1_001_000_000_000)
        #expect(report.times?.last == 5_000_000_000_000)
    }

    @Test func `times that cannot be right do not move the clock`() throws {
        let report = try Self.report(
            "patient, stamp",
            [
                try Self.span(1, "a", to: 1_001, isError: true),
                try Self.span(2, "a", to: 18_000_000_000, isError: true),
                try Self.span(3, "a", to: 0, isError: true),
            ])

        #expect(report.pipelines[0].stages[1].counters == ["passed{at=\"1011\"}": 3])
    }

    @Test func `traces are counted by service, error and time, and by who decided`() throws {
        let report = try Self.report(
            "patient",
            [
                // Trace 1 begins in b, and a span of it is dropped.
                try Self.span(1, "a", to: 1_001, isError: true, parent: 9),
                try Self.span(1, "b", to: 1_005),
                try Self.span(2, "a", to: 1_001),
                try Self.span(3, "a", to: 1_009, isError: true),
            ])

        let pipeline = report.pipelines[0]
        #expect(pipeline.items == Share(total: 4, kept: 2))
        #expect(pipeline.traces?.all == Share(total: 3, kept: 2))
        #expect(pipeline.traces?.partial == 1)
        #expect(pipeline.traces?.errors == Share(total: 2, kept: 2))
        #expect(pipeline.traces?.slow == Share(total: 2, kept: 2))
        #expect(pipeline.services.map(\.name) == ["a", "b"])
        #expect(pipeline.services[0].items == Share(total: 3, kept: 2))
        #expect(pipeline.services[0].traces == Share(total: 2, kept: 1))
        #expect(pipeline.services[1].items == Share(total: 1, kept: 0))
        #expect(pipeline.services[1].traces == Share(total: 1, kept: 1))
        #expect(pipeline.traces?.decisions.map(\.decision.policy) == ["errors", nil])
        #expect(pipeline.traces?.decisions.map(\.traces) == [2, 2])
    }

    @Test func `two configurations are compared trace by trace`() throws {
        let report = try Self.report(
            "patient", against: "stamp",
            [
                try Self.span(1, "a", to: 1_001, isError: true),
                try Self.span(2, "a", to: 1_001), try Self.span(3, "b", to: 1_001),
                try Self.span(4, "b", to: 1_001),
            ])

        let comparison = report.comparisons[0]
        #expect(comparison.keptByBoth == 1)
        #expect(comparison.onlyNew.count == 0)
        #expect(comparison.onlyOld.count == 3)
        #expect(comparison.onlyOld.services == ["a": 1, "b": 2])
        #expect(comparison.onlyOld.policies == ["not sampled by trace": 3])
        #expect(
            comparison.onlyOld.examples == [
                "02020202020202020202020202020202", "03030303030303030303030303030303",
            ])
    }

    @Test func `expectations are held against what came out`() throws {
        let report = try Self.report(
            "patient",
            expecting: [
                "errors kept 100%", "traces kept 50%", "service=b kept 0", "policy=errors kept 1",
                "reason=no_policy dropped > 1", "slow kept 100%", "spans dropped 1",
            ],
            [
                try Self.span(1, "a", to: 1_001, isError: true), try Self.span(2, "b", to: 1_001),
            ])

        #expect(report.checks.map(\.holds) == [true, true, true, true, false, false, true])
        #expect(report.checks[5].expectation.actual(report.checks[5].share) == "there are none")
    }

    @Test func `reports are the same each time, and JSON is well-formed`() throws {
        func texts() throws -> [String] {
            let report = try Self.report(
                "patient, stamp", against: "stamp", expecting: ["errors kept 100%"],
                try (0..<40).map { number in
                    try Self.span(
                        UInt8(number), "s\(number % 7) \"\n", to: 1_000 + UInt64(number),
                        isError: number % 3 == 0)
                })
            return [report.text(against: "old"), report.json(against: "old")]
        }

        let first = try texts()

        #expect(try texts() == first)
        #expect(first[1].contains(#""name": "s0 \"\u000a""#))
    }
}
