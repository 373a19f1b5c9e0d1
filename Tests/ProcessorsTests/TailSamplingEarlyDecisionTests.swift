import OTLP
import Primitives
import TestSupport
import Testing

@testable import Processors

/// `settled` is never wrong: what follows changes nothing.
struct TailSamplingEarlyDecisionTests {
    // MARK: - By example

    private func settledAfter(_ yaml: String, _ spans: [PolicySpan]) -> [Bool] {
        var policies = PolicySet(yaml)
        var trace = PolicyTrace(for: policies)
        return spans.map { span in
            trace.add([span], to: &policies)
            return trace.isSettled(for: policies)
        }
    }

    @Test func `an error settles a trace, and what is open does not`() {
        let yaml = """
            policies:
              - {name: e, type: status_code, status_code: {status_codes: [ERROR]}}
              - {name: p, type: probabilistic, probabilistic: {sampling_percentage: 0}}
            """
        #expect(settledAfter(yaml, [PolicySpan(), PolicySpan(status: 2)]) == [false, true])
    }

    @Test func `a percentage alone settles every trace at once`() {
        let yaml = """
            policies:
              - {name: p, type: probabilistic, probabilistic: {sampling_percentage: 0.001}}
            """
        #expect(settledAfter(yaml, [PolicySpan()]) == [true])
    }

    @Test func `while a trace may be dropped, nothing is settled`() {
        let yaml = """
            policies:
              - {name: all, type: always_sample}
              - name: d
                type: drop
                drop:
                  drop_sub_policy:
                    - {name: b, type: boolean_attribute, boolean_attribute: {key: b, value: true}}
            """
        #expect(
            settledAfter(yaml, [PolicySpan(status: 2), .with("b", .bool(true))]) == [false, true])
    }

    @Test func `a limit is asked at its time, unless it will not be asked at all`() {
        let yaml = """
            policies:
              - {name: e, type: status_code, status_code: {status_codes: [ERROR]}}
              - {name: l, type: rate_limiting, rate_limiting: {spans_per_second: 5}}
            """
        let error = [PolicySpan(status: 2)]
        #expect(settledAfter(yaml, error) == [false])
        #expect(settledAfter(yaml + "\nsample_on_first_match: true", error) == [true])
    }

    // MARK: - By chance

    /// Policies of all kinds but those whose outcome depends on other traces, which are never
    /// settled when they are asked; a few of those, too.
    private struct PolicySource {
        var random: SeededGenerator

        mutating func section() -> String {
            let count = Int.random(in: 1...4, using: &random)
            let policies = (0..<count).map { "  - \(policy("p\($0)", depth: 0))" }
            let first = Bool.random(using: &random)
            return "policies:\n\(policies.joined(separator: "\n"))\n"
                + "sample_on_first_match: \(first)"
        }

        private mutating func policy(_ name: String, depth: Int) -> String {
            let body =
                switch Int.random(in: 0..<(depth == 0 ? 22 : depth == 1 ? 16 : 14), using: &random)
                {
                case 16, 17: combination("and", depth)
                case 18, 19: combination("drop", depth)
                case 20: composite(depth)
                case 14, 15, 21: "type: not, not: {not_sub_policy: \(policy("n", depth: 2))}"
                default: leaf()
                }
            return "{name: \(name), \(body)}"
        }

        private mutating func combination(_ type: String, _ depth: Int) -> String {
            let parts = (0..<Int.random(in: 1...3, using: &random)).map {
                policy("s\($0)", depth: 1)
            }
            return
                "type: \(type), \(type): {\(type)_sub_policy: [\(parts.joined(separator: ", "))]}"
        }

        private mutating func composite(_ depth: Int) -> String {
            let parts = (0..<2).map { "{name: c\($0), \(leaf())}" }
            return "type: composite, composite: {max_total_spans_per_second: 4, "
                + "composite_sub_policy: [\(parts.joined(separator: ", "))], "
                + "rate_allocation: [{policy: c0, percent: 50}, {policy: c1, percent: 50}]}"
        }

        private mutating func leaf() -> String {
            let invert = Bool.random(using: &random) ? ", invert_match: true" : ""
            let least = Int.random(in: 0...4, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: return "type: always_sample"
            case 1: return "type: status_code, status_code: {status_codes: [ERROR]}"
            case 2: return "type: status_code, status_code: {status_codes: [OK, UNSET]}"
            case 3: return "type: latency, latency: {threshold_ms: \(least)}"
            case 4:
                return "type: latency, latency: "
                    + "{threshold_ms: \(least), upper_threshold_ms: \(least + 2)}"
            case 5:
                return "type: numeric_attribute, numeric_attribute: "
                    + "{key: n, min_value: \(least + 1)\(invert)}"
            case 6:
                return "type: string_attribute, string_attribute: {key: s, values: [a, b]\(invert)}"
            case 7:
                return "type: boolean_attribute, boolean_attribute: {key: b, value: true\(invert)}"
            case 8:
                return "type: probabilistic, probabilistic: {sampling_percentage: 50}"
            case 9:
                return "type: span_count, span_count: {min_spans: \(least)}"
            case 10:
                return "type: span_count, span_count: {min_spans: 1, max_spans: \(least + 1)}"
            default:
                return Int.random(in: 0..<3, using: &random) == 0
                    ? "type: rate_limiting, rate_limiting: {spans_per_second: 3}"
                    : "type: trace_flags"
            }
        }

        mutating func span() -> PolicySpan {
            let start = UInt64.random(in: 1000...1004, using: &random) * 1_000_000
            let length = UInt64.random(in: 0...4, using: &random) * 1_000_000
            var span = PolicySpan(start: start, end: start + length)
            span.status = UInt64.random(in: 0...2, using: &random)
            span.flags = UInt32.random(in: 0...1, using: &random)
            let number = Int.random(in: 0...6, using: &random)
            if number > 2 { span.attributes.append(("n", .int(number))) }
            if number % 3 == 0 { span.attributes.append(("s", .string(number == 0 ? "a" : "c"))) }
            if number == 4 { span.resource.append(("s", .string("b"))) }
            if number % 2 == 0 { span.attributes.append(("b", .bool(number == 2))) }
            return span
        }
    }

    @Test(arguments: 0..<24)
    func `a settled trace is decided as it would be at the end, and takes nothing from others`(
        seed: Int
    ) {
        var source = PolicySource(random: SeededGenerator(seed: UInt64(seed)))
        var settledCount = 0
        for _ in 0..<50 {
            let made = PolicySet.read(source.section())
            // Some have warnings; none may have an error that makes another policy of it.
            for _ in 0..<20 {
                settledCount += check(made.value, &source) ? 1 : 0
            }
        }

        #expect(settledCount > 100, "of 1000, for the test to mean something")
    }

    /// Whether the trace was settled before its last span.
    private func check(_ policies: PolicySet, _ source: inout PolicySource) -> Bool {
        let id = TraceID(high: source.random.next(), low: source.random.next())
        let spans = (0..<Int.random(in: 2...6, using: &source.random)).map { _ in source.span() }
        var atEnd = policies
        var whole = PolicyTrace(id, for: policies)
        var early: PolicyVerdict?
        var afterEarly: PolicySet?
        for span in spans {
            whole.add([span], to: &atEnd)
            guard early == nil, whole.isSettled(for: atEnd) else { continue }
            var decided = atEnd
            early = whole.verdict(of: &decided)
            afterEarly = decided
        }
        let final = whole.verdict(of: &atEnd)
        guard let early, let afterEarly else { return false }

        #expect(early.decision == final.decision)
        #expect(afterEarly.hasSameState(as: atEnd))
        return true
    }
}
