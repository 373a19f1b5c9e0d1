import Primitives
import Testing

@testable import OTLP

/// What a sender is told about JSON that is refused: line, column in bytes, path, and the mistake.
struct JSONErrorTests {
    @Test(
        "a mistake is shown with its line, column and path",
        arguments: [
            ("", "1:1: the text ends, expected an object"),
            ("\u{feff}{}", "1:1: a byte order mark, expected plain UTF-8 without one"),
            ("[]", "1:1: '[', expected an object"),
            ("{} x", "1:4: something follows the value, expected the end of the text"),
            ("{", "1:2: the text ends, expected a key in double quotes"),
            ("{\n  \"resourceSpans\": {}\n}", "2:20: resourceSpans: '{', expected an array"),
            (#"{"resourceSpans" 1}"#, "1:18: '1', expected ':'"),
            (
                #"{"resourceSpans":[{}"#,
                "1:21: resourceSpans[0]: the text ends, expected ',' or ']'"
            ),
            (#"{"resourceSpans":[{},]}"#, "1:22: resourceSpans[1]: ']', expected an object"),
            (#"{"x":1,}"#, "1:8: '}', expected a key in double quotes"),
            (#"{"x":tru}"#, "1:6: x: 't', expected true, false or null"),
            (#"{"x":@}"#, "1:6: x: '@', expected a value"),
            (#"{"x":-}"#, "1:6: x: not a number"),
            (
                #"{"resourceSpans":[{"schemaUrl":5}]}"#,
                "1:32: resourceSpans[0].schemaUrl: '5', expected a string"
            ),
            (
                "{\"resourceSpans\":[{\"schemaUrl\":\"a\u{1}\"}]}",
                "1:34: resourceSpans[0].schemaUrl: the control character byte 0x01 in a string, expected an escape"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"\x"}]}"#,
                "1:33: resourceSpans[0].schemaUrl: an escape that JSON does not know"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"\u12"}]}"#,
                "1:33: resourceSpans[0].schemaUrl: an escape that JSON does not know"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"a\ud800b"}]}"#,
                "1:34: resourceSpans[0].schemaUrl: half of a surrogate pair, expected both halves"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"\ud800\u0041"}]}"#,
                "1:33: resourceSpans[0].schemaUrl: half of a surrogate pair, expected both halves"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"\udc00"}]}"#,
                "1:33: resourceSpans[0].schemaUrl: half of a surrogate pair, expected both halves"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"#,
                "1:32: resourceSpans[0].schemaUrl: the text ends, expected a string"
            ),
            (
                #"{"resourceSpans":[{"schemaUrl":"a"#,
                "1:34: resourceSpans[0].schemaUrl: the text ends, expected the closing quote"
            ),
        ])
    func syntax(text: String, expected: String) {
        #expect(mistake(in: text) == expected)
    }

    @Test(
        "a mistake in a span is shown with its path",
        arguments: [
            (#""traceId":"0102""#, "traceId: 4 hexadecimal digits, expected 32"),
            (
                #""traceId":"0102030405060708090a0b0c0d0e0f1""#,
                "traceId: 31 hexadecimal digits, expected 32"
            ),
            (#""spanId":"010203040506070g""#, "spanId: 'g', expected a hexadecimal digit"),
            (#""spanId":1"#, "spanId: '1', expected a string"),
            (#""kind":"SPAN_KIND_NONE""#, "kind: a name that the enumeration does not have"),
            (#""kind":"2""#, "kind: a name that the enumeration does not have"),
            (#""kind":true"#, "kind: 't', expected a number or a name of the enumeration"),
            (#""kind":2147483648"#, "kind: a number that does not fit a signed 32-bit integer"),
            (
                #""startTimeUnixNano":-1"#,
                "startTimeUnixNano: a number that does not fit an unsigned 64-bit integer"
            ),
            (
                #""startTimeUnixNano":1.5"#,
                "startTimeUnixNano: a number with a fraction, expected an integer"
            ),
            (#""startTimeUnixNano":"x""#, "startTimeUnixNano: not a number"),
            (
                #""startTimeUnixNano":{}"#,
                "startTimeUnixNano: '{', expected a number or a string with a number"
            ),
            (
                #""flags":4294967296"#,
                "flags: a number that does not fit an unsigned 32-bit integer"
            ),
            (
                #""attributes":[{"key":"a","value":{"doubleValue":1e999}}]"#,
                "attributes[0].value.doubleValue: a number that does not fit a 64-bit floating-point number"
            ),
            (
                #""attributes":[{},{"value":{"boolValue":1}}]"#,
                "attributes[1].value.boolValue: '1', expected true or false"
            ),
            (
                #""attributes":[{"value":{"bytesValue":"a"}}]"#,
                "attributes[0].value.bytesValue: a string that is not base64"
            ),
            (
                #""attributes":[{"value":{"bytesValue":"a==="}}]"#,
                "attributes[0].value.bytesValue: a string that is not base64"
            ),
            (
                #""attributes":[{"value":{"bytesValue":"Zm=="}},{"value":{"bytesValue":"Zg="}}]"#,
                "attributes[1].value.bytesValue: a string that is not base64"
            ),
            (#""events":[{"name":"a,]\"}"},{"name":7}]"#, "events[1].name: '7', expected a string"),
            (#""status":[]"#, "status: '[', expected an object"),
        ])
    func spans(member: String, expected: String) {
        let before = #"{"resourceSpans":[{},{"scopeSpans":[{"spans":[{"#

        let message = mistake(in: "\(before)\(member)}]}]}]}")

        #expect(
            message.hasSuffix(": resourceSpans[1].scopeSpans[0].spans[0].\(expected)"), "\(message)"
        )
    }

    @Test func `the column is that of the value`() {
        #expect(
            mistake(
                in: "{\"resourceSpans\":[\n {\"scopeSpans\":[{\"spans\":[{\"spanId\":  \"0\"}]}]}]}"
            )
                == "2:39: resourceSpans[0].scopeSpans[0].spans[0].spanId: 1 hexadecimal digits, expected 16"
        )
    }

    @Test(
        "bytes that are not UTF-8 are refused where they stand",
        arguments: [
            [0x80], [0xff], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf0, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82],
            [0xe2, 0x82, 0x41], [0xf0, 0x9f, 0x98],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for padding in 0..<9 {
            let before = Array("{\"name\":\"".utf8) + [UInt8](repeating: 0x61, count: padding)
            let text = before + bytes + Array("\"}".utf8)

            let expected = JSONError(
                JSONFailure(.invalidUTF8, at: before.count), in: text.span.bytes)
            #expect(throws: expected) { try converted(text, .event) }
        }
    }

    @Test func `a number of too many characters is refused`() {
        let digits = String(repeating: "1", count: JSONNumber.sizeLimit + 1)

        #expect(
            mistake(in: #"{"x":\#(digits)}"#) == "1:6: x: a number of more than 1024 characters")
    }

    @Test func `values that nest too deep are refused`() {
        let text =
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":"#
            + #"{"arrayValue":{"values":["#.repeated(60)

        let message = mistake(in: text, .logsRequest)

        #expect(
            message.hasPrefix(
                "1:1269: resourceLogs[0].scopeLogs[0].logRecords[0].body.arrayValue.values[0]"),
            "\(message)")
        #expect(message.contains("…"))
        #expect(message.hasSuffix(".arrayValue: values are nested more than 100 deep"))
    }

    private func mistake(in text: String, _ message: JSONMessage = .tracesRequest) -> String {
        do {
            return "no mistake: \(try converted(text, message))"
        } catch {
            return "\(error)"
        }
    }
}
