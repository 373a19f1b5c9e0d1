import OTLP
import TestSupport
import Testing

@testable import Processors

/// The policy `ottl_condition`.
struct TailSamplingConditionTests {
    private func keeps(_ options: String, _ spans: [PolicySpan]) -> Bool {
        PolicySet("ottl_condition", options).keeps(spans)
    }

    @Test(arguments: [
        "attributes[\"route\"] == \"/cart\"", "span.attributes[\"route\"] == \"/cart\"",
        "resource.attributes[\"service\"] == \"shop\"", "name == \"GET\" and status.code == 2",
    ])
    func `a condition holds for any span, with or without its context in front`(
        condition: String
    ) {
        let span = PolicySpan(
            name: "GET", status: 2, attributes: [("route", .string("/cart"))],
            resource: [("service", .string("shop"))])

        #expect(keeps("{span: ['\(condition)']}", [PolicySpan(), span, PolicySpan()]))
        #expect(!keeps("{span: ['\(condition)']}", [PolicySpan(), PolicySpan()]))
    }

    @Test(arguments: ["name == \"exception\"", "spanevent.name == \"exception\""])
    func `a condition holds for any event`(condition: String) {
        let options = "{error_mode: ignore, spanevent: ['\(condition)']}"

        #expect(keeps(options, [PolicySpan(), PolicySpan(events: ["log", "exception"])]))
        #expect(!keeps(options, [PolicySpan(name: "exception", events: ["log"])]))
    }

    @Test func `one of the conditions of either list is enough`() {
        let options = "{span: ['name == \"a\"', 'name == \"b\"'], spanevent: ['name == \"c\"']}"

        for span in [PolicySpan(name: "a"), PolicySpan(name: "b"), PolicySpan(events: ["c"])] {
            #expect(keeps(options, [span]))
        }
        #expect(!keeps(options, [PolicySpan(name: "c", events: ["a"])]))
    }

    private static let failing = "attributes[\"map\"][\"a\"] == 1"
    private static let bad = PolicySpan.with("map", .string("none"))

    @Test func `a condition that fails does not match`() {
        let options = "{span: ['\(Self.failing)', 'name == \"work\"']}"

        #expect(keeps(options, [Self.bad]))
        #expect(keeps("{error_mode: ignore, " + options.dropFirst(), [Self.bad]))
    }

    @Test func `if failures propagate, the first span decides, and the policy does not count`() {
        var policies = PolicySet(
            """
            policies:
              - name: p
                type: ottl_condition
                ottl_condition:
                  error_mode: propagate
                  span: ['\(Self.failing)', 'name == "work"']
              - name: n
                type: not
                not:
                  not_sub_policy:
                    name: o
                    type: ottl_condition
                    ottl_condition: {error_mode: propagate, span: ['\(Self.failing)']}
            """)
        func verdict(_ spans: [PolicySpan]) -> PolicyVerdict {
            var trace = PolicyTrace(for: policies)
            for span in spans { trace.add([span], to: &policies) }
            return trace.verdict(of: &policies)
        }
        let map = Proto().message(6, Proto().message(1, Proto().text(1, "a").message(2, .int(1))))
        let good = PolicySpan.with("map", map)

        #expect(verdict([Self.bad]) == PolicyVerdict(.notSampled, because: .noPolicy))
        #expect(verdict([good, Self.bad]).isKept)
        #expect(!verdict([Self.bad, good]).isKept)
        let errors = policies.measurements.first { $0.name.hasSuffix("evaluation_error") }
        #expect(errors?.value == 4)
    }

    @Test func `mistakes point into the condition`() {
        let report = PolicySet.read(
            "policies: [{name: p, type: ottl_condition, ottl_condition: {span: ['name ==']}}]"
        ).report
        let empty = PolicySet.read(
            "policies: [{name: p, type: ottl_condition, ottl_condition: {span: []}}]"
        ).report

        #expect(report.contains("policies[0].ottl_condition.span[0] is not a condition"))
        #expect(!report.contains("has no condition"))
        #expect(empty.contains("policies[0].ottl_condition has no condition"))
    }
}
