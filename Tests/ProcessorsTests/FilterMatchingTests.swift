import ComponentTesting
import Configuration
import OTLP
import TestSupport
import Testing

@testable import Processors

/// `filter` by `include` and `exclude`, the form before OTTL.
struct FilterMatchingTests {
    private static let spans: Batch = .sample(
        .traces,
        [
            SampleGroup(
                ["service.name": "cart"],
                [.span("a", ["http.url": "/x/health"]), .span("b", ["http.url": "/cart"])]),
            SampleGroup(["service.name": "pay"], [.span("c"), .span("d", ["http.url": 7])]),
        ])

    @Test(
        "spans are kept if they are included and not excluded",
        arguments: [
            (
                "exclude: {match_type: regexp, attributes: [{key: http.url, value: .*/health.*}]}",
                ["b", "c", "d"]
            ),
            ("include: {match_type: strict, services: [cart]}", ["a", "b"]),
            (
                "include: {match_type: regexp, services: [a]}, exclude: {match_type: strict, span_names: [a, c]}",
                ["b", "d"]
            ),
            ("exclude: {match_type: strict, services: [cart]}", ["c", "d"]),
        ])
    func spans(blocks: String, names: [String]) {
        let filtered = Filtered("{spans: {\(blocks)}}", Self.spans)

        #expect(filtered.report == "")
        #expect(filtered.names == names)
        #expect(filtered.count("spans.filtered") == Double(4 - names.count))
    }

    @Test(
        "log records are kept if they are included and not excluded",
        arguments: [
            ("include: {match_type: strict, severity_number: {min: info}}", ["b", "c"]),
            (
                #"include: {match_type: regexp, severity_number: {min: "17", match_undefined: true}}"#,
                ["a", "c"]
            ),
            ("exclude: {match_type: strict, severity_number: {min: WARN2}}", ["a", "b"]),
            ("include: {match_type: strict, severity_number: {}}", ["b", "c"]),
            ("include: {match_type: strict, bodies: [hello, '{\"k\":1}']}", ["a", "b"]),
            ("include: {match_type: regexp, bodies: [^h]}", ["a"]),
            ("exclude: {match_type: regexp, severity_texts: [^E]}", ["a", "b"]),
            ("include: {match_type: strict, record_attributes: [{key: n, value: 2}]}", ["b"]),
            (
                "exclude: {match_type: strict, resource_attributes: [{key: service.name, value: shop}]}",
                []
            ),
            (
                "include: {match_type: strict, resource_attributes: [{key: service.name}], record_attributes: [{key: n}]}",
                ["a", "b"]
            ),
            ("include: {}", ["a", "b", "c"]), ("exclude: {match_type: strict}", ["a", "b", "c"]),
        ])
    func logs(blocks: String, names: [String]) {
        let batch = Batch.sample(
            .logs,
            [
                .log("a", body: "hello", ["n": 1]),
                .log("b", body: ["k": 1], severity: 9, text: "INFO", ["n": 2]),
                .log("c", body: 3, severity: 17, text: "ERROR"),
            ])

        let filtered = Filtered("{logs: {\(blocks)}}", batch)

        #expect(filtered.report == "")
        #expect(filtered.names == names)
    }

    @Test(
        "of metrics, resource and name are apart",
        arguments: [
            ("include: {match_type: strict, metric_names: [a, c]}", ["a[0]", "c[0]", "a[0]"]),
            ("include: {match_type: regexp, metric_names: [b]}", ["b[0]"]),
            (
                "exclude: {match_type: strict, metric_names: [a], resource_attributes: [{key: env, value: dev}]}",
                ["b[0]", "c[0]"]
            ),
            (
                "include: {match_type: strict, metric_names: [a], resource_attributes: [{key: env, value: prod}]}",
                ["a[0]"]
            ),
            (
                "include: {match_type: strict, resource_attributes: [{key: env, value: prod}]}, exclude: {match_type: regexp, metric_names: ['[ab]']}",
                ["c[0]"]
            ),
            (
                "exclude: {match_type: regexp, regexp: {cacheenabled: true}, resource_attributes: [{key: env, value: .}, {key: zone}]}",
                ["a[0]", "b[0]", "c[0]"]
            ),
            ("include: {match_type: strict}", ["a[0]", "b[0]", "c[0]", "a[0]"]),
        ])
    func metrics(blocks: String, names: [String]) {
        let batch = Batch.sample(
            .metrics,
            [
                SampleGroup(["env": "prod"], [.metric("a"), .metric("b"), .metric("c")]),
                SampleGroup(["env": "dev", "zone": "z"], [.metric("a")]),
            ])

        let filtered = Filtered("{metrics: {\(blocks)}}", batch)

        #expect(!filtered.report.contains("error"))
        #expect(filtered.names == names)
    }

    // MARK: One rule in three forms

    // Whatever the records are like, a rule keeps the same ones if it is written as an OTTL
    // condition, with strict values or with patterns; and so does it in one batch of several parts.
    @Test("three forms of a rule agree", arguments: 1...60 as ClosedRange<UInt64>)
    func agreement(seed: UInt64) {
        var dice = RuleDice(seed: seed)
        let batch = dice.batch()
        for _ in 0..<5 {
            let rule = dice.rule()

            let kept = Filtered("{traces: {span: ['not (\(rule.ottl))']}}", batch)
            let strict = Filtered("{spans: {include: {match_type: strict, \(rule.strict)}}}", batch)
            let pattern = Filtered(
                "{spans: {include: {match_type: regexp, \(rule.regexp)}}}", batch)
            let excluded = Filtered(
                "{spans: {exclude: {match_type: strict, \(rule.strict)}}}", batch)
            let dropped = Filtered("{traces: {span: ['\(rule.ottl)']}}", batch)

            #expect(kept.report + strict.report + pattern.report == "")
            #expect(strict.names == kept.names, "\(rule)")
            #expect(pattern.names == kept.names, "\(rule)")
            #expect(excluded.names == dropped.names, "\(rule)")
            #expect(kept.names.count + dropped.names.count == batch.recordCount)
        }
    }
}

/// Makes spans, and rules about them in three forms.
private struct RuleDice {
    private var random: SeededGenerator

    struct Rule {
        var ottl: [String] = []
        var strict: [String] = []
        var regexp: [String] = []
    }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    mutating func batch() -> Batch {
        var batch = Batch(.traces)
        for _ in 0..<number(1...3) {
            let groups = (0..<number(1...4)).map { _ in
                SampleGroup(
                    ["service.name": .string(text()), "env": .string(text())], scope: text(),
                    version: text(), (0..<number(1...6)).map { _ in span() })
            }
            batch.append(.sample(.traces, groups))
        }
        return batch
    }

    private mutating func span() -> SampleRecord {
        switch number(0...3) {
        case 0: .span(text(), kind: number(0...5), ["a": .string(text())])
        case 1: .span(text(), kind: number(0...5), ["a": .string(text()), "b": .string(text())])
        case 2: .span(text(), kind: number(0...5), ["b": .string(text()), "c": .string(text())])
        default: .span(text(), kind: number(0...5))
        }
    }

    private mutating func text() -> String { ["x", "y", "z.z", ""][number(0...3)] }

    mutating func rule() -> (ottl: String, strict: String, regexp: String) {
        var rule = Rule()
        let parts = Set((0..<number(1...3)).map { _ in number(0...5) }).sorted()
        for part in parts { add(part, to: &rule) }
        return (
            rule.ottl.joined(separator: " and "), rule.strict.joined(separator: ", "),
            rule.regexp.joined(separator: ", ")
        )
    }

    private mutating func add(_ part: Int, to rule: inout Rule) {
        let first = text()
        let second = text()
        switch part {
        case 0:
            rule.add(
                #"(resource.attributes["service.name"] == "\#(first)")"#, "services", [first])
        case 1:
            rule.add(
                #"(name == "\#(first)" or name == "\#(second)")"#, "span_names", [first, second])
        case 2:
            let kind = SpanKinds.names[number(1...5)]
            rule.add("kind == \(kind)", "span_kinds", [kind])
        case 3:
            rule.addPairs(
                #"attributes["a"] == "\#(first)" and attributes["b"] == "\#(second)""#,
                "attributes", [("key: a", "value", first), ("key: b", "value", second)])
        case 4:
            rule.addPairs(
                #"resource.attributes["env"] == "\#(first)""#, "resources",
                [("key: env", "value", first)])
        default:
            rule.addPairs(
                #"instrumentation_scope.name == "x" and instrumentation_scope.version == "\#(first)""#,
                "libraries", [("name: x", "version", first)])
        }
    }
}

extension RuleDice.Rule {
    private func pattern(_ text: String) -> String {
        "'^\(text.replacing(".", with: "[.]"))$'"
    }

    mutating func add(_ condition: String, _ key: String, _ texts: [String]) {
        ottl.append(condition)
        strict.append("\(key): [\(texts.map { "'\($0)'" }.joined(separator: ", "))]")
        regexp.append("\(key): [\(texts.map(pattern).joined(separator: ", "))]")
    }

    mutating func addPairs(
        _ condition: String, _ key: String, _ pairs: [(name: String, key: String, text: String)]
    ) {
        ottl.append(condition)
        strict.append(
            "\(key): [\(pairs.map { "{\($0.name), \($0.key): '\($0.text)'}" }.joined(separator: ", "))]"
        )
        regexp.append(
            "\(key): [\(pairs.map { "{\($0.name), \($0.key): \(pattern($0.text))}" }.joined(separator: ", "))]"
        )
    }
}
