import OTLP
import Primitives
import TestSupport
import Testing

@testable import Processors

/// The policy `adaptive`: its target is held, whatever comes.
struct TailSamplingAdaptiveTests {
    private static func policies(_ options: String, before: String = "") -> PolicySet {
        PolicySet(
            """
            policies:
            \(before)
              - name: a
                type: adaptive
                adaptive: {\(options)}
            """)
    }

    private static func span(_ service: String, _ route: String = "/") -> PolicySpan {
        PolicySpan(
            attributes: [("http.route", .string(route))],
            resource: [("service.name", .string(service))], isRoot: true)
    }

    /// Traces arrive, so many in a second of each service; how many are kept in a second, by
    /// service, between two times.
    private struct Arrivals {
        var policies: PolicySet
        var random = SeededGenerator(seed: 1)
        var now = 0.0

        /// Facts of a span of each service are the same for all its traces.
        mutating func run(_ rates: [String: Int], for seconds: Int) -> [String: Double] {
            var kept: [String: Double] = [:]
            let templates = rates.keys.sorted().map { service in
                var trace = PolicyTrace(for: policies)
                trace.add([TailSamplingAdaptiveTests.span(service)], to: &policies)
                return (service, trace)
            }
            for _ in 0..<seconds {
                for (service, template) in templates {
                    let count = rates[service] ?? 0
                    for _ in 0..<count {
                        let trace = TraceSummary(
                            TraceID(high: random.next(), low: random.next()), spanCount: 1,
                            byteCount: 100, firstArrival: Instant(nanoseconds: 0))
                        let verdict = policies.verdict(
                            for: trace, facts: template.facts.span,
                            at: Instant(nanoseconds: 1_000_000_000 + UInt64(now * 1e9)))
                        if verdict.isKept { kept[service, default: 0] += 1 }
                    }
                }
                now += 1
            }
            return kept.mapValues { $0 / Double(seconds) }
        }
    }

    @Test func `the target is held, and rare keys are kept whole`() {
        var arrivals = Arrivals(policies: Self.policies("target_traces_per_second: 20"))
        let rates = ["front": 1000, "cart": 100, "mail": 2]

        _ = arrivals.run(rates, for: 30)
        let kept = arrivals.run(rates, for: 300)

        let total = kept.values.reduce(0, +)
        #expect(abs(total - 20) < 1.5, "\(kept)")
        #expect(kept["mail"] == 2)
        #expect((kept["cart"] ?? 0) > 5)
    }

    @Test func `all is kept if there is less than the target`() {
        var arrivals = Arrivals(policies: Self.policies("target_traces_per_second: 50"))
        let rates = ["front": 20, "cart": 10]

        _ = arrivals.run(rates, for: 30)

        #expect(arrivals.run(rates, for: 60) == ["front": 20, "cart": 10])
    }

    @Test func `a rush is answered within seconds, and its end within some intervals`() {
        var arrivals = Arrivals(policies: Self.policies("target_traces_per_second: 20"))
        _ = arrivals.run(["front": 100], for: 60)

        let rush = arrivals.run(["front": 2000], for: 4).values.reduce(0, +)
        let after = arrivals.run(["front": 2000], for: 60).values.reduce(0, +)
        _ = arrivals.run(["front": 100], for: 120)
        let calm = arrivals.run(["front": 100], for: 60).values.reduce(0, +)

        #expect(rush < 240, "the first second still has the old probability")
        #expect(abs(after - 20) < 2, "\(after)")
        #expect(abs(calm - 20) < 2, "\(calm)")
    }

    @Test func `until the first adjustment the initial percentage is kept`() {
        var arrivals = Arrivals(
            policies: Self.policies(
                "target_traces_per_second: 1, initial_sampling_percentage: 40"))

        let kept = arrivals.run(["front": 1000], for: 15).values.reduce(0, +)

        #expect(abs(kept - 400) < 20)
    }

    @Test func `each key has at least its smallest percentage`() {
        var arrivals = Arrivals(
            policies: Self.policies(
                "target_traces_per_second: 1, min_sampling_percentage: 5"))
        _ = arrivals.run(["front": 1000], for: 60)

        let kept = arrivals.run(["front": 1000], for: 60).values.reduce(0, +)

        #expect(abs(kept - 50) < 5)
    }

    @Test func `keys beyond the limit share one probability, and are counted`() {
        var arrivals = Arrivals(
            policies: Self.policies("target_traces_per_second: 20, max_keys: 3"))
        let rates = Dictionary(uniqueKeysWithValues: (0..<50).map { ("service-\($0)", 10) })
        _ = arrivals.run(rates, for: 60)

        let total = arrivals.run(rates, for: 120).values.reduce(0, +)

        #expect(abs(total - 20) < 3, "\(total)")
        let numbers = Dictionary(
            uniqueKeysWithValues: arrivals.policies.measurements
                .filter { $0.name.contains("adaptive") }.map { ($0.name, $0.value) })
        #expect(numbers["processor_tail_sampling_adaptive_keys"] == 3)
        #expect(numbers["processor_tail_sampling_adaptive_key_overflow"] == 84_600.0)
    }

    @Test func `silence is forgotten like any other past`() {
        var arrivals = Arrivals(policies: Self.policies("target_traces_per_second: 20"))
        _ = arrivals.run(["front": 2000], for: 60)
        arrivals.now += 3600

        _ = arrivals.run(["front": 20], for: 30)

        #expect(arrivals.run(["front": 20], for: 30) == ["front": 20])
    }

    @Test func `traces that a policy before it has sampled are none of its own`() {
        let errors = "  - {name: e, type: status_code, status_code: {status_codes: [ERROR]}}"
        var policies = Self.policies(
            "target_traces_per_second: 1, initial_sampling_percentage: 0", before: errors)
        var trace = PolicyTrace(for: policies)
        trace.add([PolicySpan(status: 2)], to: &policies)

        for _ in 0..<1000 { #expect(trace.verdict(of: &policies).isKept) }

        let counted = policies.measurements.filter { measurement in
            measurement.labels.contains { $0.value == "a" }
                && measurement.name.hasSuffix("execution_count")
        }
        #expect(counted.map(\.value) == [0])
    }

    @Test func `the decision is the trace's randomness against a threshold, which is told`() {
        var policies = Self.policies(
            "target_traces_per_second: 1, initial_sampling_percentage: 25")
        var kept = PolicyTrace(TraceID(high: 0, low: 0xc0_0000_0000_0000), for: policies)
        kept.add([PolicySpan()], to: &policies)
        var lost = PolicyTrace(TraceID(high: 0, low: 0xbf_ffff_ffff_ffff), for: policies)
        lost.add([PolicySpan()], to: &policies)

        #expect(
            kept.verdict(of: &policies)
                == PolicyVerdict(
                    .sampled, because: .policy, policy: 0, threshold: 0xc0_0000_0000_0000))
        #expect(
            lost.verdict(of: &policies)
                == PolicyVerdict(.notSampled, because: .probability, policy: 0))
    }

    @Test func `a policy after it that samples takes the threshold away`() {
        var policies = PolicySet(
            """
            policies:
              - name: a
                type: adaptive
                adaptive: {target_traces_per_second: 1, initial_sampling_percentage: 100}
              - {name: all, type: always_sample}
            """)
        var trace = PolicyTrace(for: policies)
        trace.add([PolicySpan()], to: &policies)

        #expect(
            trace.verdict(of: &policies) == PolicyVerdict(.sampled, because: .policy, policy: 0))
    }

    @Test func `the key is of the root span, or else of the first`() {
        var policies = Self.policies(
            "target_traces_per_second: 1, fields: [service.name, http.route, span.name]")
        let child = PolicySpan(
            attributes: [("http.route", .string("/x"))],
            resource: [("service.name", .string("db"))])
        func key(_ spans: [PolicySpan]) -> UInt64 {
            var trace = PolicyTrace(for: policies)
            for span in spans { trace.add([span], to: &policies) }
            return trace.facts[2]
        }

        let root = Self.span("front", "/cart")
        #expect(key([child, root]) == key([root]))
        #expect(key([root, child]) == key([root]))
        #expect(key([child]) != key([root]))
        #expect(key([Self.span("front", "/list")]) != key([root]))
        #expect(key([Self.span("back", "/cart")]) != key([root]))
        var renamed = root
        renamed.name = "other"
        #expect(key([renamed]) != key([root]))
    }

    @Test(arguments: [
        // Randomness, probability that arrives: kept at 50 %, and the threshold.
        ("ot=rv:80000000000000", 0x80_0000_0000_0000 as UInt64?), ("ot=rv:7fffffffffffff", nil),
        // Of half of the traces, half are kept.
        ("ot=rv:c0000000000000;th:8", 0xc0_0000_0000_0000), ("ot=rv:bfffffffffffff;th:8", nil),
        // It cannot have passed that.
        ("ot=rv:80000000000000;th:c", 0x80_0000_0000_0000),
        ("ot=nonsense", 0x80_0000_0000_0000), ("", 0x80_0000_0000_0000),
    ])
    func `randomness and threshold of the root span's tracestate count`(
        state: String, threshold: UInt64?
    ) {
        var policies = Self.policies(
            "target_traces_per_second: 1, initial_sampling_percentage: 50")
        var trace = PolicyTrace(TraceID(high: 0, low: .max), for: policies)
        trace.add([PolicySpan(), PolicySpan(traceState: state, isRoot: true)], to: &policies)

        let verdict = trace.verdict(of: &policies)

        #expect(verdict.isKept == (threshold != nil))
        #expect(verdict.threshold == threshold)
    }
}
