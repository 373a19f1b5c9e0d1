import OTLP
import OTTL
import TestSupport
import Testing

/// Every path of every context, read from a record.
struct PathTests {
    private func check(_ text: String, _ context: PathContext, _ record: Proto) throws {
        let condition = try Condition(text, in: context, .prefixed)
        let result = try Samples.withSubject(record, in: context) { subject in
            try condition.holds(for: subject)
        }
        #expect(result, "\(text)")
    }

    @Test func `spans`() throws {
        let conditions = [
            #"span.name == "GET /health""#, "span.kind == 2", #"span.kind.string == "Server""#,
            #"span.kind.deprecated_string == "SPAN_KIND_SERVER""#,
            #"span.trace_id != nil and span.trace_id == span.trace_id"#,
            #"span.trace_id.string == "0102030405060708090a0b0c0d0e0f10""#,
            #"span.span_id.string == "0102030405060708""#,
            #"span.parent_span_id.string == "0b0c0d0e0f101112""#,
            #"span.parent_span_id == span.parent_span_id and span.span_id != span.parent_span_id"#,
            #"span.trace_state == "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE""#,
            #"span.trace_state["congo"] == "t61rcWkgMzE" and span.trace_state["no"] == """#,
            "span.status.code == STATUS_CODE_ERROR", #"span.status.message == "broken""#,
            "span.status == span.status and span.status != nil",
            "span.start_time_unix_nano == 1700000000000000000",
            "span.end_time_unix_nano == 1700000000002000000",
            "span.end_time > span.start_time",
            "span.end_time - (span.end_time - span.start_time) == span.start_time",
            #"span.attributes["text"] == "abc""#, "span.attributes != nil",
            "span.dropped_attributes_count == 3", "span.dropped_events_count == 4",
            "span.dropped_links_count == 5", "span.flags == 257", "span.events == span.events",
            "span.links != span.events", #"span.cache["x"] == nil and span.cache == {}"#,
        ]
        for text in conditions { try check(text, .span, Samples.span) }
    }

    @Test func `spans without anything`() throws {
        let conditions = [
            #"span.name == "" and span.kind == 0 and span.kind.string == "Unspecified""#,
            #"span.trace_id.string == "00000000000000000000000000000000""#,
            #"span.span_id.string == "0000000000000000""#, #"span.trace_state == """#,
            #"span.trace_state["x"] == """#,
            #"span.status.code == 0 and span.status.message == """#,
            "span.start_time_unix_nano == 0 and span.flags == 0",
            "span.attributes == {} and span.start_time == span.end_time",
        ]
        for text in conditions { try check(text, .span, Proto()) }
        try check(#"span.kind.string == "" and span.kind == 9"#, .span, Proto().varint(6, 9))
        try check(#"span.trace_state["x"] == nil"#, .span, Proto().text(3, "broken"))
    }

    @Test func `parents`() throws {
        let conditions = [
            #"resource.attributes["service.name"] == "cart""#, #"scope.attributes["s"] == "t""#,
            "resource.dropped_attributes_count == 6", "scope.dropped_attributes_count == 7",
            #"resource.schema_url == "resource-schema""#, #"scope.schema_url == "scope-schema""#,
            #"scope.name == "lib" and scope.version == "1.2""#,
            #"instrumentation_scope.name == "lib""#,
        ]
        for text in conditions {
            try check(text, .span, Samples.span)
            try check(text, .spanevent, Samples.span)
            try check(text, .log, Samples.record)
            try check(text, .metric, Samples.gauge)
            try check(text, .datapoint, Samples.gauge)
            try check(text, .scope, Samples.span)
        }
        try check(#"resource.attributes["service.name"] == "cart""#, .resource, Samples.span)
        try check(#"metric.name == "queue""#, .datapoint, Samples.gauge)
        try check(#"span.name == "GET /health""#, .spanevent, Samples.span)
    }

    @Test func `span events`() throws {
        let conditions = [
            #"spanevent.name == "exception""#,
            "spanevent.time_unix_nano == 1700000000000000005",
            "spanevent.time - span.start_time != nil",
            #"spanevent.attributes["exception.type"] == "boom""#,
            "spanevent.dropped_attributes_count == 2", "spanevent.event_index == 1",
        ]
        for text in conditions { try check(text, .spanevent, Samples.span) }
    }

    @Test func `log records`() throws {
        let conditions = [
            #"log.body["code"] == 7 and log.body["no"] == nil"#,
            #"log.body == {"k": "v<", "code": 7}"#,
            #"log.body.string == "{\"code\":7,\"k\":\"v\\u003c\"}""#,
            #"log.attributes["int"] == 7"#, "log.dropped_attributes_count == 1", "log.flags == 1",
            "log.severity_number == SEVERITY_NUMBER_ERROR", #"log.severity_text == "Error""#,
            "log.time_unix_nano == 1700000000000000000",
            "log.observed_time_unix_nano == 1700000000000000001",
            "log.observed_time > log.time",
            #"log.trace_id.string == "0102030405060708090a0b0c0d0e0f10""#,
            #"log.span_id.string == "0102030405060708" and log.span_id == log.span_id"#,
            #"log.trace_id != nil and log.event_name == "login""#,
        ]
        for text in conditions { try check(text, .log, Samples.record) }
    }

    @Test func `bodies of each kind`() throws {
        try check(
            #"log.body == "x" and log.body.string == "x""#, .log,
            Samples.log(body: Samples.value("x")))
        try check(
            #"log.body == 42 and log.body.string == "42""#, .log, Samples.log(body: Samples.int(42))
        )
        try check(
            #"log.body == true and log.body.string == "true""#, .log,
            Samples.log(body: Samples.bool(true)))
        try check(
            #"log.body == 2.5 and log.body.string == "2.5""#, .log,
            Samples.log(body: Samples.double(2.5)))
        let bytes = Samples.log(body: Samples.any(bytes: [1, 2]))
        try check(#"log.body == 0x0102 and log.body.string == "AQI=""#, .log, bytes)
        let list = Samples.log(body: Samples.any(list: [Samples.int(1), Samples.value("x")]))
        try check(#"log.body[1] == "x" and log.body.string == "[1,\"x\"]""#, .log, list)
        try check(#"log.body == nil and log.body.string == """#, .log, Proto())
        let text = try Condition(#"body["code"] == 7"#, in: .log, .own)
        for body in [Samples.value("x"), Samples.int(1), Proto()] {
            #expect(throws: EvaluationError.self) {
                _ = try Samples.withSubject(Samples.log(body: body), in: .log) { subject in
                    try text.holds(for: subject)
                }
            }
        }
    }

    @Test func `metrics`() throws {
        let gauge = [
            #"metric.name == "queue" and metric.description == "length" and metric.unit == "1""#,
            "metric.type == METRIC_DATA_TYPE_GAUGE", "metric.aggregation_temporality == nil",
            "metric.is_monotonic == nil", #"metric.metadata["owner"] == "me""#,
            "metric.data_points == metric.data_points", #"not (metric.type == "Gauge")"#,
        ]
        for text in gauge { try check(text, .metric, Samples.gauge) }
        try check("metric.is_monotonic == true and metric.type == 2", .metric, Samples.sum)
        try check(
            "metric.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE", .metric,
            Samples.sum)
        try check(
            "metric.type == 3 and metric.aggregation_temporality == 1 and metric.is_monotonic == nil",
            .metric, Samples.histogram)
        try check(
            "metric.type == 4 and metric.aggregation_temporality == 2", .metric,
            Samples.exponential)
        try check(
            "metric.type == 5 and metric.aggregation_temporality == nil", .metric, Samples.summary)
        try check("metric.type == METRIC_DATA_TYPE_NONE", .metric, Proto())
    }

    @Test func `number points`() throws {
        let conditions = [
            #"datapoint.attributes["host"] == "h1" and datapoint.attributes["number"] == 1"#,
            "datapoint.value_int == 42 and datapoint.value_double == 0.0",
            "datapoint.start_time_unix_nano == 1700000000000000000",
            "datapoint.time_unix_nano == 1700000000000000001",
            "datapoint.time > datapoint.start_time", "datapoint.flags == FLAG_NO_RECORDED_VALUE",
            "datapoint.count == nil and datapoint.sum == nil and datapoint.scale == nil",
            "datapoint.bucket_counts == nil and datapoint.quantile_values == nil",
            "datapoint.exemplars == datapoint.exemplars and datapoint.positive == nil",
        ]
        for text in conditions { try check(text, .datapoint, Samples.gauge) }
        try check(
            "datapoint.value_double == 2.5 and datapoint.value_int == 0", .datapoint, Samples.sum)
    }

    @Test func `histogram and summary points`() throws {
        let all = [
            "datapoint.count == 6 and datapoint.sum == 1.5 and datapoint.flags == 1",
            #"datapoint.attributes["host"] == "h1""#,
            "datapoint.value_int == nil and datapoint.value_double == nil",
        ]
        for record in [Samples.histogram, Samples.exponential, Samples.summary] {
            for text in all { try check(text, .datapoint, record) }
        }
        try check(
            "datapoint.bucket_counts == [1, 2, 3] and datapoint.explicit_bounds == [0.5, 1.0]",
            .datapoint, Samples.histogram)
        let exponential = [
            "datapoint.scale == -2 and datapoint.zero_count == 9",
            "datapoint.positive.offset == 2 and datapoint.negative.offset == -1",
            "datapoint.positive.bucket_counts == [1, 2, 128]",
            "datapoint.negative.bucket_counts == [5]",
            "datapoint.positive != datapoint.negative",
        ]
        for text in exponential { try check(text, .datapoint, Samples.exponential) }
        try check(
            "datapoint.quantile_values == datapoint.quantile_values and datapoint.exemplars == nil",
            .datapoint, Samples.summary)
    }

    @Test func `paths without a context are of the own one, where that is the style`() throws {
        #expect(try holds(#"name == "GET /health" and status.code == 2"#, .span, .own))
        #expect(try holds(#"name == span.name and status.code == 2"#, .span, .either))
        #expect(try holds(#"resource.attributes["service.name"] == "cart""#, .span, .own))
        #expect(throws: OTTLError.self) { try holds(#"name == "x""#, .span, .prefixed) }
        #expect(throws: OTTLError.self) { try holds(#"span.name == "x""#, .span, .own) }
    }

    @Test(
        "trace states are read as W3C says",
        arguments: [
            ("a=1,b=2", "b", "2"), (" a=1 ,\tb=2", "a", "1"), ("a=1,,b=2", "b", "2"),
            ("a@b=1", "a@b", "1"), ("1a@b=x", "1a@b", "x"), ("", "a", ""),
            ("A=1", "A", nil), ("a=1,a=2", "a", nil), ("a", "a", nil), ("a==", "a", nil),
            ("a=", "a", nil), ("1a=1", "1a", nil),
        ])
    func traceStates(state: String, vendor: String, expected: String?) throws {
        let span = Proto().text(3, state)
        let literal = expected.map { "\"\($0)\"" } ?? "nil"
        #expect(try holds("trace_state[\"\(vendor)\"] == \(literal)", for: span))
    }
}
