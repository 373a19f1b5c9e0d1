import Primitives
import Testing

@testable import OTLP

struct BatchJSONTests {
    @Test(
        "a request in JSON becomes a batch and is written as it was read",
        arguments: [
            (
                Signal.traces,
                #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"s","version":"1"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","flags":257,"name":"GET /","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2","events":[{"timeUnixNano":"3","name":"e"}],"links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}],"status":{"message":"no","code":2}}],"schemaUrl":"u"}],"schemaUrl":"v"}]}"#
            ),
            (
                .metrics,
                #"{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{},"metrics":[{"name":"g","unit":"1","gauge":{"dataPoints":[{"asDouble":0},{"asInt":"0","flags":1}]}},{"name":"h","histogram":{"dataPoints":[{"count":"3","sum":0,"bucketCounts":["1","2"],"explicitBounds":[0.5],"min":-1,"max":1e+21}],"aggregationTemporality":2}},{"name":"e","exponentialHistogram":{"dataPoints":[{"scale":-3,"positive":{"offset":-1,"bucketCounts":["1"]},"negative":{},"zeroThreshold":1e-9}]}},{"name":"s","summary":{"dataPoints":[{"count":"1","sum":2,"quantileValues":[{"quantile":0.5,"value":2}]}]}}]}]}]}"#
            ),
            (
                .logs,
                #"{"resourceLogs":[{"resource":{"entityRefs":[{"type":"service","idKeys":["a","b"],"descriptionKeys":["c"]}]},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"1","observedTimeUnixNano":"2","severityNumber":9,"severityText":"INFO","body":{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{},{"boolValue":false},{"bytesValue":""}]}}}]}},"flags":1,"eventName":"x"}]}]}]}"#
            ),
        ])
    func roundTrip(signal: Signal, json: String) throws {
        let batch = try Batch(json: Array(json.utf8).span.bytes, as: signal)

        #expect(written(batch) == json)
        #expect(try written(Batch(validating: batch.joined(), as: signal)) == json)
    }

    @Test func `items are counted as from protobuf`() throws {
        let json =
            #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{},{}]}},{}]}]}]}"#

        let batch = try Batch(json: Array(json.utf8).span.bytes, as: .metrics)

        #expect([batch.itemCount, batch.recordCount, batch.resourceCount] == [2, 2, 1])
    }

    @Test func `an empty batch is an empty object`() throws {
        #expect(written(Batch(.logs)) == "{}")
        #expect(try written(Batch(json: Array("{}".utf8).span.bytes, as: .logs)) == "{}")
    }

    @Test func `scope groups of before OTLP 0_19 are taken if there are no others`() throws {
        let json = #"{"resourceSpans":[{"deprecatedScopeSpans":[{"spans":[{"name":"old"}]}]}]}"#

        let batch = try Batch(json: Array(json.utf8).span.bytes, as: .traces)

        #expect(
            written(batch)
                == #"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"name":"old","status":{}}]}]}]}"#
        )
    }

    @Test func `equal resources are merged`() throws {
        let json = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"a"}]}]}]}"#
        var batch = try Batch(json: Array(json.utf8).span.bytes, as: .logs)
        batch.append(batch)

        #expect(
            written(batch)
                == #"{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[{"body":{},"eventName":"a"},{"body":{},"eventName":"a"}]}]}]}"#
        )
    }

    @Test func `a mistake is told with its place`() throws {
        let json = Array(
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"01"}]}]}]}"#.utf8)

        let error = #expect(throws: OTLPError.self) { try Batch(json: json.span.bytes, as: .logs) }

        #expect(
            error?.description
                == "JSON at 1:58: resourceLogs[0].scopeLogs[0].logRecords[0].traceId: 2 hexadecimal digits, expected 32"
        )
    }

    private func written(_ batch: Batch) -> String {
        var buffer = ByteBuffer()
        batch.appendJSON(to: &buffer)
        return buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
