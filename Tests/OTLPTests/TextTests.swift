import Primitives
import Testing

@testable import OTLP

/// The text of the `debug` exporter, compared with the form that otelcol's golden files show.
struct TextTests {
    // MARK: Normal

    @Test func `a span takes a line`() throws {
        let json =
            #"{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"b"}},{"key":"c","value":{"boolValue":false}}]},"schemaUrl":"http://r","scopeSpans":[{"scope":{"name":"s","version":"1.2.3","attributes":[{"key":"d","value":{"doubleValue":1.5}}]},"schemaUrl":"http://s","spans":[{"name":"GET /","traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718","attributes":[{"key":"k","value":{"intValue":7}},{"key":"l"}]},{"name":"x"}]},{"spans":[{"traceId":"00000000000000000000000000000000"}]}]}]}"#

        #expect(
            try text(json, .traces, .normal) == """
                ResourceTraces #0 [http://r] a=b c=false
                ScopeTraces #0 s@1.2.3 [http://s] d=1.5
                GET / 0102030405060708090a0b0c0d0e0f10 1112131415161718 k=7 l=
                x \("")\("") \("")
                ScopeTraces #1
                \("") \("") \("")

                """)
    }

    @Test func `a log record takes a line, with a blank behind the body`() throws {
        let json =
            #"{"resourceLogs":[{"scopeLogs":[{"scope":{"version":"1"},"logRecords":[{"body":{"stringValue":"hello"}},{"body":{"kvlistValue":{"values":[{"key":"b","value":{"intValue":1}},{"key":"a","value":{"arrayValue":{"values":[{},{"stringValue":"<\"x\">"}]}}}]}},"attributes":[{"key":"k","value":{"bytesValue":"AQI="}}]}]}]}]}"#

        #expect(
            try text(json, .logs, .normal) == """
                ResourceLog #0
                ScopeLog #0 @1
                hello \("")
                {"a":[null,"<\\"x\\">"],"b":1} k=AQI=

                """)
    }

    @Test func `a data point takes a line`() throws {
        let json =
            #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"n","gauge":{"dataPoints":[{"asInt":"-5","attributes":[{"key":"a","value":{"stringValue":"b"}},{"key":"c","value":{"intValue":"0"}}]},{"asDouble":1234567.5},{"asDouble":1e-5},{}]}},{"name":"h","histogram":{"dataPoints":[{"count":3,"sum":1.5,"min":0,"max":1,"explicitBounds":[0.125,3],"bucketCounts":[1,2,0]},{"count":0}]}},{"name":"e","exponentialHistogram":{"dataPoints":[{"count":7,"scale":0,"zeroCount":1,"positive":{"offset":0,"bucketCounts":[1,2]},"negative":{"offset":1,"bucketCounts":[3]}}]}},{"name":"s","summary":{"dataPoints":[{"count":2,"sum":3,"quantileValues":[{"quantile":0.99,"value":2}]}]}},{"name":"empty"}]}]}]}"#

        #expect(
            try text(json, .metrics, .normal) == """
                ResourceMetrics #0
                ScopeMetrics #0
                n{a=b,c=0} -5
                n{} 1.2345675e+06
                n{} 1e-05
                n{} \("")
                h{} count=3 sum=1.5 min=0 max=1 le0.125=1 le3=2 0
                h{} count=0
                e{} count=7 le-2=3 zero=1 le2=1 le4=2
                s{} count=2 sum=3.000000 q0.99=2

                """)
    }

    // MARK: Detailed

    @Test func `a span is shown field by field`() throws {
        let json =
            #"{"resourceSpans":[{"resource":{"attributes":[{"key":"resource-attr","value":{"stringValue":"resource-attr-val-1"}}],"entityRefs":[{"type":"service","schemaUrl":"u","idKeys":["service.name"],"descriptionKeys":["d"]},{"type":"host"}]},"scopeSpans":[{"scope":{"attributes":[{"key":"m","value":{"kvlistValue":{"values":[]}}}]},"spans":[{"name":"operationA","traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718","kind":2,"traceState":"ot=th:0","startTimeUnixNano":"1581452772000000321","endTimeUnixNano":"1581452773000000789","droppedAttributesCount":1,"droppedEventsCount":2,"status":{"code":2,"message":"status-cancelled"},"attributes":[{"key":"a","value":{"arrayValue":{"values":[{"doubleValue":1e-7}]}}},{"key":"b"}],"events":[{"name":"event-with-attr","timeUnixNano":"1581452773000000123","droppedAttributesCount":2,"attributes":[{"key":"span-event-attr","value":{"stringValue":"v"}}]},{"name":"event"}],"links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718","traceState":"t","droppedAttributesCount":4,"attributes":[{"key":"l","value":{"boolValue":true}}]}]}]}]}]}"#

        #expect(
            try text(json, .traces, .detailed) == """
                ResourceSpans #0
                Resource SchemaURL: \("")
                Resource attributes:
                     -> resource-attr: Str(resource-attr-val-1)
                Resource entity refs:
                     -> Entity ref #0:
                          -> Type: service
                          -> Schema URL: u
                          -> ID keys:
                               -> service.name
                          -> Description keys:
                               -> d
                     -> Entity ref #1:
                          -> Type: host
                ScopeSpans #0
                ScopeSpans SchemaURL: \("")
                InstrumentationScope  \("")
                InstrumentationScope attributes:
                     -> m: Map({})
                Span #0
                    Trace ID       : 0102030405060708090a0b0c0d0e0f10
                    Parent ID      : \("")
                    ID             : 1112131415161718
                    Name           : operationA
                    Kind           : Server
                    TraceState     : ot=th:0
                    Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC
                    End time       : 2020-02-11 20:26:13.000000789 +0000 UTC
                    Status code    : Error
                    Status message : status-cancelled
                    DroppedAttributesCount: 1
                    DroppedEventsCount: 2
                    DroppedLinksCount: 0
                Attributes:
                     -> a: Slice([1e-7])
                     -> b: Empty()
                Events:
                SpanEvent #0
                     -> Name: event-with-attr
                     -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
                     -> DroppedAttributesCount: 2
                     -> Attributes::
                          -> span-event-attr: Str(v)
                SpanEvent #1
                     -> Name: event
                     -> Timestamp: 1970-01-01 00:00:00 +0000 UTC
                     -> DroppedAttributesCount: 0
                Links:
                SpanLink #0
                     -> Trace ID: 0102030405060708090a0b0c0d0e0f10
                     -> ID: 1112131415161718
                     -> TraceState: t
                     -> DroppedAttributesCount: 4
                     -> Attributes::
                          -> l: Bool(true)

                """)
    }

    @Test func `a log record is shown field by field`() throws {
        let json =
            #"{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"n","version":"v"},"logRecords":[{"timeUnixNano":"1581452773000000789","severityText":"INFO","severityNumber":9,"eventName":"e","body":{"kvlistValue":{"values":[{"key":"key2","value":{"bytesValue":"AQ=="}},{"key":"key1","value":{"stringValue":"x"}},{"key":"key1","value":{"stringValue":"val1"}}]}},"attributes":[{"key":"i","value":{"intValue":1}}],"traceId":"08040201000000000000000000000000","spanId":"0102040800000000","flags":1},{}]}]}]}"#

        #expect(
            try text(json, .logs, .detailed) == """
                ResourceLog #0
                Resource SchemaURL: \("")
                ScopeLogs #0
                ScopeLogs SchemaURL: \("")
                InstrumentationScope n v
                LogRecord #0
                ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
                Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC
                SeverityText: INFO
                SeverityNumber: Info(9)
                EventName: e
                Body: Map({"key1":"val1","key2":"AQ=="})
                Attributes:
                     -> i: Int(1)
                Trace ID: 08040201000000000000000000000000
                Span ID: 0102040800000000
                Flags: 1
                LogRecord #1
                ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
                Timestamp: 1970-01-01 00:00:00 +0000 UTC
                SeverityText: \("")
                SeverityNumber: Unspecified(0)
                Body: Empty()
                Trace ID: \("")
                Span ID: \("")
                Flags: 0

                """)
    }

    @Test func `metrics of all kinds are shown field by field`() throws {
        let json =
            #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"g","description":"d","unit":"1","metadata":[{"key":"a","value":{"stringValue":"b"}}],"gauge":{"dataPoints":[{"asInt":123,"startTimeUnixNano":"1581452772000000000","timeUnixNano":"1581452773120000000","attributes":[{"key":"k","value":{"stringValue":"v"}}]}]}},{"name":"s","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asDouble":1.23,"exemplars":[{"asDouble":15,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1112131415161718","timeUnixNano":"1","filteredAttributes":[{"key":"e","value":{"stringValue":"f"}}]},{"asInt":"3"}]}]}},{"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"count":1,"sum":15,"min":15,"max":15,"explicitBounds":[1],"bucketCounts":[0,1]}]}},{"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"count":5,"scale":1,"zeroCount":1,"sum":0.15,"positive":{"offset":1,"bucketCounts":[1,1]},"negative":{"offset":-1,"bucketCounts":[1,1]}}]}},{"name":"y","summary":{"dataPoints":[{"count":1,"sum":15,"quantileValues":[{"quantile":0.01,"value":15}]}]}},{"name":"z"}]}]}]}"#

        #expect(
            try text(json, .metrics, .detailed) == """
                ResourceMetrics #0
                Resource SchemaURL: \("")
                ScopeMetrics #0
                ScopeMetrics SchemaURL: \("")
                InstrumentationScope  \("")
                Metric #0
                Descriptor:
                     -> Name: g
                     -> Description: d
                     -> Unit: 1
                     -> DataType: Gauge
                     -> Metadata:
                          -> a: Str(b)
                NumberDataPoints #0
                Data point attributes:
                     -> k: Str(v)
                StartTimestamp: 2020-02-11 20:26:12 +0000 UTC
                Timestamp: 2020-02-11 20:26:13.12 +0000 UTC
                Value: 123
                Metric #1
                Descriptor:
                     -> Name: s
                     -> Description: \("")
                     -> Unit: \("")
                     -> DataType: Sum
                     -> IsMonotonic: true
                     -> AggregationTemporality: Cumulative
                NumberDataPoints #0
                StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
                Timestamp: 1970-01-01 00:00:00 +0000 UTC
                Value: 1.230000
                Exemplars:
                Exemplar #0
                     -> Trace ID: 0102030405060708090a0b0c0d0e0f10
                     -> Span ID: 1112131415161718
                     -> Timestamp: 1970-01-01 00:00:00.000000001 +0000 UTC
                     -> Value: 15.000000
                     -> FilteredAttributes:
                          -> e: Str(f)
                Exemplar #1
                     -> Trace ID: \("")
                     -> Span ID: \("")
                     -> Timestamp: 1970-01-01 00:00:00 +0000 UTC
                     -> Value: 3
                Metric #2
                Descriptor:
                     -> Name: h
                     -> Description: \("")
                     -> Unit: \("")
                     -> DataType: Histogram
                     -> AggregationTemporality: Delta
                HistogramDataPoints #0
                StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
                Timestamp: 1970-01-01 00:00:00 +0000 UTC
                Count: 1
                Sum: 15.000000
                Min: 15.000000
                Max: 15.000000
                ExplicitBounds #0: 1.000000
                Buckets #0, Count: 0
                Buckets #1, Count: 1
                Metric #3
                Descriptor:
                     -> Name: e
                     -> Description: \("")
                     -> Unit: \("")
                     -> DataType: ExponentialHistogram
                     -> AggregationTemporality: Delta
                ExponentialHistogramDataPoints #0
                StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
                Timestamp: 1970-01-01 00:00:00 +0000 UTC
                Count: 5
                Sum: 0.150000
                Bucket [-1.414214, -1.000000), Count: 1
                Bucket [-1.000000, -0.707107), Count: 1
                Bucket [0, 0], Count: 1
                Bucket (1.414214, 2.000000], Count: 1
                Bucket (2.000000, 2.828427], Count: 1
                Metric #4
                Descriptor:
                     -> Name: y
                     -> Description: \("")
                     -> Unit: \("")
                     -> DataType: Summary
                SummaryDataPoints #0
                StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
                Timestamp: 1970-01-01 00:00:00 +0000 UTC
                Count: 1
                Sum: 15.000000
                QuantileValue #0: Quantile 0.010000, Value 15.000000
                Metric #5
                Descriptor:
                     -> Name: z
                     -> Description: \("")
                     -> Unit: \("")
                     -> DataType: Empty

                """)
    }

    @Test func `nothing of a batch is nothing of text`() throws {
        #expect(try text("{}", .logs, .normal) == "")
        #expect(try text("{}", .traces, .detailed) == "")
    }

    // MARK: Numbers and times

    @Test(
        "a double is written as Go's %v",
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (100_000, "100000"), (1_000_000, "1e+06"),
            (123_456_789, "1.23456789e+08"), (0.0001, "0.0001"), (0.00001, "1e-05"),
            (-0.017, "-0.017"), (1e100, "1e+100"), (.nan, "NaN"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (78.901234567, "78.901234567"),
        ] as [(Double, String)])
    func general(value: Double, expected: String) {
        var buffer = ByteBuffer()

        buffer.appendGeneral(value)

        #expect(written(buffer) == expected)
    }

    @Test(
        "a double is written as Go's %f",
        arguments: [
            (0, "0.000000"), (-0.0, "-0.000000"), (1.5, "1.500000"), (0.0000005, "0.000000"),
            (0.0000015, "0.000002"), (2.0000005, "2.000001"), (-0.99999951, "-1.000000"),
            (5e-324, "0.000000"), (123456789.125, "123456789.125000"),
            (9007199254740993, "9007199254740992.000000"), (1e22, "10000000000000000000000.000000"),
            (1e30, "1000000000000000019884624838656.000000"), (.infinity, "+Inf"),
            (0.1, "0.100000"), (1e15 + 0.3, "1000000000000000.250000"),
            (2251799813685249.5, "2251799813685249.500000"),
        ] as [(Double, String)])
    func fixed(value: Double, expected: String) {
        var buffer = ByteBuffer()

        buffer.appendFixed(value)

        #expect(written(buffer) == expected)
    }

    @Test func `the greatest double is written with all its digits`() {
        var buffer = ByteBuffer()

        buffer.appendFixed(.greatestFiniteMagnitude)

        #expect(
            written(buffer)
                == "179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368.000000"
        )
    }

    @Test(
        "a time is written as Go's time",
        arguments: [
            (0, "1970-01-01 00:00:00 +0000 UTC"),
            (951_782_400_000_000_000, "2000-02-29 00:00:00 +0000 UTC"),
            (1_581_452_773_000_000_789, "2020-02-11 20:26:13.000000789 +0000 UTC"),
            (4_107_542_399_999_999_990, "2100-02-28 23:59:59.99999999 +0000 UTC"),
            (9_223_372_036_854_775_807, "2262-04-11 23:47:16.854775807 +0000 UTC"),
            (9_223_372_036_854_775_808, "1677-09-21 00:12:43.145224192 +0000 UTC"),
            (.max, "1969-12-31 23:59:59.999999999 +0000 UTC"),
        ] as [(UInt64, String)])
    func times(nanoseconds: UInt64, expected: String) {
        var buffer = ByteBuffer()

        buffer.appendTime(nanoseconds)

        #expect(written(buffer) == expected)
    }

    private func text(_ json: String, _ signal: Signal, _ detail: TextDetail) throws -> String {
        let batch = try Batch(json: Array(json.utf8).span.bytes, as: signal)
        var buffer = ByteBuffer()
        batch.appendText(detail, to: &buffer)
        return written(buffer)
    }

    private func written(_ buffer: borrowing ByteBuffer) -> String {
        buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
