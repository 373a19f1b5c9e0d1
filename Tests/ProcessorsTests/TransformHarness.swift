import ComponentTesting
import Foundation
import OTLP
import Pipeline
import Primitives
import Testing

@testable import Processors

// MARK: - Making and reading records

extension TransformTests {
    static let spanJSON = #"""
        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",
         "parentSpanId":"00f067aa0ba902b6","traceState":"v=1,w=3","name":"GET /","kind":2,
         "startTimeUnixNano":"1000000000000","endTimeUnixNano":"1000000002000",
         "status":{"code":1,"message":"m"},"attributes":[
          {"key":"a","value":{"stringValue":"x"}},{"key":"n","value":{"intValue":"5"}},
          {"key":"d","value":{"doubleValue":1.5}},{"key":"b","value":{"boolValue":true}},
          {"key":"m","value":{"kvlistValue":{"values":[
            {"key":"k","value":{"kvlistValue":{"values":[{"key":"i","value":{"intValue":"1"}}]}}},
            {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"p"},
              {"kvlistValue":{"values":[{"key":"q","value":{"intValue":"2"}}]}}]}}}]}}},
          {"key":"e","value":{}},{"key":"s","value":{"stringValue":"a longer text"}},
          {"key":"y","value":{"bytesValue":"Af8="}}]}
        """#

    struct Result {
        var records: [[String: Any]] = []
        var resource = ""
        var scope = ""
        var spans: [[String: Any]]? { records }
    }

    static func traces(_ spans: [String]) -> Batch {
        batch(
            #"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{"name":"lib","version":"1"},"spans":[\#(spans.joined(separator: ","))]}]}]}"#,
            .traces)
    }

    static func metrics(_ metric: String) -> Batch {
        batch(#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[\#(metric)]}]}]}"#, .metrics)
    }

    static func logs(_ record: String) -> Batch {
        batch(#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[\#(record)]}]}]}"#, .logs)
    }

    private static func batch(_ json: String, _ signal: Signal) -> Batch {
        guard let batch = try? Batch(json: Array(json.utf8).span.bytes, as: signal) else {
            preconditionFailure("the test's own records were refused: \(json)")
        }
        return batch
    }

    static func span(after statements: [String]) throws -> [String: Any] {
        let yaml = "trace_statements:\n" + statements.map { "- |-\n  \($0)\n" }.joined()
        return try #require(result(yaml, traces([spanJSON]), .traces).records.first)
    }

    /// What the processor makes of a batch, which must be valid.
    static func result(_ yaml: String, _ batch: Batch, _ signal: Signal) throws -> Result {
        let made = SectionText(yaml, path: "processors.transform") { Transform(from: &$0) }
        try #require(made.report == "")
        var processor = made.value
        var output = Output()
        processor.process(batch, at: Instant(nanoseconds: 0), into: &output)
        let forwarded = try #require(output.forwarded.first)
        let again = try Batch(validating: Body(forwarded.encoded().joined()), as: signal)
        #expect(again.itemCount == forwarded.itemCount)
        var text = ByteBuffer()
        again.appendJSON(to: &text)
        let tree = try JSONSerialization.jsonObject(with: text.withUnsafeBytes { Data($0) })
        return result(of: tree)
    }

    private static func result(of tree: Any) -> Result {
        var result = Result()
        let groups = (tree as? [String: Any])?.values.first as? [[String: Any]] ?? []
        for group in groups {
            result.resource = attributes(group["resource"] as? [String: Any] ?? [:])
            for (key, value) in group where key.hasPrefix("scope") {
                for scope in value as? [[String: Any]] ?? [] {
                    result.scope = text((scope["scope"] as? [String: Any])?["name"])
                    for (key, records) in scope where key != "scope" && key != "schemaUrl" {
                        result.records += records as? [[String: Any]] ?? []
                    }
                }
            }
        }
        return result
    }

    /// Only for numbers, strings and statuses.
    static func text(_ value: Any?) -> String {
        switch value {
        case nil: ""
        case let map as [String: Any]:
            "{"
                + map.keys.sorted().map { key in
                    "\(key):" + ((map[key] as? String).map { "\"\($0)\"" } ?? text(map[key]))
                }.joined(separator: ",") + "}"
        case let value?: "\(value)"
        }
    }

    static func value(_ any: [String: Any]) -> String {
        guard let (kind, content) = any.first else { return "empty" }
        switch (kind, content) {
        case ("arrayValue", let list as [String: Any]):
            return "["
                + (list["values"] as? [[String: Any]] ?? []).map(value).joined(separator: ",")
                + "]"
        case ("kvlistValue", let list as [String: Any]):
            return "{" + pairs(list["values"]).joined(separator: ",") + "}"
        case ("stringValue", _): return "\"\(content)\""
        case ("bytesValue", _): return "bytes \(content)"
        case ("boolValue", _): return (content as? Bool) == true ? "true" : "false"
        default: return "\(content)"
        }
    }

    private static func pairs(_ list: Any?) -> [String] {
        (list as? [[String: Any]] ?? []).map { pair in
            "\(text(pair["key"])):" + value(pair["value"] as? [String: Any] ?? [:])
        }.sorted()
    }

    static func attributes(_ message: [String: Any]) -> String {
        pairs(message["attributes"]).joined(separator: " ")
    }

    /// How a span's attributes differ from those it had.
    static func changes(of span: [String: Any]) -> String {
        let tree = (try? JSONSerialization.jsonObject(with: Data(spanJSON.utf8))) as? [String: Any]
        let before = pairs(tree?["attributes"])
        let after = pairs(span["attributes"])
        let keys = { (pairs: [String]) in pairs.map { String($0.prefix { $0 != ":" }) } }
        let removed = keys(before).filter { !keys(after).contains($0) }.sorted().map { "-\($0)" }
        return (removed + after.filter { !before.contains($0) }).joined(separator: " ")
    }
}
