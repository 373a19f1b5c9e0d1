import ComponentTesting
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Processors

struct TailSamplingTests {
    private typealias Driver = ProcessorsTests.Driver<TailSampling>
    private typealias Sending = Driver.Sending

    private static let errors =
        "policies: [{name: errors, type: status_code, "
        + "status_code: {status_codes: [ERROR]}}]"
    private static let all = "policies: [{name: all, type: always_sample}]"

    private static func trace(_ trace: UInt64) -> TraceID { TraceID(high: 0, low: trace) }

    // MARK: The clock

    @Test func `a trace is decided decision_wait after its first span, at the next tick`() {
        var driver = Driver("{decision_wait: 2s, \(Self.errors)}")

        driver.wait(.milliseconds(30))
        driver.give(.span(1, 0))
        driver.wait(.seconds(1))
        driver.give(.span(1, 1, isError: true))
        driver.wait(.seconds(10))

        #expect(driver.sent == [Sending(time: .milliseconds(2100), items: [0, 1])])
        #expect(driver.processor.heldItems == 0)
        #expect(driver.processor.wakeAt == nil)
    }

    @Test func `a trace that no policy samples is dropped whole`() {
        var driver = Driver("{decision_wait: 1s, \(Self.errors)}")

        driver.give(.spans([TestSpan(trace: 1, number: 0), TestSpan(trace: 1, number: 1)]))
        driver.wait(.seconds(2))

        #expect(driver.sent == [])
        #expect(driver.dropped == 2)
        #expect(driver.drops == ["not_sampled": 2])
    }

    @Test func `fractions of a second count`() {
        var driver = Driver("{decision_wait: 2500ms, \(Self.all)}")

        driver.give(.span(1, 0))
        driver.wait(.seconds(10))

        #expect(driver.sent.map(\.time) == [.milliseconds(2500)])
    }

    @Test func `a root span hastens the decision`() {
        var driver = Driver(
            "{decision_wait: 10s, decision_wait_after_root_received: 1s, \(Self.all)}")

        driver.give(.span(1, 0))
        driver.give(.span(2, 1))
        driver.wait(.seconds(2))
        driver.give(.span(1, 2, isRoot: true))
        driver.wait(.seconds(20))

        #expect(
            driver.sent == [
                Sending(time: .seconds(3), items: [0, 2]), Sending(time: .seconds(10), items: [1]),
            ])
    }

    @Test func `a root span never delays the decision`() {
        var driver = Driver(
            "{decision_wait: 3s, decision_wait_after_root_received: 2s, \(Self.all)}")

        driver.give(.span(1, 0))
        driver.wait(.seconds(2))
        driver.give(.span(1, 1, isRoot: true))
        driver.wait(.seconds(20))

        #expect(driver.sent == [Sending(time: .seconds(3), items: [0, 1])])
    }

    @Test func `spans that come when it is time already are late, however late the timer is`() {
        var driver = Driver("{decision_wait: 1s, \(Self.errors)}")

        driver.give(.span(1, 0))
        driver.oversleep(.seconds(5))
        driver.give(.span(1, 1, isError: true))

        #expect(driver.sent == [])
        #expect(driver.drops == ["not_sampled": 1, "late_not_sampled": 1])
    }

    // MARK: What leaves

    @Test func `traces decided at a time leave in one batch, each in the order of arrival`() {
        var driver = Driver("{decision_wait: 1s, \(Self.errors)}")

        driver.give(
            .spans([
                TestSpan(trace: 1, number: 0), TestSpan(trace: 2, number: 1),
                TestSpan(trace: 3, number: 2, isError: true),
                TestSpan(trace: 1, number: 3, service: "cart"),
            ]))
        driver.give(
            .spans([
                TestSpan(trace: 1, number: 4, isError: true), TestSpan(trace: 3, number: 5),
            ]))
        driver.wait(.seconds(2))

        #expect(driver.sent.map(\.items) == [[0, 2, 3, 4, 5]])
        #expect(driver.drops == ["not_sampled": 1])
    }

    @Test func `spans without a trace id are one trace`() {
        var driver = Driver("{decision_wait: 1s, \(Self.errors)}")

        driver.give(.span(0, 0))
        driver.give(.span(0, 1, isError: true))
        driver.wait(.seconds(2))

        #expect(driver.sentItems == [0, 1])
    }

    // MARK: Late spans

    @Test func `late spans follow the decision`() {
        var driver = Driver("{decision_wait: 1s, \(Self.errors)}")

        driver.give(.span(1, 0, isError: true))
        driver.give(.span(2, 1))
        driver.wait(.seconds(2))
        driver.give(
            .spans([
                TestSpan(trace: 2, number: 2, isError: true), TestSpan(trace: 1, number: 3),
                TestSpan(trace: 1, number: 4),
            ]))

        #expect(driver.sent.map(\.items) == [[0], [3, 4]])
        #expect(driver.sent.last?.time == .seconds(2))
        #expect(driver.drops == ["not_sampled": 1, "late_not_sampled": 1])
        #expect(driver.processor.heldItems == 0)
    }

    @Test func `a trace that the caches have forgotten is a new one`() {
        var driver = Driver(
            """
            {decision_wait: 1s, \
            decision_cache: {sampled_cache_size: 1, non_sampled_cache_size: 1}, \
            \(Self.errors)}
            """)

        for trace in 0..<200 as Range<UInt64> { driver.give(.span(trace, Int(trace))) }
        driver.wait(.seconds(2))
        driver.give(.span(0, 1000, isError: true))
        let held = driver.processor.heldItems
        driver.wait(.seconds(2))

        #expect(held == 1)
        #expect(driver.sentItems == [1000])
    }

    // MARK: Limits

    @Test func `at num_traces the oldest trace is decided early, and is not lost`() {
        var driver = Driver("{decision_wait: 10s, num_traces: 2, \(Self.errors)}")

        driver.give(.span(1, 0, isError: true))
        driver.give(.span(2, 1))
        driver.wait(.seconds(1))
        driver.give(.span(3, 2))
        driver.give(.span(4, 3))

        #expect(driver.sent == [Sending(time: .seconds(1), items: [0])])
        #expect(driver.drops == ["not_sampled": 1])
        #expect(driver.processor.heldItems == 2)
        #expect(driver.value("decisions", "num_traces") == 2)
        #expect(driver.value("effective_window_seconds") == 1)
        #expect(driver.value("sampling_traces_on_memory") == 2)
    }

    @Test func `beyond memory_budget the oldest traces are decided early`() {
        var driver = Driver("{decision_wait: 10s, memory_budget: 64KiB, \(Self.errors)}")

        for trace in 0..<100 as Range<UInt64> {
            driver.give(.span(trace, Int(trace), isError: trace % 10 == 0, padding: 4000))
            #expect(driver.processor.heldBytes <= 64 * 1024)
            #expect(driver.unaccounted == 0)
        }

        #expect(driver.sentItems.count + driver.dropped > 80)
        #expect(driver.sentItems == (0..<driver.sentItems.count).map { $0 * 10 })
        #expect(driver.processor.heldItems > 10)
        #expect(driver.value("decisions", "memory_budget") ?? 0 > 80)
    }

    @Test func `a trace beyond maximum_trace_size_bytes is dropped, and so is what follows`() {
        var driver = Driver("{decision_wait: 1s, maximum_trace_size_bytes: 5000, \(Self.all)}")

        driver.give(.span(1, 0, padding: 3000))
        driver.give(.span(2, 1, padding: 3000))
        driver.give(.span(1, 2, padding: 3000))
        let heldItems = driver.processor.heldItems
        driver.give(.span(1, 3))
        driver.wait(.seconds(2))

        #expect(heldItems == 1)
        #expect(driver.sentItems == [1])
        #expect(driver.drops == ["trace_too_large": 2, "late_not_sampled": 1])
        #expect(driver.value("traces_dropped_too_large") == 1)
    }

    // MARK: Early decisions

    @Test func `decide_early lets a trace go as soon as its outcome is certain`() {
        var driver = Driver("{decision_wait: 10s, decide_early: true, \(Self.errors)}")

        driver.give(.span(1, 0))
        driver.give(.span(1, 1, isError: true))
        driver.give(.span(1, 2))
        driver.wait(.seconds(1))

        #expect(driver.sent.map(\.items) == [[0, 1], [2]])
        #expect(driver.sent.allSatisfy { $0.time == .zero })
        #expect(driver.value("decisions", "settled") == 1)
    }

    @Test func `a burst of traces that are all settled or too large leaves nothing behind`() {
        var driver = Driver(
            "{decide_early: true, maximum_trace_size_bytes: 2000, \(Self.errors)}")

        driver.give(
            .spans(
                (0..<1000).map {
                    TestSpan(trace: UInt64($0), number: $0, isError: $0 % 3 == 0)
                }
                    + (0..<1000).map {
                        TestSpan(
                            trace: UInt64(999 - $0), number: 1000 + $0, isError: true,
                            padding: $0 % 2 == 0 ? 3000 : 0)
                    }))

        #expect(driver.processor.heldItems == 0)
        #expect(driver.unaccounted == 0)
        #expect(driver.processor.heldBytes == 0)
        driver.give(.span(5000, 2000, isError: true))
        #expect(driver.sentItems.contains(2000))
    }

    // MARK: span-ingest

    private static let ingest = "sampling_strategy: span-ingest, decision_wait: 2s"

    @Test func `span-ingest keeps a trace as soon as one part of it is sampled`() {
        var driver = Driver("{\(Self.ingest), \(Self.errors)}")

        driver.give(.span(1, 0))
        driver.give(.span(2, 1))
        driver.wait(.seconds(1))
        driver.give(.span(1, 2, isError: true))
        driver.give(.span(1, 3))
        driver.wait(.seconds(5))

        #expect(
            driver.sent == [
                Sending(time: .seconds(1), items: [0, 2]),
                Sending(time: .seconds(1), items: [3]),
            ])
        #expect(driver.drops == ["not_sampled": 1])
        #expect(driver.value("decisions", "ingest") == 1)
    }

    @Test func `span-ingest looks at the spans of one resource at a time`() {
        let count = "policies: [{name: two, type: span_count, span_count: {min_spans: 2}}]"
        var driver = Driver("{\(Self.ingest), \(count)}")

        driver.give(
            .spans([
                TestSpan(trace: 1, number: 0), TestSpan(trace: 1, number: 1, service: "cart"),
                TestSpan(trace: 2, number: 2, service: "cart"),
                TestSpan(trace: 2, number: 3, service: "cart"),
            ]))
        driver.give(.span(1, 4))
        driver.wait(.seconds(5))

        #expect(driver.sentItems == [2, 3])
        #expect(driver.drops == ["not_sampled": 3])
    }

    @Test func `with a drop policy span-ingest keeps nothing, and drops at once`() {
        let policies = """
            policies: [{name: all, type: always_sample}, {name: no, type: drop, drop: \
            {drop_sub_policy: [{name: e, type: status_code, status_code: \
            {status_codes: [ERROR]}}]}}]
            """
        var driver = Driver("{\(Self.ingest), \(policies)}")

        driver.give(.span(1, 0))
        driver.give(.span(2, 1, isError: true))
        let drops = driver.drops
        driver.wait(.seconds(5))

        #expect(drops == ["dropped_by_policy": 1])
        #expect(driver.drops == ["dropped_by_policy": 1, "not_sampled": 1])
        #expect(driver.sent == [])
    }

    // MARK: The end

    @Test func `what waits is decided when the daemon stops`() {
        var driver = Driver("{decision_wait: 10s, \(Self.errors)}")

        driver.give(.span(1, 0, isError: true))
        driver.give(.span(2, 1))
        driver.drain()

        #expect(driver.sentItems == [0])
        #expect(driver.drops == ["not_sampled": 1])
    }

    @Test func `drop_pending_traces_on_shutdown drops it`() {
        var driver = Driver(
            "{decision_wait: 10s, drop_pending_traces_on_shutdown: true, \(Self.errors)}")

        driver.give(.span(1, 0, isError: true))
        driver.drain()

        #expect(driver.sent == [])
        #expect(driver.drops == ["stopping": 1])
    }

    // MARK: Reasons

    @Test func `it tells what became of a trace, and why`() {
        var driver = Driver("{decision_wait: 2s, num_traces: 3, \(Self.errors)}")

        driver.give(.span(1, 0, isError: true))
        driver.give(.span(2, 1))
        driver.give(.span(2, 2))
        driver.wait(.seconds(2))
        driver.give(.span(1, 3))
        driver.give(.span(3, 4))

        let answers = (1...4 as ClosedRange<UInt64>).map {
            driver.processor.explanation(of: Self.trace($0))
        }
        #expect(
            answers == [
                "kept after 2.0 s with 1 span: policy errors: status_code ERROR; "
                    + "1 late span followed",
                "dropped after 2.0 s with 2 spans: no policy sampled it",
                "waits: 1 span so far, to be decided in 2.0 s at the latest",
                nil,
            ])
    }

    @Test func `record_policy names the policy on the scopes of what is kept`() {
        var driver = Driver(
            "{decision_wait: 1s, record_policy: true, \(Self.errors)}")

        driver.give(.span(1, 0, isError: true))
        driver.wait(.seconds(2))
        driver.give(.span(1, 1))

        let attributes = driver.batches.map { Self.scopeAttributes(of: $0) }
        #expect(
            attributes == [
                ["tailsampling.policy=errors"],
                ["tailsampling.policy=errors", "tailsampling.cached_decision=true"],
            ])
        #expect(driver.sentItems == [0, 1])
    }

    @Test func `the probability of adaptive is written to the spans it keeps, and to late ones`() {
        var driver = Driver(
            """
            {decision_wait: 1s, policies: [{name: some, type: adaptive, adaptive: \
            {target_traces_per_second: 1000, initial_sampling_percentage: 50}}]}
            """)

        driver.give(.span(200 << 48, 0))
        driver.give(.span(100 << 48, 1))
        driver.wait(.seconds(2))
        driver.give(.span(200 << 48, 2))

        #expect(driver.sentItems == [0, 2])
        var states: [String] = []
        for batch in driver.batches {
            batch.forEachRecord { record in
                guard let state = record.message.payload(SpanTag.traceState) else { return }
                states.append(Self.text(of: state))
            }
        }
        #expect(states == ["ot=th:8", "ot=th:8"])
    }

    private static func scopeAttributes(of batch: Batch) -> [String] {
        var texts: [String] = []
        batch.forEachRecord { record in
            var attributes = record.scope.attributes(ScopeTag.attributes)
            while let attribute = attributes.next() {
                let value = attribute.value
                let text = value.bool.map { "\($0)" } ?? text(of: value.bytes)
                texts.append("\(Self.text(of: attribute.key))=\(text)")
            }
        }
        return texts
    }

    private static func text(of bytes: RawSpan) -> String {
        bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Options

    @Test(
        "what it cannot do is said at the start",
        arguments: [
            (
                "{sampling_strategy: span-ingest, policies: [{name: r, type: rate_limiting, "
                    + "rate_limiting: {spans_per_second: 5}}]}",
                """
                error: processors.tail_sampling.sampling_strategy is 'span-ingest', which cannot \
                be with policies that count spans over time (rates, composite, adaptive, \
                span_count with max_spans)
                """
            ),
            (
                "{tail_storage: file_storage, policies: []}",
                """
                error: processors.tail_sampling.tail_storage is not in this build yet: waiting \
                spans are held in memory
                """
            ),
            (
                "{block_on_overflow: true, policies: [{name: a, type: always_sample}]}",
                """
                warning: processors.tail_sampling.block_on_overflow does not block: at num_traces \
                the oldest trace is decided early
                """
            ),
        ])
    func mistakes(options: String, message: String) {
        let made = SectionText(options, path: "processors.tail_sampling") {
            TailSampling(from: &$0)
        }

        #expect(made.messages.contains(message))
    }
}
