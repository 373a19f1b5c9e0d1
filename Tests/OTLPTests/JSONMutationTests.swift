import Primitives
import TestSupport
import Testing

@testable import OTLP

/// Goal: no text can make the JSON decoder trap, or make it write what the validator refuses.
/// Method: requests of each signal are damaged at random; what is accepted has to validate, and has
/// to say the same after it went through JSON once more. (Tests/Conformance does this a million
/// times, with another implementation as the judge.)
struct JSONMutationTests {
    static let requests: [(signal: Signal, json: String)] = [
        (
            .traces,
            #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shöp \"1\""}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"\u0047\ud83d\ude00","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1760000000000000000","flags":257,"events":[{"name":"e","x":[1,{"y":null}]}],"status":{"code":2}}]}]}]}"#
        ),
        (
            .metrics,
            #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"h","histogram":{"dataPoints":[{"count":3,"sum":1.5e-7,"bucketCounts":["1",2],"explicitBounds":[0.5,"NaN"]}],"aggregationTemporality":2}},{"exponentialHistogram":{"dataPoints":[{"scale":-1,"positive":{"offset":3,"bucketCounts":["7"]}}]}}]}]}]}"#
        ),
        (
            .logs,
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":9,"body":{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"bytesValue":"AQID"},{"boolValue":true},{"doubleValue":-0.1}]}}}]}}}]}]}]}"#
        ),
    ]

    @Test("a damaged text is refused or becomes a valid request", arguments: 0..<30)
    func damage(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let request = Self.requests[Int.random(in: 0..<3, using: &random)]
            var text = Array(request.json.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                Self.damage(&text, &random)
            }

            let converted = try? JSONDecoder.decode(
                text.span.bytes, as: request.signal.requestMessage
            ).freeze()

            guard let converted else { continue }
            let batch = try Batch(validating: converted, as: request.signal)
            let written = Self.json(batch)
            let again = try Batch(json: written.span.bytes, as: request.signal)
            #expect(Self.json(again) == written)
        }
    }

    private static func damage(_ text: inout [UInt8], _ random: inout SeededGenerator) {
        guard !text.isEmpty else { return }
        let position = Int.random(in: text.indices, using: &random)
        let end = min(text.count, position + Int.random(in: 1...30, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: text[position] = Array(#""\{}[]:,0-.eE"#.utf8).randomElement(using: &random) ?? 0
        case 2: text.removeSubrange(position..<end)
        case 3: text.removeSubrange(position...)
        default: text.insert(contentsOf: Array(text[position..<end]), at: position)
        }
    }

    private static func json(_ batch: Batch) -> [UInt8] {
        var buffer = ByteBuffer()
        batch.appendJSON(to: &buffer)
        return buffer.withUnsafeBytes { Array($0) }
    }
}
