import Testing

@testable import Processors

/// Mistakes in policies, all of which are found at start, with their places.
struct TailSamplingPolicyOptionTests {
    private func messages(_ yaml: String) -> [String] {
        PolicySet.read(yaml).messages.map {
            $0.replacing("processors.tail_sampling.", with: "")
        }
    }

    @Test func `every mistake is reported at once`() {
        let report = PolicySet.read(
            """
            policies:
              - {name: a, type: statuscode}
              - {name: a, type: status_code, status_code: {status_codes: [error]}}
              - {type: latency, latency: {treshold_ms: 1}}
              - {name: n, type: numeric_attribute, numeric_attribute: {key: k}}
              - name: r
                type: string_attribute
                string_attribute: {key: k, values: ['('], enabled_regex_matching: true}
              - {name: d, type: drop, drop: {drop_sub_policy: []}}
              - {name: l, type: rate_limiting}
            """
        ).report

        for part in [
            "policies[0].type is 'statuscode', which is no type of policy",
            "did you mean 'status_code'?",
            "policies[1].name is 'a', as that of another policy",
            "did you mean 'ERROR'?",
            "policies[2].name must be given",
            "has no option 'treshold_ms'",
            "policies[3].numeric_attribute has neither min_value nor max_value",
            "policies[4].string_attribute.values[0] is not a regular expression",
            "policies[5].drop has no drop_sub_policy",
            "policies[6].rate_limiting.spans_per_second must be given",
        ] {
            #expect(report.contains(part), "\(part) is not in:\n\(report)")
        }
    }

    @Test func `types nest as they do in otelcol`() {
        let report = PolicySet.read(
            """
            policies:
              - name: a
                type: and
                and:
                  and_sub_policy:
                    - {name: c, type: composite}
                    - name: n
                      type: not
                      not: {not_sub_policy: {name: x, type: and}}
            """
        ).report

        #expect(
            report.contains(
                "policies[0].and.and_sub_policy[0].type is 'composite', "
                    + "which cannot stand in here"))
        #expect(report.contains("not_sub_policy.type is 'and', which cannot stand in here"))
    }

    @Test func `traps are warned about`() {
        #expect(
            messages(
                "policies: [{name: a, type: always_sample, latency: {threshold_ms: 1}}]")
                == [
                    "warning: policies[0].latency has no effect: "
                        + "the policy's type is always_sample"
                ]
                || messages(
                    "policies: [{name: a, type: always_sample, latency: {threshold_ms: 1}}]"
                ).contains { $0.contains("has no effect: the policy's type is always_sample") })
    }

    @Test func `an order of composite policies that is not theirs is warned about`() {
        let report = PolicySet.read(
            """
            policies:
              - name: c
                type: composite
                composite:
                  max_total_spans_per_second: 10
                  policy_order: [b, a]
                  composite_sub_policy:
                    - {name: a, type: always_sample}
                    - {name: b, type: always_sample}
                  rate_allocation: [{policy: a, percent: 50}, {policy: bb, percent: 50}]
            """
        ).report

        #expect(report.contains("policy_order has no effect"))
        #expect(report.contains("is 'bb', which is no composite_sub_policy"))
        #expect(report.contains("did you mean"))
    }
}
