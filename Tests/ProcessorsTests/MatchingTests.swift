import ComponentTesting
import Configuration
import OTLP
import Primitives
import Testing

@testable import Processors

/// `include` and `exclude`, by what they select.
struct MatchingTests {
    /// The names of the records that the text of a section selects.
    private func selected(
        _ yaml: String, from batch: Batch, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) -> [String] {
        let made = rules(yaml, batch.signal)
        #expect(made.report == "", sourceLocation: sourceLocation)
        let direct = batch.selecting { made.value.selects($0, of: batch.signal) }.names
        // Whoever enters groups gets the same answers.
        var pass = MatchingPass(RecordChoice(made.value), batch.signal)
        let walked = try? batch.rewriting(with: &pass).names
        #expect(walked == direct, sourceLocation: sourceLocation)
        return direct
    }

    private func rules(_ yaml: String, _ signal: Signal?) -> SectionText<IncludeExclude> {
        SectionText(yaml, path: "processors.attributes") { (section: inout Section) in
            section.signal = signal?.rawValue
            return IncludeExclude(from: &section)
        }
    }

    // MARK: Values

    private static let values: Batch = .sample(
        .traces,
        [
            .span("text", ["v": "200"]), .span("integer", ["v": 200]),
            .span("double", ["v": 200.0]), .span("fraction", ["v": 1.5]),
            .span("true", ["v": true]), .span("false", ["v": false]),
            .span("list", ["v": ["a", 1]]), .span("map", ["v": ["a": 1, "b": [true]]]),
            .span("empty", ["v": nil]), .span("bytes", ["v": .bytes([1, 2])]), .span("none"),
            .span("large", ["v": 1e21]), .span("negative", ["v": -12]),
        ])

    @Test(
        "strict values have a type",
        arguments: [
            (#""200""#, ["text"]), ("200", ["integer"]), ("200.0", ["double"]),
            ("1.5", ["fraction"]), ("true", ["true"]), ("false", ["false"]),
            ("[a, 1]", ["list"]), ("[a, '1']", []), ("[a]", []), ("[a, 1, 2]", []),
            ("{b: [true], a: 1}", ["map"]), ("{a: 1}", []), ("{a: 1, b: [true], c: 1}", []),
            ("-12", ["negative"]), ("{a: 1, c: [true]}", []),
        ])
    func strictValues(value: String, names: [String]) {
        let yaml = "{include: {match_type: strict, attributes: [{key: v, value: \(value)}]}}"

        #expect(selected(yaml, from: Self.values) == names)
    }

    @Test(
        "patterns see the text of strings, numbers and booleans",
        arguments: [
            ("^200$", ["text", "integer", "double"]),
            ("0", ["text", "integer", "double", "large"]),
            ("^1\\\\.5$", ["fraction"]), ("^(true|false)$", ["true", "false"]),
            ("^10{21}$", ["large"]), ("^-", ["negative"]),
            ("", ["text", "integer", "double", "fraction", "true", "false", "large", "negative"]),
        ])
    func patterns(pattern: String, names: [String]) {
        let yaml =
            #"{include: {match_type: regexp, attributes: [{key: v, value: "\#(pattern)"}]}}"#

        #expect(selected(yaml, from: Self.values) == names)
    }

    @Test("without a value the key is enough", arguments: ["strict", "regexp"])
    func presence(type: String) {
        let all = Self.values.names.filter { $0 != "none" }

        for entry in ["{key: v}", "{key: v, value: null}"] {
            let yaml = "{include: {match_type: \(type), attributes: [\(entry)]}}"
            #expect(selected(yaml, from: Self.values) == all)
        }
    }

    @Test func `of equal keys the first one counts`() {
        let batch = Batch.sample(
            .traces, [.span("a", ["k": 1, "k": 2]), .span("b", ["k": 2, "k": 1])])

        let yaml = "{include: {match_type: strict, attributes: [{key: k, value: 1}]}}"

        #expect(selected(yaml, from: batch) == ["a"])
    }

    // MARK: Spans

    private static let spans: Batch = .sample(
        .traces,
        [
            SampleGroup(
                ["service.name": "checkout", "host": "h1"], scope: "http", version: "1.0",
                [
                    .span("GET /cart", kind: 2, ["code": 200, "user": "a"]),
                    .span("SELECT", kind: 3, ["code": 500]), .span("work", kind: 1),
                ]),
            SampleGroup(
                ["service.name": "cart", "host": "h2"], scope: "http", version: "",
                [.span("GET /health", kind: 2), .span("other", kind: 9)]),
            SampleGroup([:], scope: "db", version: "2", [.span("lonely")]),
            SampleGroup(["service.name": 7], scope: "", version: "", [.span("seven", kind: 5)]),
        ])

    @Test(
        "every property of a span",
        arguments: [
            ("services: [checkout]", "strict", ["GET /cart", "SELECT", "work"]),
            ("services: [cart, '7']", "strict", ["GET /health", "other", "seven"]),
            ("services: [<nil-service-name>]", "strict", ["lonely"]),
            (
                "services: [^c, nil]", "regexp",
                ["GET /cart", "SELECT", "work", "GET /health", "other", "lonely"]
            ),
            ("span_names: [work, SELECT]", "strict", ["SELECT", "work"]),
            ("span_names: [^GET]", "regexp", ["GET /cart", "GET /health"]),
            ("span_kinds: [SPAN_KIND_SERVER]", "strict", ["GET /cart", "GET /health"]),
            ("span_kinds: [SPAN_KIND_CLIENT, SPAN_KIND_CONSUMER]", "strict", ["SELECT", "seven"]),
            ("span_kinds: [UNSPECIFIED]", "regexp", ["lonely"]),
            ("span_kinds: ['^$']", "regexp", ["other"]),
            ("attributes: [{key: code, value: 200}, {key: user}]", "strict", ["GET /cart"]),
            ("attributes: [{key: code}, {key: none}]", "strict", []),
            ("resources: [{key: host, value: h2}]", "strict", ["GET /health", "other"]),
            (
                "resources: [{key: host, value: h}, {key: service.name, value: ck}]", "regexp",
                ["GET /cart", "SELECT", "work"]
            ),
            (
                "libraries: [{name: http}]", "strict",
                ["GET /cart", "SELECT", "work", "GET /health", "other"]
            ),
            ("libraries: [{name: http, version: ''}]", "strict", ["GET /health", "other"]),
            ("libraries: [{name: http}, {name: db}]", "strict", []),
            ("libraries: [{name: b, version: '2'}]", "regexp", ["lonely"]),
            ("services: [checkout], span_names: [work, GET /health]", "strict", ["work"]),
        ])
    func spans(properties: String, type: String, names: [String]) {
        let include = "{include: {match_type: \(type), \(properties)}}"
        let exclude = "{exclude: {match_type: \(type), \(properties)}}"

        #expect(selected(include, from: Self.spans) == names)
        #expect(
            selected(exclude, from: Self.spans) == Self.spans.names.filter { !names.contains($0) })
    }

    @Test func `exclude takes away from include`() {
        let yaml = """
            include: {match_type: regexp, services: [^c]}
            exclude: {match_type: strict, span_kinds: [SPAN_KIND_SERVER], libraries: [{name: http}]}
            """

        #expect(selected(yaml, from: Self.spans) == ["SELECT", "work", "other"])
        #expect(selected("{}", from: Self.spans) == Self.spans.names)
    }

    @Test func `a list of many texts is searched, not walked`() {
        let names = (0..<10_000).map { "name\($0)" }
        let texts = SortedTexts(names + ["", "GET /health"])

        for name in names + ["", "GET /health"] {
            #expect(TextSet.texts(texts).contains(name))
        }
        for name in ["name", "name10000", "name-1", "GET /healtH", "x"] {
            #expect(!TextSet.texts(texts).contains(name))
        }
    }

    // MARK: Logs and metrics

    private static let logs: Batch = .sample(
        .logs,
        [
            SampleGroup(
                ["env": "prod"], scope: "app",
                [
                    .log("plain", body: "user logged in", severity: 9, text: "INFO", ["a": 1]),
                    .log(
                        "map", body: ["b": 7, "a": [1.5, nil, true]], severity: 17, text: "ERROR"),
                    .log("number", body: 42, severity: 0), .log("nothing"),
                    .log("bytes", body: .bytes([255, 0]), severity: 24, text: "Info2"),
                ])
        ])

    @Test(
        "every property of a log record",
        arguments: [
            ("log_bodies: [user logged in]", "strict", ["plain"]),
            (#"log_bodies: ['{"a":[1.5,null,true],"b":7}']"#, "strict", ["map"]),
            ("log_bodies: ['42', /wA=]", "strict", ["number", "bytes"]),
            ("log_bodies: ['']", "strict", ["nothing"]),
            ("log_bodies: [logged, ':7']", "regexp", ["plain", "map"]),
            ("log_severity_texts: [INFO]", "strict", ["plain"]),
            ("log_severity_texts: ['(?i)info']", "regexp", ["plain", "bytes"]),
            ("log_severity_number: {min: 17}", "strict", ["map", "bytes"]),
            (
                "log_severity_number: {min: 10, match_undefined: true}", "regexp",
                ["map", "number", "nothing", "bytes"]
            ),
            ("attributes: [{key: a, value: 1}]", "strict", ["plain"]),
            ("resources: [{key: env, value: dev}]", "strict", []),
            (
                "libraries: [{name: app, version: '1'}]", "regexp",
                ["plain", "map", "number", "nothing", "bytes"]
            ),
        ])
    func logs(properties: String, type: String, names: [String]) {
        let yaml = "{include: {match_type: \(type), \(properties)}}"

        #expect(selected(yaml, from: Self.logs) == names)
    }

    @Test func `metrics are matched by name and resource`() {
        let batch = Batch.sample(
            .metrics,
            [
                SampleGroup(["env": "prod"], [.metric("cpu.time"), .metric("cpu.load", "sum")]),
                SampleGroup(["env": "dev"], [.metric("cpu.time", "histogram")]),
            ])

        let names = "{include: {match_type: strict, metric_names: [cpu.time]}}"
        let both =
            "{include: {match_type: regexp, metric_names: [cpu], resources: [{key: env, value: p}]}}"

        #expect(selected(names, from: batch) == ["cpu.time[0]", "cpu.time[0]"])
        #expect(selected(both, from: batch) == ["cpu.time[0]", "cpu.load[0]"])
    }

    // MARK: Mistakes

    @Test(
        "a mistake is reported with what can be written",
        arguments: [
            (
                nil, "{include: {}}",
                ["include.match_type must be given", "include matches nothing"]
            ),
            (nil, "{include: }", ["include.match_type must be given", "include matches nothing"]),
            (
                nil, "{exclude: {match_type: glob, services: [a]}}",
                ["exclude.match_type is 'glob', but must be strict or regexp"]
            ),
            (nil, "{include: {match_type: strict}}", ["include matches nothing"]),
            (nil, "{include: {match_type: strict, services: []}}", ["include matches nothing"]),
            (
                .logs, "{include: {match_type: strict, span_names: [a], attributes: [{key: a}]}}",
                ["include.span_names cannot be matched in a pipeline of logs"]
            ),
            (
                .metrics,
                "{include: {match_type: strict, attributes: [{key: a}], libraries: [{name: a}]}}",
                [
                    "include.attributes cannot be matched in a pipeline of metrics",
                    "include.libraries cannot be matched in a pipeline of metrics",
                ]
            ),
            (
                .traces, "{exclude: {match_type: strict, log_bodies: [a], metric_names: [b]}}",
                [
                    "exclude.log_bodies cannot be matched in a pipeline of traces",
                    "exclude.metric_names cannot be matched in a pipeline of traces",
                ]
            ),
            (
                nil, "{include: {match_type: strict, attributes: [{value: 1}]}}",
                ["include.attributes[0].key must be given"]
            ),
            (
                nil, "{include: {match_type: regexp, attributes: [{key: a, value: 200}]}}",
                ["include.attributes[0].value is '200', but must be a string"]
            ),
            (
                nil, "{include: {match_type: regexp, span_names: ['ok', '(']}}",
                ["include.span_names[1] is not a regular expression of RE2: missing ): ("]
            ),
            (
                nil, "{include: {match_type: strict, span_kinds: [SERVER]}}",
                [
                    "include matches nothing",
                    """
                    include.span_kinds[0] is 'SERVER', but must be one of SPAN_KIND_INTERNAL, \
                    SPAN_KIND_SERVER, SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER, SPAN_KIND_CONSUMER
                    """,
                ]
            ),
            (
                nil, "{include: {match_type: strict, span_name: [a], services: [b]}}",
                ["include has no option 'span_name'"]
            ),
        ] as [(Signal?, String, [String])])
    func mistakes(signal: Signal?, yaml: String, messages: [String]) {
        let made = rules(yaml, signal)

        #expect(made.messages == messages.map { "error: processors.attributes.\($0)" })
    }

    @Test func `the cache of otelcol is not needed`() {
        let made = rules(
            """
            include:
              match_type: regexp
              regexp: {cacheenabled: true, cachemaxnumentries: 100}
              services: [a]
            """, nil)

        #expect(made.messages.count == 2)
        #expect(made.messages.allSatisfy { $0.hasPrefix("warning: ") })
    }
}
