import OTLP
import Primitives
import TestSupport
import Testing

@testable import Processors

/// Each type of policy by itself, as otelcol has it, traps included.
struct TailSamplingPolicyTests {
    @Test func `always_sample samples`() {
        #expect(PolicySet("policies: [{name: p, type: always_sample}]").keeps([PolicySpan()]))
    }

    @Test func `no policy samples nothing`() {
        var policies = PolicySet("policies: []")
        var trace = PolicyTrace(for: policies)
        trace.add([PolicySpan()], to: &policies)

        let verdict = trace.verdict(of: &policies)

        #expect(verdict == PolicyVerdict(.notSampled, because: .noPolicy))
        #expect(policies.explanation(of: verdict) == "no policy sampled it")
    }

    // MARK: - Status

    @Test(arguments: [
        ("[ERROR]", 2 as UInt64, true), ("[ERROR]", 1, false), ("[ERROR]", 0, false),
        ("[OK, UNSET]", 0, true), ("[OK, UNSET]", 1, true), ("[OK, UNSET]", 2, false),
        ("[OK, UNSET, ERROR]", 7, false),
    ])
    func `status_code looks for any span with a code`(
        codes: String, status: UInt64, isKept: Bool
    ) {
        let policies = PolicySet("status_code", "{status_codes: \(codes)}")
        let other = PolicySpan(status: 9)

        #expect(policies.keeps([other, PolicySpan(status: status), other]) == isKept)
    }

    // MARK: - Latency

    private static func span(_ start: UInt64, _ end: UInt64) -> PolicySpan {
        PolicySpan(start: start * 1_000_000, end: end * 1_000_000)
    }

    @Test func `latency is from the first start to the last end, and the bound is sampled`() {
        let policies = PolicySet("latency", "{threshold_ms: 100}")

        #expect(policies.keeps([Self.span(1000, 1040), Self.span(1050, 1100)]))
        #expect(!policies.keeps([Self.span(1000, 1040), Self.span(1050, 1099)]))
        #expect(policies.keeps([Self.span(1050, 1060), Self.span(1000, 1150)]))
    }

    @Test func `latency is cut to whole milliseconds`() {
        let policies = PolicySet("latency", "{threshold_ms: 100}")
        let span = PolicySpan(start: 1_000_000_000, end: 1_099_999_999)

        #expect(!policies.keeps([span]))
    }

    @Test func `with an upper bound, the lower one is not sampled and the upper one is`() {
        let policies = PolicySet("latency", "{threshold_ms: 100, upper_threshold_ms: 500}")

        #expect(!policies.keeps([Self.span(1000, 1100)]))
        #expect(policies.keeps([Self.span(1000, 1101)]))
        #expect(policies.keeps([Self.span(1000, 1500)]))
        #expect(!policies.keeps([Self.span(1000, 1501)]))
    }

    @Test func `a long trace passes an upper bound if its first spans did`() {
        let policies = PolicySet("latency", "{threshold_ms: 100, upper_threshold_ms: 500}")

        #expect(policies.keeps([Self.span(1000, 1200), Self.span(1000, 9000)]))
        #expect(!policies.keeps([Self.span(1000, 9000), Self.span(1000, 1200)]))
    }

    @Test func `a span without start reaches back to 1970 until another one has come`() {
        let policies = PolicySet("latency", "{threshold_ms: 100}")

        #expect(policies.keeps([Self.span(0, 1000)]))
        let bounded = PolicySet("latency", "{threshold_ms: 100, upper_threshold_ms: 500}")
        #expect(bounded.keeps([Self.span(0, 1000), Self.span(800, 1000)]))
    }

    @Test func `times beyond the range of signed numbers do not trap`() {
        let policies = PolicySet("latency", "{threshold_ms: 100}")

        #expect(!policies.keeps([PolicySpan(start: 1, end: .max)]))
        #expect(policies.keeps([PolicySpan(start: 1 << 63, end: (1 << 63) - 1)]))
    }

    // MARK: - Attributes

    @Test(arguments: [
        ("{key: n, min_value: 400, max_value: 599}", 400, true),
        ("{key: n, min_value: 400, max_value: 599}", 599, true),
        ("{key: n, min_value: 400, max_value: 599}", 399, false),
        ("{key: n, min_value: 400, max_value: 599}", 600, false),
        ("{key: n, min_value: 400}", 1_000_000, true),
        ("{key: n, max_value: 400}", -1_000_000, true),
        ("{key: n, max_value: -3}", -4, true),
        ("{key: n, max_value: -3}", 0, false),
        ("{key: n, min_value: 400, invert_match: true}", 399, true),
        ("{key: n, min_value: 400, invert_match: true}", 400, false),
    ])
    func `numeric_attribute is a range of integers`(options: String, value: Int, isKept: Bool) {
        let policies = PolicySet("numeric_attribute", options)

        #expect(policies.keeps([.with("n", .int(value))]) == isKept)
        #expect(policies.keeps([.withResource("n", .int(value))]) == isKept)
        #expect(policies.keeps([PolicySpan(), .with("n", .int(value)), PolicySpan()]) == isKept)
    }

    @Test func `a value that is no integer counts as 0`() {
        let policies = PolicySet("numeric_attribute", "{key: n, min_value: -1, max_value: 5}")

        #expect(policies.keeps([.with("n", .string("400"))]))
        #expect(policies.keeps([.with("n", .double(400))]))
        #expect(!policies.keeps([.with("m", .int(1))]))
    }

    @Test func `boolean_attribute wants an attribute that is there`() {
        let no = PolicySet("boolean_attribute", "{key: b, value: false}")
        let yes = PolicySet("boolean_attribute", "{key: b, value: true}")

        #expect(yes.keeps([.with("b", .bool(true))]))
        #expect(!yes.keeps([.with("b", .bool(false))]))
        #expect(no.keeps([.withResource("b", .bool(false))]))
        #expect(!no.keeps([PolicySpan()]))
        #expect(no.keeps([.with("b", .string("true"))]))
        #expect(!yes.keeps([.with("b", .string("true"))]))
    }

    @Test func `string_attribute wants one of its values, wherever it stands`() {
        let policies = PolicySet("string_attribute", "{key: user, values: [alice, bob, '']}")

        #expect(policies.keeps([.with("user", .string("bob"))]))
        #expect(policies.keeps([PolicySpan(), .withResource("user", .string("alice"))]))
        #expect(!policies.keeps([.with("user", .string("bobby"))]))
        #expect(!policies.keeps([.with("user", .string(""))]))
        #expect(!policies.keeps([.withResource("user", .string(""))]))
        #expect(!policies.keeps([.with("user", .int(1))]))
    }

    @Test func `of attributes with the same key, the first counts`() {
        let policies = PolicySet("string_attribute", "{key: user, values: [bob]}")
        let span = PolicySpan(
            attributes: [("user", .string("alice")), ("user", .string("bob"))])

        #expect(!policies.keeps([span]))
    }

    @Test func `string_attribute finds expressions anywhere in a value`() {
        let policies = PolicySet(
            "string_attribute",
            "{key: url, values: [^/health, 'ers/[0-9]+$', '(?i)ADMIN'], "
                + "enabled_regex_matching: true, cache_max_size: 10}")

        #expect(policies.keeps([.with("url", .string("/healthz"))]))
        #expect(policies.keeps([.with("url", .string("/users/12"))]))
        #expect(policies.keeps([.with("url", .string("/x/admin"))]))
        #expect(!policies.keeps([.with("url", .string("/x/health"))]))
        #expect(!policies.keeps([.with("url", .string("/USERS/12"))]))
    }

    @Test func `an expression that leaves a quotation open does not run into the next one`() {
        let policies = PolicySet(
            "string_attribute",
            "{key: k, values: ['\\Qa', '\\Qb\\E'], enabled_regex_matching: true}")

        #expect(policies.keeps([.with("k", .string("xa"))]))
        #expect(policies.keeps([.with("k", .string("b"))]))
        #expect(!policies.keeps([.with("k", .string("c"))]))
    }

    @Test(arguments: [1, 2, 64])
    func `results that are remembered are those of the same value`(limit: Int) {
        var policies = PolicySet(
            "string_attribute",
            "{key: k, values: ['7$'], enabled_regex_matching: true, cache_max_size: \(limit)}")
        for round in 0..<3 {
            for index in 0..<200 {
                let long = String(repeating: "x", count: index % 70)
                var trace = PolicyTrace(for: policies)
                trace.add([.with("k", .string("\(long)\(index)"))], to: &policies)
                let isKept = trace.verdict(of: &policies).isKept
                #expect(isKept == (index % 10 == 7), "\(index) in round \(round)")
            }
        }
    }

    @Test func `a resource's attribute that is no string is an empty one for expressions`() {
        let policies = PolicySet(
            "string_attribute", "{key: k, values: ['.*'], enabled_regex_matching: true}")

        #expect(policies.keeps([.withResource("k", .int(1))]))
        #expect(policies.keeps([.withResource("k", .string(""))]))
        #expect(!policies.keeps([.with("k", .int(1))]))
        #expect(!policies.keeps([.with("k", .string(""))]))
        #expect(!policies.keeps([PolicySpan()]))
    }

    @Test func `an inverted match wants that nothing matches`() {
        let policies = PolicySet(
            "string_attribute", "{key: user, values: [alice], invert_match: true}")

        #expect(policies.keeps([PolicySpan()]))
        #expect(policies.keeps([.with("user", .string("bob"))]))
        #expect(!policies.keeps([PolicySpan(), .with("user", .string("alice"))]))
        #expect(!policies.keeps([.withResource("user", .string("alice")), PolicySpan()]))
    }

    @Test func `ten thousand values are found, and no others`() {
        let values = (0..<10_000).map { "user-\($0)" }
        let policies = PolicySet(
            "string_attribute", "{key: user, values: [\(values.joined(separator: ", "))]}")

        for index in stride(from: 0, to: 10_000, by: 997) {
            #expect(policies.keeps([.with("user", .string("user-\(index)"))]))
        }
        #expect(!policies.keeps([.with("user", .string("user-10000"))]))
        #expect(!policies.keeps([.with("user", .string("user-"))]))
    }

    @Test func `resources are told apart, though one lies where another lay`() {
        let policies = PolicySet("string_attribute", "{key: tier, values: [gold]}")
        var kept = 0
        for index in 0..<50 {
            let tier = index % 2 == 0 ? "gold" : "iron"
            kept += policies.keeps([.withResource("tier", .string(tier)), PolicySpan()]) ? 1 : 0
        }

        #expect(kept == 25)
    }

    // MARK: - Tracestate and flags

    @Test(arguments: [
        ("vendor=1", true), ("a=b, vendor=1", true), ("vendor=1 ", true), (" vendor=1", true),
        ("vendor=2", false), ("a=b,,vendor=1", true), ("vendor=11", false), ("", false),
        // What is not valid as a whole does not count.
        ("vendor=1,vendor=1", false), ("vendor=1,X=1", false), ("vendor=1,a", false),
        ("vendor=1,a=", false), ("vendor=1,a=b=c", false), ("vendor=1,2a@sys=b", true),
        ("vendor=1,2a=b", false), ("vendor=1,a@2b=b", false), ("vendor =1", false),
    ])
    func `trace_state wants a value of a key`(text: String, isKept: Bool) {
        let policies = PolicySet("trace_state", "{key: vendor, values: ['1', '3']}")

        #expect(policies.keeps([PolicySpan(), PolicySpan(traceState: text)]) == isKept)
    }

    @Test func `a tracestate has at most 32 members`() {
        let policies = PolicySet("trace_state", "{key: k0, values: [v]}")
        let members = (0..<33).map { "k\($0)=v" }

        #expect(
            policies.keeps([PolicySpan(traceState: members.prefix(32).joined(separator: ","))]))
        #expect(!policies.keeps([PolicySpan(traceState: members.joined(separator: ","))]))
    }

    @Test func `trace_flags wants the sampled bit`() {
        let policies = PolicySet("policies: [{name: p, type: trace_flags}]")

        #expect(policies.keeps([PolicySpan(), PolicySpan(flags: 0x301)]))
        #expect(!policies.keeps([PolicySpan(flags: 0x302)]))
    }

    // MARK: - Counts

    @Test(arguments: [
        ("{min_spans: 2}", 1, false), ("{min_spans: 2}", 2, true), ("{min_spans: 2}", 9, true),
        ("{max_spans: 2}", 2, true), ("{max_spans: 2}", 3, false),
        ("{min_spans: 2, max_spans: 3}", 1, false), ("{min_spans: 2, max_spans: 3}", 3, true),
    ])
    func `span_count counts`(options: String, count: Int, isKept: Bool) {
        let spans = [PolicySpan](repeating: PolicySpan(), count: count)

        #expect(PolicySet("span_count", options).keeps(spans) == isKept)
    }
}
