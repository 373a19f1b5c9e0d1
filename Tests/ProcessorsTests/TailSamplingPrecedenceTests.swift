import OTLP
import Primitives
import Testing

@testable import Processors

/// Policies together: order, precedence, combinations, limits.
struct TailSamplingPrecedenceTests {
    private static let error = PolicySpan(status: 2)
    private static let healthy = PolicySpan(attributes: [("url", .string("/health"))])

    private func verdict(
        _ policies: inout PolicySet, _ spans: [PolicySpan], at seconds: Double = 0
    ) -> PolicyVerdict {
        var trace = PolicyTrace(for: policies)
        trace.add(spans, to: &policies)
        return trace.verdict(of: &policies, at: seconds)
    }

    @Test func `what is dropped is dropped, whoever samples it and in whatever order`() {
        var policies = PolicySet(
            """
            policies:
              - {name: all, type: always_sample}
              - name: health
                type: drop
                drop:
                  drop_sub_policy:
                    - name: url
                      type: string_attribute
                      string_attribute: {key: url, values: [/health]}
            """)

        let dropped = verdict(&policies, [Self.healthy])
        let kept = verdict(&policies, [Self.error])

        #expect(policies.names == ["health", "all"])
        #expect(dropped == PolicyVerdict(.dropped, because: .dropPolicy, policy: 0))
        #expect(policies.explanation(of: dropped) == "policy health: string_attribute url")
        #expect(kept == PolicyVerdict(.sampled, because: .policy, policy: 1))
        #expect(policies.policyName(of: kept) == "all")
    }

    @Test func `a drop policy wants all its parts`() {
        var policies = PolicySet(
            """
            policies:
              - {name: all, type: always_sample}
              - name: fine-health
                type: drop
                drop:
                  drop_sub_policy:
                    - name: url
                      type: string_attribute
                      string_attribute: {key: url, values: [/health]}
                    - name: fine
                      type: not
                      not:
                        not_sub_policy:
                          {name: e, type: status_code, status_code: {status_codes: [ERROR]}}
            """)

        #expect(verdict(&policies, [Self.healthy]).decision == .dropped)
        #expect(verdict(&policies, [Self.healthy, Self.error]).decision == .sampled)
    }

    @Test func `the first policy that samples is named`() {
        var policies = PolicySet(
            """
            policies:
              - {name: slow, type: latency, latency: {threshold_ms: 100}}
              - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
              - {name: rest, type: always_sample}
            """)

        #expect(policies.policyName(of: verdict(&policies, [Self.error])) == "errors")
        #expect(policies.policyName(of: verdict(&policies, [PolicySpan()])) == "rest")
    }

    @Test func `and wants all of them, and nothing is everything`() {
        let both = PolicySet(
            """
            policies:
              - name: p
                type: and
                and:
                  and_sub_policy:
                    - {name: e, type: status_code, status_code: {status_codes: [ERROR]}}
                    - {name: l, type: latency, latency: {threshold_ms: 500}}
            """)
        let slow = PolicySpan(start: 1_000_000_000, end: 2_000_000_000)

        #expect(both.keeps([Self.error, slow]))
        #expect(!both.keeps([Self.error]))
        #expect(!both.keeps([slow]))
        let nothing = PolicySet.read("policies: [{name: p, type: and, and: {and_sub_policy: []}}]")
        #expect(nothing.value.keeps([PolicySpan()]))
        #expect(nothing.report.contains("samples every trace"))
    }

    // MARK: - Token buckets

    private static let limit = """
        policies:
          - {name: few, type: rate_limiting, rate_limiting: {spans_per_second: 10}}
        """

    private static func spans(_ count: Int) -> [PolicySpan] {
        [PolicySpan](repeating: PolicySpan(), count: count)
    }

    @Test func `a bucket starts with two seconds of spans and refills evenly`() {
        var policies = PolicySet(Self.limit)
        let kept = [
            (20, 0.0), (1, 0.0), (1, 0.05), (1, 0.1), (10, 1.1), (1, 1.1), (21, 100), (20, 100),
        ].map { verdict(&policies, Self.spans($0.0), at: $0.1).isKept }

        #expect(kept == [true, false, false, true, true, false, false, true])
    }

    @Test func `what a limit lets go is over its limit`() {
        var policies = PolicySet(Self.limit)
        let lost = verdict(&policies, Self.spans(21))

        #expect(lost == PolicyVerdict(.notSampled, because: .overLimit, policy: 0))
        #expect(
            policies.explanation(of: lost) == "policy few: rate_limiting 10/s, over its limit")
    }

    @Test func `a burst has its own size, and bytes are counted like spans`() {
        var spans = PolicySet("rate_limiting", "{spans_per_second: 10, burst_capacity: 3}")
        #expect(!verdict(&spans, Self.spans(4)).isKept)
        #expect(verdict(&spans, Self.spans(3)).isKept)

        var bytes = PolicySet("bytes_limiting", "{bytes_per_second: 100}")
        var trace = PolicyTrace(for: bytes)
        trace.byteCount = 201
        #expect(!trace.verdict(of: &bytes).isKept)
        trace.byteCount = 200
        #expect(trace.verdict(of: &bytes).isKept)
        #expect(!trace.verdict(of: &bytes, at: 1.9).isKept)
        #expect(trace.verdict(of: &bytes, at: 2).isKept)
    }

    @Test func `tokens are taken though another policy has sampled, unless the first one counts`() {
        let text = """
            policies:
              - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
              - {name: few, type: rate_limiting, rate_limiting: {spans_per_second: 1}}
            """
        var all = PolicySet(text)
        var first = PolicySet(text + "\nsample_on_first_match: true")
        let errors = [Self.error, Self.error]

        #expect(verdict(&all, errors).isKept)
        #expect(!verdict(&all, [PolicySpan()]).isKept)
        #expect(verdict(&first, errors).isKept)
        #expect(verdict(&first, [PolicySpan()]).isKept)
    }

    @Test func `within and, tokens are taken only if what stands before has sampled`() {
        var policies = PolicySet(
            """
            policies:
              - name: p
                type: and
                and:
                  and_sub_policy:
                    - {name: e, type: status_code, status_code: {status_codes: [ERROR]}}
                    - {name: l, type: rate_limiting, rate_limiting: {spans_per_second: 1}}
            """)

        for _ in 0..<5 { #expect(!verdict(&policies, [PolicySpan()]).isKept) }
        #expect(verdict(&policies, [Self.error, PolicySpan()]).isKept)
        #expect(!verdict(&policies, [Self.error]).isKept)
        #expect(policies.needsGlobalState)
    }

    // MARK: - Composite

    private static let composite = """
        policies:
          - name: c
            type: composite
            composite:
              max_total_spans_per_second: 10
              policy_order: [errors, rest]
              composite_sub_policy:
                - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
                - {name: rest, type: always_sample}
              rate_allocation:
                - {policy: errors, percent: 50}
                - {policy: rest, percent: 25}
        """

    @Test func `a composite gives each part its share of a second`() {
        var policies = PolicySet(Self.composite)
        let error = Self.error
        let kept = [
            ([error, error, error], 0.0), ([error, error, error], 0.1), ([error, error], 0.2),
            (Self.spans(3), 0.3), (Self.spans(2), 0.4), (Self.spans(1), 0.9), ([error], 0.99),
            (Self.spans(2), 1.0), ([error, error, error, error, error], 1.5),
        ].map { verdict(&policies, $0.0, at: $0.1).isKept }

        #expect(kept == [true, false, true, false, true, false, false, true, true])
    }

    @Test func `the part that decided is named, and one that has no room ends it`() {
        var policies = PolicySet(Self.composite)

        let rest = verdict(&policies, Self.spans(1))
        let errors = verdict(&policies, Self.spans(5) + [Self.error])

        #expect(policies.subPolicyName(of: rest) == "rest")
        #expect(rest.isKept)
        #expect(
            errors == PolicyVerdict(.notSampled, because: .overLimit, policy: 0, subPolicy: 0))
        #expect(policies.explanation(of: rest) == "policy c: composite, part rest")
    }

    @Test func `a part without allocation never samples, and one of 0 percent has an equal share`()
    {
        let made = PolicySet.read(
            """
            policies:
              - name: c
                type: composite
                composite:
                  max_total_spans_per_second: 10
                  composite_sub_policy:
                    - {name: a, type: status_code, status_code: {status_codes: [ERROR]}}
                    - {name: b, type: always_sample}
                  rate_allocation: [{policy: b, percent: 0}]
            """)
        var policies = made.value

        #expect(made.report.contains("has nothing for 'a', which therefore never samples"))
        #expect(!verdict(&policies, [Self.error]).isKept)
        #expect(verdict(&policies, Self.spans(5)).isKept)
        #expect(!verdict(&policies, Self.spans(1)).isKept)
    }

    // MARK: - Numbers

    @Test func `what each policy says is counted`() {
        var policies = PolicySet(
            """
            policies:
              - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
              - {name: rest, type: probabilistic, probabilistic: {sampling_percentage: 0}}
            """)
        for _ in 0..<3 { _ = verdict(&policies, [Self.error]) }
        _ = verdict(&policies, [PolicySpan()])

        let shown = policies.measurements.map { measurement in
            let labels = measurement.labels.map { "\($0.name)=\($0.value)" }
            let name = measurement.name.replacing("processor_tail_sampling_", with: "")
            return "\(name){\(labels.joined(separator: ","))} \(Int(measurement.value))"
        }
        #expect(
            shown == [
                "sampling_policy_evaluation_error{} 0",
                "count_traces_sampled{policy=errors,sampled=true,decision=sampled} 3",
                "count_traces_sampled{policy=errors,sampled=false,decision=not_sampled} 1",
                "sampling_policy_execution_count{policy=errors} 4",
                "count_traces_sampled{policy=rest,sampled=false,decision=not_sampled} 4",
                "sampling_policy_execution_count{policy=rest} 4",
            ])
    }
}
