import ComponentTesting
import Foundation
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Processors

/// Whatever the order, the batches and the shards: the same traces are kept, whole, and no span is
/// lost. `MARTLET_CASES=100000 swift test --filter TailSamplingPropertyTests` runs more:
/// those take some minutes.
struct TailSamplingPropertyTests {
    private static let caseCount =
        ProcessInfo.processInfo.environment["MARTLET_CASES"].flatMap(Int.init) ?? 2_000

    private static let configurations = [
        """
        {decision_wait: 10s, policies: [{name: errors, type: status_code, status_code: \
        {status_codes: [ERROR]}}, {name: slow, type: latency, latency: {threshold_ms: 500}}]}
        """,
        """
        {decision_wait: 10s, policies: [{name: some, type: probabilistic, probabilistic: \
        {sampling_percentage: 40}}, {name: many, type: span_count, span_count: {min_spans: 5}}]}
        """,
        """
        {decision_wait: 10s, policies: [{name: no, type: drop, drop: {drop_sub_policy: \
        [{name: s, type: string_attribute, string_attribute: {key: service.name, \
        values: [health]}}]}}, {name: errors, type: status_code, status_code: \
        {status_codes: [ERROR, UNSET]}}]}
        """,
        """
        {decision_wait: 10s, policies: [{name: both, type: and, and: {and_sub_policy: \
        [{name: e, type: status_code, status_code: {status_codes: [ERROR]}}, \
        {name: s, type: latency, latency: {threshold_ms: 200}}]}}, \
        {name: rest, type: not, not: {not_sub_policy: {name: n, type: span_count, \
        span_count: {min_spans: 2, max_spans: 6}}}}]}
        """,
        """
        {decision_wait: 10s, policies: [{name: c, type: ottl_condition, ottl_condition: {span: \
        ['status.code == STATUS_CODE_ERROR and resource.attributes["service.name"] == "cart"', \
        'IsRootSpan() and end_time - start_time > Duration("400ms")']}}]}
        """,
    ]

    private static func processor(_ yaml: String) -> TailSampling {
        SectionText(yaml, path: "processors.tail_sampling") { TailSampling(from: &$0) }.value
    }

    private static func spans(_ dice: inout SeededGenerator) -> [TestSpan] {
        let traceCount = UInt64.random(in: 1...5, using: &dice)
        let base = UInt64.random(in: 1...1 << 60, using: &dice)
        return (0..<Int.random(in: 1...14, using: &dice)).map { number in
            TestSpan(
                trace: base + UInt64.random(in: 0..<traceCount, using: &dice), number: number,
                isRoot: Int.random(in: 0..<4, using: &dice) == 0,
                isError: Int.random(in: 0..<6, using: &dice) == 0,
                milliseconds: UInt64.random(in: 0...600, using: &dice),
                service: ["shop", "cart", "health"][
                    min(2, Int.random(in: 0..<9, using: &dice) / 4)])
        }
    }

    private static func kept(
        _ spans: [TestSpan], _ processor: TailSampling, _ dice: inout SeededGenerator
    ) -> [Int] {
        var driver = ProcessorsTests.Driver(processor)
        var rest = spans.shuffled(using: &dice)[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...6, using: &dice)
            driver.give(.spans(Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
            driver.wait(.milliseconds(Int.random(in: 0...600, using: &dice)))
        }
        #expect(driver.unaccounted == 0)
        driver.wait(.seconds(20))
        #expect(driver.processor.heldItems == 0)
        #expect(driver.unaccounted == 0)
        #expect(driver.processor.heldBytes == 0)
        return driver.sentItems.sorted()
    }

    @Test(arguments: configurations.indices)
    func `decisions do not depend on order, batches, shards, nor on being made early`(
        number: Int
    ) {
        let processor = Self.processor(Self.configurations[number])
        let halves = (0..<2).map { processor.shard($0, of: 2) }
        let options = Self.configurations[number].dropFirst()
        let early = Self.processor("{decide_early: true, \(options)")
        for seed in 0..<UInt64(Self.caseCount / Self.configurations.count) {
            var dice = SeededGenerator(seed: seed)
            let spans = Self.spans(&dice)

            let first = Self.kept(spans, processor, &dice)
            let second = Self.kept(spans, processor, &dice)
            let sharded = (0..<2).flatMap { half in
                Self.kept(spans.filter { Int($0.trace % 2) == half }, halves[half], &dice)
            }.sorted()

            #expect(first == second)
            #expect(first == sharded)
            #expect(first == Self.kept(spans, early, &dice))
            // Whole traces.
            let traces = Set(first.map { spans[$0].trace })
            #expect(first == spans.filter { traces.contains($0.trace) }.map(\.number))
            if number == 0 {
                let wanted = Set(
                    spans.filter { $0.isError || $0.milliseconds >= 500 }.map(\.trace))
                #expect(traces == wanted)
            }
        }
    }

    /// Any options, any arrivals, late timers: the books balance, and memory is what is held.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `the books balance`(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let options = [
            "num_traces: \(Int.random(in: 1...20, using: &dice))",
            seed % 3 == 0 ? "memory_budget: 20KiB" : "memory_budget: 0",
            "decide_early: \(seed % 2 == 0)",
            "decision_wait_after_root_received: \(Int.random(in: 0...2, using: &dice))s",
            "maximum_trace_size_bytes: \(seed % 5 == 0 ? 3000 : 0)",
            "record_policy: \(seed % 7 == 0)",
            "decision_cache: {sampled_cache_size: \(seed % 4), non_sampled_cache_size: 3}",
            "drop_pending_traces_on_shutdown: \(seed % 4 == 0)",
        ].joined(separator: ", ")
        let policies = Self.configurations[Int(seed) % 3].dropFirst(21)
        var driver = ProcessorsTests.Driver<TailSampling>(
            "{decision_wait: 3s, \(options), \(policies)")
        var number = 0

        for _ in 0..<80 {
            let spans = (0..<Int.random(in: 0...20, using: &dice)).map { _ in
                number += 1
                return TestSpan(
                    trace: UInt64.random(in: 0...40, using: &dice), number: number,
                    isRoot: Int.random(in: 0..<4, using: &dice) == 0,
                    isError: Int.random(in: 0..<20, using: &dice) == 0,
                    padding: Int.random(in: 0...400, using: &dice))
            }
            driver.give(.spans(spans))
            let pause = Duration.milliseconds(Int.random(in: 0...500, using: &dice))
            Bool.random(using: &dice) ? driver.wait(pause) : driver.oversleep(pause)
            #expect(driver.unaccounted == 0)
            if seed % 3 == 0 { #expect(driver.processor.heldBytes <= 20 * 1024) }
        }
        driver.drain()

        #expect(driver.processor.heldItems == 0)
        #expect(driver.processor.heldBytes == 0)
        #expect(driver.unaccounted == 0)
        #expect(Set(driver.sentItems).count == driver.sentItems.count)
    }
}
