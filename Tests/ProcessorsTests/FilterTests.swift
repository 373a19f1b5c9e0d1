import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives
import Testing

@testable import Processors

/// What became of one batch.
struct Filtered {
    let names: [String]
    let output: Output
    let report: String

    init(_ yaml: String, _ batch: Batch) {
        let made = SectionText(yaml, path: "processors.filter") { (section: inout Section) in
            section.signal = batch.signal.rawValue
            return Filter(from: &section)
        }
        report = made.report
        var filter = made.value
        var output = Output()
        filter.process(batch, at: Instant(nanoseconds: 1), into: &output)
        self.output = output
        names = output.forwarded.flatMap(\.names)
        let dropped = output.dropped.reduce(0) { $0 + $1.count }
        let balance = output.refusal == nil ? output.forwardedItems + dropped : batch.itemCount
        #expect(balance == batch.itemCount, "the books do not balance")
        #expect(output.dropped.allSatisfy { $0.reason == "filtered" })
    }

    /// The value of a counter without the name's prefix.
    func count(_ name: String) -> Double {
        output.counts.filter { $0.name == "processor_filter_\(name)" }.reduce(0) { $0 + $1.value }
    }
}

/// `filter` by OTTL conditions.
struct FilterConditionTests {
    private static let spans: Batch = .sample(
        .traces,
        [
            SampleGroup(
                ["service.name": "cart", "env": "prod"], scope: "http",
                [
                    .span("a", kind: 2, ["http.route": "/health"], events: ["retry", "exception"]),
                    .span("b", kind: 2, ["http.route": "/cart"], events: ["retry"]),
                    .span("c", ["code": 200]),
                ]),
            SampleGroup(
                ["service.name": "pay"], scope: "grpc", version: "2",
                [.span("d", ["code": "200"]), .span("e", ["n": nil], events: ["exception"])]),
            SampleGroup([:], scope: "grpc", [.span("f", ["code": 500])]),
        ])

    private static let all = ["a(retry,exception)", "b(retry)", "c", "d", "e(exception)", "f"]

    @Test(
        "spans are dropped by what is known of them, their scope and their resource",
        arguments: [
            (
                #"span: ['attributes["http.route"] == "/health"']"#,
                ["b(retry)", "c", "d", "e(exception)", "f"]
            ),
            (#"span: ['name == "a"', 'IsMatch(name, "^[bc]$")']"#, ["d", "e(exception)", "f"]),
            (#"span: ['attributes["code"] != 200']"#, ["c"]),
            (
                #"span: ['kind == SPAN_KIND_SERVER and attributes["http.route"] != "/cart"']"#,
                ["b(retry)", "c", "d", "e(exception)", "f"]
            ),
            (
                #"span: ['resource.attributes["env"] == nil']"#,
                ["a(retry,exception)", "b(retry)", "c"]
            ),
            (
                #"span: ['instrumentation_scope.name == "grpc"']"#,
                ["a(retry,exception)", "b(retry)", "c"]
            ),
            (#"resource: ['attributes["service.name"] == "cart"']"#, ["d", "e(exception)", "f"]),
            (#"spanevent: ['name == "exception"']"#, ["a(retry)", "b(retry)", "c", "d", "e", "f"]),
            (
                #"spanevent: ['span.name == "a"', 'resource.attributes["service.name"] == "pay"']"#,
                ["a", "b(retry)", "c", "d", "e", "f"]
            ),
            (
                #"resource: ['attributes["env"] == "prod"'], span: ['name == "d"'], spanevent: ['true']"#,
                ["e", "f"]
            ),
            (#"span: 'name == "a"'"#, ["b(retry)", "c", "d", "e(exception)", "f"]),
        ])
    func spans(lists: String, names: [String]) {
        let filtered = Filtered("{traces: {\(lists)}}", Self.spans)

        #expect(filtered.report == "")
        #expect(filtered.names == names)
        #expect(filtered.count("spans.filtered") == Double(6 - names.count))
    }

    @Test(
        "the form of today says so in one list",
        arguments: [
            (
                #"['span.attributes["http.route"] == "/health"', 'resource.attributes["service.name"] == "pay"']"#,
                ["b(retry)", "c", "f"]
            ),
            (
                #"['scope.name == "grpc" and scope.version == "2"']"#,
                ["a(retry,exception)", "b(retry)", "c", "f"]
            ),
            (
                #"['spanevent.name == "retry"', 'span.name == "b"']"#,
                ["a(exception)", "c", "d", "e(exception)", "f"]
            ),
            (
                #"['IsRootSpan() and span.name == "a"']"#,
                ["b(retry)", "c", "d", "e(exception)", "f"]
            ),
            (
                #"[{conditions: ['span.name == "a"']}, {context: scope, conditions: ['name == "grpc"']}]"#,
                ["b(retry)", "c"]
            ),
            (
                #"[{context: span, conditions: ['name == "a"', 'span.name == "b"', 'IsRootSpan() and name == "c"']}]"#,
                ["d", "e(exception)", "f"]
            ),
            (
                #"[{context: SpanEvent, conditions: ['name == "retry"']}, {conditions: ['Len(span.events) == 0']}]"#,
                ["a(exception)", "e(exception)"]
            ),
            (
                #"[{context: resource, conditions: ['attributes["env"] == "prod"']}]"#,
                ["d", "e(exception)", "f"]
            ),
        ])
    func conditions(list: String, names: [String]) {
        let filtered = Filtered("{trace_conditions: \(list)}", Self.spans)

        #expect(filtered.report == "")
        #expect(filtered.names == names)
    }

    @Test func `a batch of which nothing goes is passed on as it is`() throws {
        let payload = Array(Self.spans.joined().bytesForTest)
        let batch = try Batch(validating: Body(payload), as: .traces)

        for yaml in [
            #"{traces: {span: ['name == "none"'], spanevent: ['name == "none"']}}"#,
            #"{spans: {exclude: {match_type: strict, services: [none]}}}"#, "{}",
            #"{logs: {log_record: ['true']}}"#,
        ] {
            let filtered = Filtered(yaml, batch)

            let forwarded = try #require(filtered.output.forwarded.first)
            #expect(forwarded.joined() === batch.joined(), "\(yaml)")
            #expect(filtered.output.counts.isEmpty)
        }
    }

    @Test func `nothing is passed on if nothing is left`() {
        let filtered = Filtered("{traces: {span: ['true']}}", Self.spans)

        #expect(filtered.output.forwarded.isEmpty)
        #expect(filtered.output.dropped.map(\.count) == [6])
    }

    // MARK: Metrics and logs

    private static let metrics: Batch = .sample(
        .metrics,
        [
            SampleGroup(
                ["env": "prod"],
                [
                    .metric("cpu", "gauge", [["host": "h0"], ["host": "h1"], [:]]),
                    .metric("req", "sum", [["host": "h1"]]),
                    .metric("lat", "histogram", [["host": "h0"], ["host": 5]]),
                    .metric("exp", "exponentialHistogram", [["host": "h1"], ["host": "h2"]]),
                    .metric("sum", "summary", [["host": "h1"], ["host": "h1"]]),
                    .metric("none", ""), .metric("void", "gauge", []),
                ])
        ])

    private static let allMetrics = [
        "cpu[0,1,2]", "req[0]", "lat[0,1]", "exp[0,1]", "sum[0,1]", "none", "void[]",
    ]

    @Test(
        "metrics and their data points",
        arguments: [
            (
                #"metrics: {metric: ['name == "cpu"']}"#,
                ["req[0]", "lat[0,1]", "exp[0,1]", "sum[0,1]", "none", "void[]"], 3
            ),
            (
                #"metrics: {metric: ['type == METRIC_DATA_TYPE_SUM', 'type == METRIC_DATA_TYPE_NONE']}"#,
                ["cpu[0,1,2]", "lat[0,1]", "exp[0,1]", "sum[0,1]", "void[]"], 1
            ),
            (
                #"metrics: {datapoint: ['attributes["host"] == "h1"']}"#,
                ["cpu[0,2]", "lat[0,1]", "exp[1]", "none"], 5
            ),
            (
                #"metrics: {datapoint: ['metric.name == "cpu" and value_int > 0']}"#,
                ["cpu[0]", "req[0]", "lat[0,1]", "exp[0,1]", "sum[0,1]", "none"], 2
            ),
            (
                #"metric_conditions: ['datapoint.attributes["host"] == "h0"', 'metric.name == "sum"', 'resource.attributes["env"] == "dev"']"#,
                ["cpu[1,2]", "req[0]", "lat[1]", "exp[0,1]", "none"], 4
            ),
            (
                #"""
                metric_conditions: [{context: metric, conditions: [
                'HasAttrKeyOnDatapoint("host") and name != "req"']}]
                """#,
                ["req[0]", "none", "void[]"], 9
            ),
            (
                #"metrics: {metric: ['HasAttrOnDatapoint("host", "h1")']}"#,
                ["cpu[0,1,2]", "lat[0,1]", "none", "void[]"], 5
            ),
        ])
    func metrics(yaml: String, names: [String], dropped: Int) {
        let filtered = Filtered("{\(yaml)}", Self.metrics)

        #expect(filtered.report == "")
        #expect(filtered.names == names)
        #expect(filtered.count("datapoints.filtered") == Double(dropped))
        #expect(filtered.output.dropped.map(\.count) == [dropped])
    }

    @Test(
        "log records",
        arguments: [
            ("logs: {log_record: [severity_number < SEVERITY_NUMBER_INFO]}", ["b", "c", "d"]),
            (#"logs: {log_record: ['body["code"] == 7']}"#, ["a", "c", "d"]),
            (#"logs: {resource: ['attributes["service.name"] == "shop"']}"#, []),
            (
                #"log_conditions: ['IsMatch(log.body, "^user") and log.attributes["n"] == 1']"#,
                ["b", "c", "d"]
            ),
            (
                #"log_conditions: [{context: log, conditions: ['IsString(body)', 'attributes["n"] == 4']}]"#,
                ["b", "c"]
            ),
        ])
    func logs(yaml: String, names: [String]) {
        let batch = Batch.sample(
            .logs,
            [
                .log("a", body: "user logged in", severity: 5, ["n": 1]),
                .log("b", body: ["code": 7], severity: 9, ["n": 2]),
                .log("c", body: 42, severity: 17, ["n": 3]),
                .log("d", severity: 21, ["n": 4]),
            ])

        let filtered = Filtered("{\(yaml)}", batch)

        #expect(filtered.report == "")
        #expect(filtered.names == names)
        #expect(filtered.count("logs.filtered") == Double(4 - names.count))
    }

    // MARK: Errors

    private static let failing = "'kind / 0 == 1'"

    @Test(
        "what cannot be evaluated does not match",
        arguments: ["", "error_mode: ignore, ", "error_mode: SILENT, "])
    func ignoring(mode: String) {
        let yaml = "{\(mode)traces: {span: [\(Self.failing), 'name == \"a\"', \(Self.failing)]}}"

        let filtered = Filtered(yaml, Self.spans)

        #expect(filtered.names == Array(Self.all.dropFirst()))
        #expect(filtered.count("condition_errors") == 11)
    }

    @Test func `a failure that is propagated refuses all of the payload`() {
        let yaml = "{error_mode: propagate, traces: {span: ['name == \"a\"', \(Self.failing)]}}"

        let filtered = Filtered(yaml, Self.spans)

        let refusal = filtered.output.refusal
        #expect(refusal?.isRetryable == false)
        #expect(refusal?.message.contains("failed to eval condition: kind / 0 == 1, ") == true)
        #expect(filtered.output.forwarded.isEmpty && filtered.output.dropped.isEmpty)
        #expect(filtered.output.counts.isEmpty)
    }

    @Test func `a group may have another error mode than the rest`() {
        let failing = "'span.kind / 0 == 1'"
        let yaml = """
            error_mode: propagate
            trace_conditions: [{error_mode: ignore, conditions: [\(failing), 'span.name == "a"']}]
            """

        #expect(Filtered(yaml, Self.spans).names == Array(Self.all.dropFirst()))
    }

    @Test func `what a failing condition comes before is not asked`() {
        let yaml = """
            error_mode: propagate
            traces: {span: ['true', \(Self.failing)]}
            """

        #expect(Filtered(yaml, Self.spans).output.refusal == nil)
    }

    // MARK: Mistakes

    @Test(
        "a mistake is reported",
        arguments: [
            (
                "{error_mode: stop}",
                ["error_mode is 'stop', but must be one of propagate, ignore, silent"]
            ),
            ("{traces: {spans: []}}", ["traces has no option 'spans'"]),
            (
                "{profiles: {profile: ['true']}}",
                ["profiles is not in this build yet: there is no signal for profiles"]
            ),
            (
                "{profile_conditions: ['true']}",
                ["profile_conditions is not in this build yet: there is no signal for profiles"]
            ),
            (
                "{trace_conditions: ['span.name == \"a\"'], traces: {span: ['true']}}",
                [
                    "trace_conditions cannot be used together with traces.resource, traces.span, traces.spanevent"
                ]
            ),
            (
                "{trace_conditions: ['span.name == \"a\"'], spans: {include: {match_type: strict, services: [a]}}}",
                ["trace_conditions cannot be used together with spans.include, spans.exclude"]
            ),
            (
                "{traces: {resource: ['true']}, spans: {include: {match_type: strict, services: [a]}}}",
                ["spans has conditions and include or exclude, of which only one can be used"]
            ),
            (
                "{logs: {log_record: ['true'], include: {match_type: strict, bodies: [a]}}}",
                ["logs has conditions and include or exclude, of which only one can be used"]
            ),
            (
                "{metric_conditions: ['metric.name == \"a\"'], metrics: {exclude: {match_type: strict, metric_names: [a]}}}",
                ["metric_conditions cannot be used together with metrics.include, metrics.exclude"]
            ),
            (
                "{trace_conditions: ['span.name == \"a\"', {conditions: ['span.name == \"a\"']}]}",
                ["trace_conditions mixes conditions and groups of conditions"]
            ),
            ("{trace_conditions: 5}", ["trace_conditions is '5', but must be a list"]),
            (
                "{trace_conditions: [{context: log, conditions: ['span.name == nil']}]}",
                [
                    "trace_conditions[0].context is 'log', but must be one of resource, scope, span, spanevent"
                ]
            ),
            (
                "{metrics: {include: {match_type: expr, expressions: ['Label(\"a\") == \"b\"']}}}",
                [
                    "metrics.include.expressions is not in this build yet: the language of match_type: expr",
                    "metrics.include.match_type is expr, which is not in this build",
                ]
            ),
            (
                "{logs: {include: {match_type: strict, severity_number: {min: LOUD}}}}",
                ["logs.include.severity_number.min is 'LOUD', which is not a valid severity"]
            ),
            (
                "{logs: {include: {bodies: [a]}}}", ["logs.include.match_type must be given"]
            ),
            (
                "{spans: {include: {match_type: strict, log_bodies: [a]}}}",
                ["spans.include.log_bodies cannot be matched in a pipeline of traces"]
            ),
        ])
    func mistakes(yaml: String, messages: [String]) {
        let made = SectionText(yaml, path: "processors.filter") { Filter(from: &$0) }

        #expect(made.messages.sorted() == messages.map { "error: processors.filter.\($0)" })
    }

    @Test func `a mistake in a condition is pointed at`() {
        let made = SectionText(
            """
            traces:
              span:
                - 'attributes["a"] == "b"'
                - 'attributes["a"] = "b"'
            """, path: "processors.filter"
        ) { Filter(from: &$0) }

        #expect(made.report.hasPrefix("c.yaml:4:"))
        #expect(made.messages.count == 1)
        #expect(
            made.messages.first?.hasPrefix(
                "error: processors.filter.traces.span[1] is not a condition: ") == true)
        #expect(made.report.contains("^"))
    }
}

extension Body {
    fileprivate var bytesForTest: [UInt8] { withUnsafeBytes { Array($0) } }
}
