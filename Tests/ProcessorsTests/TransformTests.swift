import ComponentTesting
import Foundation
import OTLP
import Pipeline
import Primitives
import TestSupport
import Testing

@testable import Processors

struct TransformTests {
    // MARK: Paths

    /// A statement, and what the span has then.
    static let fields: [(String, String, String)] = [
        (#"set(span.name, "new")"#, "name", "new"),
        (#"set(span.name, Concat([span.name, "x"], "-"))"#, "name", "GET /-x"),
        (#"set(span.kind, SPAN_KIND_CLIENT)"#, "kind", "3"),
        (#"set(span.kind.string, "Consumer")"#, "kind", "5"),
        (#"set(span.kind.deprecated_string, "SPAN_KIND_SERVER")"#, "kind", "2"),
        (
            #"set(span.trace_id.string, "0102030405060708090a0b0c0d0e0f10")"#, "traceId",
            "0102030405060708090a0b0c0d0e0f10"
        ),
        (#"set(span.span_id, SpanID(0x0102030405060708))"#, "spanId", "0102030405060708"),
        (#"set(span.parent_span_id.string, "0000000000000000")"#, "parentSpanId", ""),
        (#"set(span.trace_state, "a=1")"#, "traceState", "a=1"),
        (#"set(span.trace_state["v"], "2")"#, "traceState", "v=2,w=3"),
        (#"set(span.trace_state["v v"], "2")"#, "traceState", "v=1,w=3"),
        (#"set(span.status.code, STATUS_CODE_ERROR)"#, "status", #"{code:2,message:"m"}"#),
        (#"set(span.status.message, "n")"#, "status", #"{code:1,message:"n"}"#),
        (#"set(span.start_time_unix_nano, 7)"#, "startTimeUnixNano", "7"),
        (
            #"set(span.end_time, span.start_time + Duration("1ms"))"#, "endTimeUnixNano",
            "1000001000000"
        ),
        (#"set(span.dropped_attributes_count, 9)"#, "droppedAttributesCount", "9"),
        (#"set(span.flags, 257)"#, "flags", "257"),
    ]

    @Test(arguments: fields)
    func `a field is set`(statement: String, key: String, expected: String) throws {
        let span = try Self.span(after: [statement])

        #expect(Self.text(span[key]) == expected)
    }

    /// A statement, and the attributes then. Before: a "x", n 5, d 1.5, b true,
    /// m {k: {i: 1}, l: ["p", {q: 2}]}, e nothing, s "a longer text", y bytes 01ff.
    static let editors: [(String, String)] = [
        (#"set(span.attributes["a"], "y")"#, #"a:"y""#),
        (#"set(span.attributes["new"], span.attributes["n"] * 2)"#, "new:10"),
        (#"set(span.attributes["new"], nil)"#, ""),
        (#"set(span.attributes["new"], span.attributes["missing"])"#, ""),
        (#"set(span.attributes["new"], [1, "two", true])"#, #"new:[1,"two",true]"#),
        (#"set(span.attributes["new"], {"k": 1.5, "l": []})"#, "new:{k:1.5,l:[]}"),
        (#"set(span.attributes["new"], span.attributes["m"])"#, #"new:{k:{i:1},l:["p",{q:2}]}"#),
        (#"set(span.attributes["new"], 0x00ff)"#, "new:bytes AP8="),
        (#"set(span.attributes["m"]["k"]["i"], 2)"#, #"m:{k:{i:2},l:["p",{q:2}]}"#),
        (#"set(span.attributes["m"]["l"][1]["q"], 3)"#, #"m:{k:{i:1},l:["p",{q:3}]}"#),
        (#"set(span.attributes["m"]["l"][2], 3)"#, ""),
        (#"set(span.attributes["u"]["v"][1], 3)"#, #"u:{v:[empty,3]}"#),
        (#"set(span.attributes["a"]["v"], 3)"#, ""),
        (#"set(span.attributes["e"]["v"], 3)"#, "e:{v:3}"),
        (#"delete_key(span.attributes, "a")"#, "-a"),
        (#"delete_key(span.attributes, "missing")"#, ""),
        (#"delete_key(span.attributes["m"], "k")"#, #"m:{l:["p",{q:2}]}"#),
        (#"delete_matching_keys(span.attributes, "^[a-e]$")"#, "-a -b -d -e"),
        (#"keep_keys(span.attributes, ["a", "n", "zz"])"#, "-b -d -e -m -s -y"),
        (#"keep_matching_keys(span.attributes, "[ns]")"#, "-a -b -d -e -m -y"),
        (#"limit(span.attributes, 2, ["s"])"#, "-b -d -e -m -n -y"),
        (#"limit(span.attributes, 8, [])"#, ""),
        (#"truncate_all(span.attributes, 4)"#, #"s:"a lo""#),
        (#"truncate_all(span.attributes, 100)"#, ""),
        (#"replace_pattern(span.attributes["s"], "l(.)", "<$1>")"#, #"s:"a <o>nger text""#),
        (#"replace_pattern(span.attributes["s"], "zz", "-")"#, ""),
        (#"replace_pattern(span.attributes["n"], "5", "-")"#, ""),
        (
            #"replace_pattern(span.attributes["s"], "(longer)", "$1", ToUpperCase, "<%s>")"#,
            #"s:"a <LONGER> text""#
        ),
        (
            #"replace_all_patterns(span.attributes, "value", "[xt]", "-")"#,
            #"a:"-" s:"a longer -e--""#
        ),
        (
            #"replace_all_patterns(span.attributes, "key", "^([ab])$", "k.$1")"#,
            #"-a -b k.a:"x" k.b:true"#
        ),
        (#"replace_match(span.attributes["s"], "a * t?xt", "r")"#, #"s:"r""#),
        (#"replace_match(span.attributes["s"], "longer", "r")"#, ""),
        (#"replace_all_matches(span.attributes, "?", "r")"#, #"a:"r""#),
        (#"merge_maps(span.attributes, {"a": 1, "z": 2}, "insert")"#, "z:2"),
        (#"merge_maps(span.attributes, {"a": 1, "z": 2}, "update")"#, "a:1"),
        (#"merge_maps(span.attributes, {"a": 1, "z": 2}, "upsert")"#, "a:1 z:2"),
        (#"flatten(span.attributes)"#, #"-m m.k.i:1 m.l.0:"p" m.l.1.q:2"#),
        (#"flatten(span.attributes["m"], "p")"#, #"m:{p.k.i:1,p.l.0:"p",p.l.1.q:2}"#),
        (#"flatten(span.attributes, depth=1)"#, #"-m m.k:{i:1} m.l:["p",{q:2}]"#),
        (#"append(span.attributes["a"], "z")"#, #"a:["x","z"]"#),
        (#"append(span.attributes["m"]["l"], values=[1, 2])"#, #"m:{k:{i:1},l:["p",{q:2},1,2]}"#),
        (#"append(span.attributes["new"], 1)"#, "new:[1]"),
        (#"delete_index(span.attributes["m"]["l"], 0)"#, #"m:{k:{i:1},l:[{q:2}]}"#),
        (#"delete_index(span.attributes["m"]["l"], 0, 2)"#, #"m:{k:{i:1},l:[]}"#),
        (#"delete_index(span.attributes["m"]["l"], 2)"#, ""),
        (
            #"stringify_all(span.attributes)"#,
            #"b:"true" d:"1.5" e:"" m:"{"k":{"i":1},"l":["p",{"q":2}]}" n:"5" y:"Af8=""#
        ),
        (#"set(span.attributes, {"only": 1})"#, "-a -b -d -e -m -n -s -y only:1"),
        (#"set(span.attributes["a"], "no") where span.kind == 99"#, ""),
        (#"set(span.attributes["a"], "yes") where IsMatch(span.name, "^GET")"#, #"a:"yes""#),
        (#"set(span.attributes["a"], span.attributes["a"] + 1)"#, ""),
        (#"set(span.cache["c"], "kept")"#, ""),
    ]

    @Test(arguments: editors)
    func `an editor changes what it should`(statement: String, expected: String) throws {
        let span = try Self.span(after: [statement])

        #expect(Self.changes(of: span) == expected)
    }

    @Test func `a statement sees what those before it did`() throws {
        let span = try Self.span(after: [
            #"set(span.cache["c"], {"k": [1]})"#,
            #"set(span.cache["c"]["k"][0], "cached")"#,
            #"set(span.attributes["one"], span.cache["c"]["k"][0])"#,
            #"set(span.attributes["two"], span.attributes["one"])"#,
            #"delete_key(span.attributes, "one")"#,
            #"set(span.name, span.attributes["two"])"#,
            #"set(resource.attributes["span"], span.name)"#,
            #"set(span.attributes["three"], resource.attributes["span"])"#,
        ])

        #expect(Self.text(span["name"]) == "cached")
        #expect(Self.changes(of: span) == #"three:"cached" two:"cached""#)
    }

    // MARK: Groups and contexts

    @Test func `groups go through the payload one after the other`() throws {
        let result = try Self.result(
            """
            trace_statements:
            - context: span
              conditions: ['name == "none"', 'kind == SPAN_KIND_SERVER']
              statements:
              - set(resource.attributes["names"], Concat([resource.attributes["names"], name], ""))
            - statements: ['set(span.name, resource.attributes["names"])']
            """,
            Self.traces([#"{"name":"a","kind":2}"#, #"{"name":"b"}"#, #"{"name":"c","kind":2}"#]),
            .traces)

        let spans = try #require(result.spans)
        #expect(spans.map { Self.text($0["name"]) } == Array(repeating: "<nil>ac", count: 3))
    }

    @Test func `the context of a list is told from its paths`() throws {
        let result = try Self.result(
            #"{trace_statements: ['set(resource.attributes["r"], "1")', 'set(resource.attributes["s"], resource.attributes["r"]) where resource.attributes["r"] == "1"']}"#,
            Self.traces(["{}", "{}"]), .traces)

        #expect(result.resource == #"r:"1" s:"1""#)
    }

    @Test func `scopes are changed`() throws {
        let result = try Self.result(
            #"{trace_statements: ['set(scope.name, Concat([scope.name, "x"], ""))', 'set(scope.attributes["a"], 1)', 'set(resource.attributes["v"], scope.version)']}"#,
            Self.traces(["{}"]), .traces)

        #expect(result.resource == #"v:"1""#)
        #expect(result.scope == "libx")
    }

    @Test func `events are changed, and their span on their behalf`() throws {
        let result = try Self.result(
            """
            trace_statements:
            - context: spanevent
              statements:
              - set(attributes["i"], spanevent.event_index)
              - set(name, span.name) where event_index == 1
              - set(span.name, Concat([span.name, spanevent.name], "+"))
              - set(resource.attributes["last"], spanevent.name)
              - delete_key(attributes, "gone")
            """,
            Self.traces([
                #"{"name":"s","events":[{"name":"a","attributes":[{"key":"gone","value":{"intValue":"1"}}]},{"name":"b"}]}"#,
                #"{"name":"t","attributes":[{"key":"k","value":{"intValue":"1"}}]}"#,
            ]), .traces)

        let spans = try #require(result.spans)
        let events = try #require(spans[0]["events"] as? [[String: Any]])
        #expect(Self.text(spans[0]["name"]) == "s+a+s+a")
        #expect(events.map { Self.text($0["name"]) } == ["a", "s+a"])
        #expect(events.map { Self.attributes($0) } == ["i:0", "i:1"])
        #expect(Self.text(spans[1]["name"]) == "t")
        #expect(result.resource == #"last:"s+a""#)
    }

    @Test func `data points are changed, and their metric on their behalf`() throws {
        let result = try Self.result(
            """
            metric_statements:
            - statements:
              - set(datapoint.attributes["n"], metric.name)
              - set(metric.name, "seen")
              - set(datapoint.value_double, datapoint.value_int * 1.5) where datapoint.value_int > 1
              - set(datapoint.flags, 1)
            """,
            Self.metrics(
                #"{"name":"m","sum":{"isMonotonic":true,"dataPoints":[{"asInt":"1"},{"asInt":"2"}]}}"#
            ),
            .metrics)

        let metric = try #require(result.records.first)
        let sum = try #require(metric["sum"] as? [String: Any])
        let points = try #require(sum["dataPoints"] as? [[String: Any]])
        #expect(Self.text(metric["name"]) == "seen")
        #expect(Self.text(sum["isMonotonic"]) == "1")
        #expect(points.map { Self.text($0["asInt"]) } == ["1", ""])
        #expect(points.map { Self.text($0["asDouble"]) } == ["", "3"])
        #expect(points.map { Self.attributes($0) } == [#"n:"m""#, #"n:"seen""#])
    }

    /// A statement on a metric, and its JSON before and after.
    static let metrics: [(String, String, String)] = [
        (
            "convert_sum_to_gauge()",
            #"{"sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"asInt":"1"}]}}"#,
            #"{"gauge":{"dataPoints":[{"asInt":"1"}]}}"#
        ),
        (
            #"convert_gauge_to_sum("delta", true)"#, #"{"gauge":{"dataPoints":[{"asInt":"1"}]}}"#,
            #"{"sum":{"isMonotonic":true,"aggregationTemporality":1,"dataPoints":[{"asInt":"1"}]}}"#
        ),
        (
            #"convert_gauge_to_sum("delta", true)"#, #"{"histogram":{"dataPoints":[{"sum":1.5}]}}"#,
            #"{"histogram":{"dataPoints":[{"sum":1.5}]}}"#
        ),
        (
            #"scale_metric(10.0, "ms")"#,
            #"{"unit":"s","gauge":{"dataPoints":[{"asInt":"3"},{"asDouble":0.5}]}}"#,
            #"{"unit":"ms","gauge":{"dataPoints":[{"asInt":"30"},{"asDouble":5.0}]}}"#
        ),
        (
            #"scale_metric(2.0)"#,
            #"{"histogram":{"dataPoints":[{"count":"3","sum":1.5,"min":1.0,"max":2.0,"explicitBounds":[1.0,2.5],"bucketCounts":["1","1","1"]}]}}"#,
            #"{"histogram":{"dataPoints":[{"count":"3","sum":3.0,"min":2.0,"max":4.0,"explicitBounds":[2.0,5.0],"bucketCounts":["1","1","1"]}]}}"#
        ),
        (
            #"set(metric.aggregation_temporality, AGGREGATION_TEMPORALITY_DELTA)"#,
            #"{"sum":{"aggregationTemporality":2,"dataPoints":[{"asInt":"1"}]}}"#,
            #"{"sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"1"}]}}"#
        ),
        (
            #"set(metric.unit, metric.description)"#,
            #"{"description":"d","gauge":{"dataPoints":[{}]}}"#,
            #"{"description":"d","unit":"d","gauge":{"dataPoints":[{}]}}"#
        ),
        (
            #"set(datapoint.explicit_bounds, [0.5])"#,
            #"{"histogram":{"dataPoints":[{"explicitBounds":[1.0,2.5]}]}}"#,
            #"{"histogram":{"dataPoints":[{"explicitBounds":[0.5]}]}}"#
        ),
        (
            #"set(datapoint.positive.offset, -3)"#,
            #"{"exponentialHistogram":{"dataPoints":[{"scale":1,"positive":{"offset":1,"bucketCounts":["7"]}}]}}"#,
            #"{"exponentialHistogram":{"dataPoints":[{"scale":1,"positive":{"offset":-3,"bucketCounts":["7"]},"negative":{}}]}}"#
        ),
    ]

    @Test(arguments: metrics)
    func `a metric is changed`(statement: String, before: String, after: String) throws {
        let yaml = "{metric_statements: ['\(statement)']}"
        let yamlWithContext =
            statement.contains("metric.") || statement.contains("datapoint.")
            ? yaml : "{metric_statements: [{context: metric, statements: ['\(statement)']}]}"
        let result = try Self.result(yamlWithContext, Self.metrics(before), .metrics)
        let expected = try JSONSerialization.jsonObject(with: Data(after.utf8))

        #expect(
            NSDictionary(dictionary: result.records[0]).isEqual(
                to: expected as? [String: Any] ?? [:]))
    }

    @Test func `log records are changed`() throws {
        let result = try Self.result(
            """
            log_statements:
            - set(log.attributes["parsed"], ParseJSON(log.body.string)) where IsString(log.body)
            - set(log.body, log.attributes["parsed"]["msg"])
            - set(log.severity_text, "WARN")
            - set(log.severity_number, SEVERITY_NUMBER_WARN)
            - set(log.body["k"], 1)
            """, Self.logs(#"{"body":{"stringValue":"{\"msg\": {\"a\": 1}}"}}"#), .logs)

        let record = try #require(result.records.first)
        #expect(Self.value(record["body"] as? [String: Any] ?? [:]) == "{a:1,k:1}")
        #expect(Self.text(record["severityText"]) == "WARN")
        #expect(Self.text(record["severityNumber"]) == "13")
    }

    // MARK: Failures

    @Test func `a statement that fails is passed over and counted`() throws {
        let made = SectionText(
            #"{trace_statements: ['set(span.attributes["x"], span.attributes["n"] / 0)', 'set(span.name, "after")']}"#,
            path: "p"
        ) { Transform(from: &$0) }
        #expect(made.report == "")
        var processor = made.value
        var output = Output()
        processor.process(
            Self.traces([Self.spanJSON]), at: Instant(nanoseconds: 0), into: &output)

        #expect(output.counts.map(\.name) == ["processor_transform_errors"])
        #expect(output.forwardedItems == 1)
        #expect(output.refusal == nil)
    }

    @Test func `propagate refuses the payload`() throws {
        let made = SectionText(
            #"{error_mode: propagate, trace_statements: ['set(span.attributes["x"], span.attributes["n"] / 0)']}"#,
            path: "p"
        ) { Transform(from: &$0) }
        var processor = made.value
        var output = Output()
        processor.process(
            Self.traces([Self.spanJSON]), at: Instant(nanoseconds: 0), into: &output)

        #expect(output.refusal?.reason == "statement_failed")
        #expect(output.refusal?.isRetryable == false)
        #expect(output.forwardedItems == 0)
    }

    /// Statements that cannot be, and a part of what is said about them.
    static let mistakes: [(String, String)] = [
        (#"set(span.name)"#, "incorrect number"), (#"set(name, "x")"#, "context"),
        (#"Set(span.name, "x")"#, "lower"), (#"frobnicate(span.name)"#, "undefined"),
        (#"set(span.attributes["x"], 1) when true"#, "where"),
        (#"limit(span.attributes, 1, ["a", "b"])"#, "priority"),
        (#"limit(span.attributes, -1, [])"#, "negative"),
        (#"truncate_all(span.attributes, -1)"#, "negative"),
        (#"merge_maps(span.attributes, {}, "replace")"#, "insert"),
        (#"replace_all_patterns(span.attributes, "keys", "a", "b")"#, "key"),
        (#"replace_pattern(span.name, "(", "b")"#, "regular expression"),
        (#"replace_pattern(span.name, "a", "b", SHA256, "%d")"#, "%s"),
        (#"set(resource.schema_url, "x")"#, "schema"),
        (#"set(spanevent.event_index, 1)"#, "read only"),
        (#"append(span.attributes["a"])"#, "append"),
        (#"copy_metric(span.name)"#, "not in this build"),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told at start`(statement: String, part: String) {
        let yaml = "trace_statements:\n- |-\n  \(statement)\n"
        let made = SectionText(yaml, path: "p") { Transform(from: &$0) }

        #expect(made.messages.count == 1, "\(made.report)")
        #expect(made.report.contains(part), "\(made.report)")
    }

    @Test func `contexts that do not go together are a mistake of the group`() {
        let made = SectionText(
            #"{log_statements: ['set(log.body, "x")', 'set(span.name, "x")']}"#, path: "p"
        ) { Transform(from: &$0) }

        #expect(made.messages.count >= 1)
    }

    @Test func `what is changed around records is seen by the next, and only in its group`() throws
    {
        let group = { (name: String) in
            let scopes = ["x", "y"].map { scope in
                let spans = (0..<3).map { number in
                    #"{"name":"\#(name)\#(scope)\#(number)","attributes":[],"events":[{"name":"e"},{"name":"f"}]}"#
                }
                return #"{"scope":{"name":"\#(scope)"},"spans":[\#(spans.joined(separator: ","))]}"#
            }
            return #"{"resource":{},"scopeSpans":[\#(scopes.joined(separator: ","))]}"#
        }
        let json = #"{"resourceSpans":[\#(group("a")),\#(group("b"))]}"#
        let batch = try Batch(json: Array(json.utf8).span.bytes, as: .traces)

        let result = try Self.result(
            """
            trace_statements:
            - context: span
              statements:
              - set(attributes["one"], name)
              - set(resource.attributes["all"], Concat([resource.attributes["all"], name], "|"))
              - set(attributes["two"], resource.attributes["all"])
              - set(instrumentation_scope.attributes["last"], attributes["one"])
              - delete_key(attributes, "one")
              - set(attributes["three"], instrumentation_scope.attributes["last"])
            - context: spanevent
              statements:
              - set(attributes["s"], span.attributes["three"])
              - set(span.attributes["three"], Concat([span.attributes["three"], name], ""))
              - set(attributes["t"], span.attributes["three"])
            """, batch, .traces)

        let names = ["a", "b"].map { group in
            ["x", "y"].flatMap { scope in (0..<3).map { "\(group)\(scope)\($0)" } }
        }
        let expected = names.flatMap { names in
            names.indices.map { index in
                let all = "<nil>|" + names[...index].joined(separator: "|")
                return #"three:"\#(names[index])ef" two:"\#(all)""#
            }
        }
        let events = names.flatMap { $0 }.flatMap { name in
            [#"s:"\#(name)" t:"\#(name)e""#, #"s:"\#(name)e" t:"\#(name)ef""#]
        }
        let spans = result.records
        #expect(spans.map { Self.attributes($0) } == expected)
        #expect(
            spans.flatMap { ($0["events"] as? [[String: Any]] ?? []).map { Self.attributes($0) } }
                == events)
    }

    @Test func `many records in a large resource take time that is linear`() throws {
        let big = String(repeating: "x", count: 1 << 20)
        let spans = (0..<4_000).map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
        let json =
            #"{"resourceSpans":[{"resource":{"attributes":[{"key":"big","value":{"stringValue":"\#(big)"}}]},"scopeSpans":[{"spans":[\#(spans)]}]}]}"#
        let batch = try Batch(json: Array(json.utf8).span.bytes, as: .traces)

        let result = try Self.result(
            #"{trace_statements: ['set(span.attributes["a"], 1)', 'set(span.attributes["b"], 2)', 'set(resource.attributes["c"], span.name)']}"#,
            batch, .traces)

        // 8,000 copies of the resource would take long.
        #expect(result.records.allSatisfy { Self.attributes($0) == "a:1 b:2" })
        #expect(!result.resource.contains("c:"))
    }

    // MARK: Whatever the input

    @Test(arguments: 0..<60)
    func `what comes out is valid, and the same however records are batched`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let statements = (0..<5).compactMap { _ in
            (Self.editors.map(\.0) + Self.fields.map(\.0)).randomElement(using: &random)
        }
        let yaml = "trace_statements:\n" + statements.map { "- |-\n  \($0)\n" }.joined()
        let spans = (0..<6).map { number in
            number % 2 == 0 ? Self.spanJSON : #"{"name":"GET \#(number)"}"#
        }

        let together = try Self.result(yaml, Self.traces(spans), .traces)
        let alone = try spans.flatMap {
            try Self.result(yaml, Self.traces([$0]), .traces).spans ?? []
        }

        #expect(NSArray(array: together.spans ?? []).isEqual(to: alone), "\(statements)")
    }
}
