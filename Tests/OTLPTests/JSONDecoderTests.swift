import Primitives
import Testing

@testable import OTLP

/// The rules of reading OTLP/JSON. Most are shown by what our encoder makes of the result, which
/// has one form for each meaning.
struct JSONDecoderTests {
    static let lowest = "-9223372036854775808"
    static let greatest = "18446744073709551615"

    // MARK: Keys

    @Test func `keys of both spellings are taken`() throws {
        let text = #"{"trace_id":"","dropped_attributes_count":3,"startTimeUnixNano":"1"}"#

        let span = try normalized(text, .span)

        #expect(span == #"{"startTimeUnixNano":"1","droppedAttributesCount":3,"status":{}}"#)
    }

    @Test(
        "a key that is not known is skipped with its value",
        arguments: [
            "1", "-1.5e-7", "true", "false", "null", #""text \n""#, "[]", "{}",
            #"[1,[2,{"a":[]}]]"#,
            #"{"name":"y","b":{"c":[null]}}"#,
        ])
    func unknownKeys(value: String) throws {
        let text =
            #"{"unknown":\#(value),"name":"x", "averyveryverylongkeythatnobodyknows" : \#(value)}"#

        #expect(try normalized(text, .event) == #"{"name":"x"}"#)
    }

    @Test func `a key may be written with escapes`() throws {
        for padding in [0, 64] {
            let end = " ".repeated(padding)

            #expect(try normalized(#"{"\u006e\u0061me":"x"}"# + end, .event) == #"{"name":"x"}"#)
            #expect(try normalized(#"{"name\"":"x"}"# + end, .event) == "{}")
            #expect(
                try normalized(#"{"\u006e\u0061\u006d\u0065":"x"}"# + end, .event)
                    == #"{"name":"x"}"#)
        }
    }

    @Test func `every field is read under both names and written under the first`() throws {
        for message in JSONMessage.allCases {
            for field in message.fields {
                let value = Self.example(of: field)
                let expected = try normalized("{\"\(field.name)\":\(value)}", message)

                #expect(expected.contains("\"\(field.name)\":"), "\(message).\(field.name)")
                #expect(try normalized("{\"\(field.protoName)\":\(value)}", message) == expected)
                #expect(
                    try normalized("{\n \"\(field.name)\" : \(value)\t}\r\n", message) == expected)
            }
        }
    }

    private static func example(of field: JSONField) -> String {
        switch field.kind {
        case .message: "{}"
        case .messages: "[{}]"
        case .string: #""text""#
        case .strings: #"["a"]"#
        case .base64: #""AQID""#
        case .traceID: #""000102030405060708090a0b0c0d0e0f""#
        case .spanID: #""0001020304050607""#
        case .bool: "true"
        case .packedUInt64, .packedDouble, .packedFixed64: "[1,2]"
        default: "1"
        }
    }

    // MARK: Repetition and absence

    @Test func `of a scalar given twice the last counts`() throws {
        #expect(try normalized(#"{"name":"a","name":"b"}"#, .event) == #"{"name":"b"}"#)
        #expect(try normalized(#"{"name":"a","name":""}"#, .event) == "{}")
    }

    @Test func `arrays given twice are joined`() throws {
        let text = #"{"bucketCounts":[1],"bucket_counts":["2",3]}"#

        #expect(try normalized(text, .buckets) == #"{"bucketCounts":["1","2","3"]}"#)
    }

    @Test func `of two members of a oneof the last counts`() throws {
        let text = #"{"intValue":1,"stringValue":"x"}"#

        #expect(try normalized(text, .anyValue) == #"{"stringValue":"x"}"#)
    }

    @Test func `null is the same as absent`() throws {
        for message in JSONMessage.allCases {
            for field in message.fields {
                let bytes = try converted("{\"\(field.name)\": null}", message)

                #expect(bytes == [], "\(message).\(field.name)")
            }
        }
    }

    @Test func `null in an array of messages is an empty message`() throws {
        #expect(
            try normalized(#"{"values":[null,{}, null]}"#, .arrayValue) == #"{"values":[{},{},{}]}"#
        )
    }

    // MARK: Strings

    @Test func `escapes mean what RFC 8259 says`() throws {
        let text = #"{"name":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\uDE00"}"#

        let bytes = try converted(text, .event)

        #expect(bytes == protobufString(2, "\"\\/\u{8}\u{c}\n\r\té€😀"))
    }

    @Test("strings of any size and place arrive whole", arguments: 0..<40)
    func strings(size: Int) throws {
        for letter in ["a", "é", "€", "😀", "\\n"] {
            let written = String(repeating: letter, count: size * 5)
            let text = letter == "\\n" ? String(repeating: "\n", count: size * 5) : written

            #expect(try converted(#"{"name":"\#(written)"}"#, .event) == protobufString(2, text))
        }
    }

    @Test(
        "a message of any size gets its length",
        arguments: [0, 1, 100, 127, 128, 16_383, 16_384, 3_000_000])
    func lengths(size: Int) throws {
        let name = String(repeating: "x", count: size)
        let text =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\#(name)","attributes":[{"key":"\#(name)","value":{"stringValue":"\#(name)"}}]}]}]}]}"#

        let span =
            #"{"name":"\#(name)","attributes":[{"key":"\#(name)","value":{"stringValue":"\#(name)"}}],"status":{}}"#
        let expected =
            size > 0 ? span : #"{"attributes":[{"value":{"stringValue":""}}],"status":{}}"#
        #expect(
            try normalized(text, .tracesRequest)
                == #"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[\#(expected)]}]}]}"#
        )
    }

    // MARK: Identifiers and bytes

    @Test func `ids are hexadecimal of either case, or empty`() throws {
        let text =
            #"{"traceId":"000102030405060708090A0b0C0d0EfF","spanId":"","parentSpanId":"AbCdEf0123456789"}"#

        let span = try normalized(text, .span)

        #expect(
            span
                == #"{"traceId":"000102030405060708090a0b0c0d0eff","parentSpanId":"abcdef0123456789","status":{}}"#
        )
    }

    @Test func `an id may be written with escapes`() throws {
        #expect(
            try normalized(#"{"spanId":"\u00300000000000000Ff"}"#, .link)
                == #"{"spanId":"00000000000000ff"}"#)
    }

    @Test func `each byte value is a digit of an id or is not`() {
        for byte in UInt8(0x20)...0x7e
        where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
            let digit = String(Unicode.Scalar(byte))
            let isValid = Hexadecimal.value(of: byte) != nil
            for index in 0..<16 {
                var digits = [String](repeating: "0", count: 16)
                digits[index] = digit

                let result = try? normalized(#"{"spanId":"\#(digits.joined())"}"#, .link)

                #expect((result != nil) == isValid)
                if isValid {
                    #expect(result == #"{"spanId":"\#(digits.joined().lowercased())"}"#)
                }
            }
        }
    }

    @Test(
        "bytes are base64 of either alphabet, padded or not",
        arguments: [
            ("", ""), ("Zg==", "Zg=="), ("Zg", "Zg=="), ("Zm8=", "Zm8="), ("Zm8", "Zm8="),
            ("Zm9v", "Zm9v"), ("+/+/", "+/+/"), ("-_-_", "+/+/"), (#"\/\/8="#, "//8="),
        ])
    func base64(written: String, expected: String) throws {
        #expect(
            try normalized(#"{"bytesValue":"\#(written)"}"#, .anyValue)
                == #"{"bytesValue":"\#(expected)"}"#)
    }

    // MARK: Numbers

    @Test(
        "64-bit integers are numbers or strings, if they are integral",
        arguments: [
            ("0", "0"), ("-0", "0"), ("7", "7"), (#""7""#, "7"), (#""-7""#, "-7"), ("1.0", "1"),
            ("1e3", "1000"), (#""1E3""#, "1000"), ("15e-1e", ""), ("10e-1", "1"), ("1.50e+1", "15"),
            ("9223372036854775807", "9223372036854775807"), (lowest, lowest),
            (#""\u0031\u0032""#, "12"),
            ("9.223372036854775807e18", "9223372036854775807"), ("0e999999999", "0"),
            ("12345678", "12345678"), ("1234567890123456", "1234567890123456"),
            ("00", ""), ("01", ""), (#""01""#, ""), ("1.", ""), (".5", ""), ("+1", ""),
            (#"" 1""#, ""),
            (#""""#, ""), ("1.5", ""), ("9223372036854775808", ""), ("-9223372036854775809", ""),
            ("1e-1", ""), ("1e19", ""), ("1e999999999999999999999", ""), ("true", ""), ("[]", ""),
        ])
    func integers(written: String, expected: String) {
        let result = try? normalized(#"{"intValue":\#(written)}"#, .anyValue)

        #expect(result == (expected.isEmpty ? nil : #"{"intValue":"\#(expected)"}"#))
    }

    @Test(
        "unsigned integers of 64 bits",
        arguments: [
            (greatest, greatest), ("1.8446744073709551615e19", greatest),
            ("18446744073709551616", ""), ("-1", ""),
        ])
    func unsignedIntegers(written: String, expected: String) {
        let result = try? normalized(#"{"timeUnixNano":\#(written)}"#, .event)

        #expect(result == (expected.isEmpty ? nil : #"{"timeUnixNano":"\#(expected)"}"#))
    }

    @Test(
        "32-bit integers keep to their range",
        arguments: [
            ("scale", "-2147483648", true), ("scale", "2147483647", true),
            ("scale", "2147483648", false),
            ("scale", "-2147483649", false), ("flags", "4294967295", true),
            ("flags", "4294967296", false),
            ("flags", "-1", false), ("scale", #""-3""#, true),
        ])
    func smallIntegers(name: String, written: String, isValid: Bool) {
        let result = try? normalized(#"{"\#(name)":\#(written)}"#, .exponentialHistogramDataPoint)

        #expect((result != nil) == isValid)
        let plain = written.replacing("\"", with: "")
        if let result { #expect(result.contains("\"\(name)\":\(plain)")) }
    }

    @Test(
        "doubles are numbers, strings or special names",
        arguments: [
            ("0", "0"), ("-0.0", "-0"), ("1.5", "1.5"), (#""1.5""#, "1.5"), ("1e300", "1e+300"),
            ("0.1", "0.1"), ("123456789012345678", "123456789012345680"), ("1e22", "1e+22"),
            ("5e-324", "5e-324"),
            ("2.2250738585072011e-308", "2.225073858507201e-308"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            (#""NaN""#, #""NaN""#), (#""Infinity""#, #""Infinity""#),
            (#""-Infinity""#, #""-Infinity""#),
            ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1e21", "1e+21"),
            ("100000000000000000000", "100000000000000000000"),
            ("9007199254740993", "9007199254740992"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("NaN", ""), (#""nan""#, ""), ("1e999", ""), ("-1e999", ""), ("01.5", ""),
            ("1.5.5", ""), ("null,", ""),
        ])
    func doubles(written: String, expected: String) {
        let result = try? normalized(#"{"doubleValue":\#(written)}"#, .anyValue)

        #expect(result == (expected.isEmpty ? nil : #"{"doubleValue":\#(expected)}"#))
    }

    @Test func `an enumeration is a number, known or not, or its name`() throws {
        #expect(try normalized(#"{"kind":2}"#, .span) == #"{"kind":2,"status":{}}"#)
        #expect(try normalized(#"{"kind":77}"#, .span) == #"{"kind":77,"status":{}}"#)
        #expect(try normalized(#"{"kind":-1}"#, .span) == #"{"kind":-1,"status":{}}"#)
        #expect(
            try normalized(#"{"kind":"SPAN_KIND_SERVER"}"#, .span) == #"{"kind":2,"status":{}}"#)
        #expect(
            try normalized(#"{"severityNumber":"SEVERITY_NUMBER_FATAL4"}"#, .logRecord)
                == #"{"severityNumber":24,"body":{}}"#)
        #expect(try normalized(#"{"code":"STATUS_CODE_ERROR"}"#, .status) == #"{"code":2}"#)
        #expect(
            try normalized(
                #"{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE"}"#, .sum)
                == #"{"aggregationTemporality":2}"#)
    }

    // MARK: Nesting

    @Test func `values nest as deep as the protobuf decoder allows and no deeper`() {
        // An AnyValue and the ArrayValue within it are two levels.
        let levels = JSONDecoder.nestingLimit / 2
        let deepest =
            String(repeating: #"{"arrayValue":{"values":["#, count: levels) + "]}}".repeated(levels)
        let tooDeep =
            String(repeating: #"{"arrayValue":{"values":["#, count: levels + 1)
            + "]}}".repeated(levels + 1)

        // The first AnyValue is outermost, so half a level is left.
        #expect((try? converted(deepest, .anyValue)) != nil)
        #expect((try? converted(tooDeep, .anyValue)) == nil)
    }

    @Test func `skipped values nest as deep as their own limit`() {
        let limit = JSONDecoder.skippedNestingLimit
        func nested(_ depth: Int) -> String {
            #"{"x":\#("[".repeated(depth))\#("]".repeated(depth))}"#
        }

        #expect((try? converted(nested(limit), .anyValue)) == [])
        #expect((try? converted(nested(limit + 1), .anyValue)) == nil)
        #expect((try? converted("{\"x\":" + "[".repeated(1_000_000), .anyValue)) == nil)
    }

    // MARK: Places where words are read at once

    @Test("a text may be cut anywhere and is refused", arguments: 0..<400)
    func truncation(size: Int) throws {
        let text =
            #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop é"}},{"key":"n","value":{"intValue":"12345678901"}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"000102030405060708090a0b0c0d0e0f","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1760000000000000000","x":[1.5e7,null,true]}]}]}]}"#
        guard size < text.utf8.count else {
            return #expect((try? converted(text, .tracesRequest)) != nil)
        }

        #expect(throws: JSONError.self) {
            try converted(String(decoding: text.utf8.prefix(size), as: UTF8.self), .tracesRequest)
        }
    }

    @Test(
        "attributes in unusual forms mean the same",
        arguments: [
            #"{"key":"k","value":{"stringValue":"v"}}"#,
            #"{"key": "k", "value": {"stringValue": "v"}}"#,
            #"{"value":{"stringValue":"v"},"key":"k"}"#,
            #"{"key":"k","value":{"stringValue":"v"},"x":1}"#,
            #"{"key":"k","value":{"stringValue":"v","x":1} }"#,
            #"{"key":"k","x":1,"value":{"x":1,"stringValue":"v"}}"#,
            #"{"key":"k","value":{"stringValue":"\u0076"}}"#,
            #"{"key":"k","value":null,"value":{"string_value":"v"}}"#,
        ])
    func attributeForms(attribute: String) throws {
        let padding = " ".repeated(64)
        for text in [attribute, attribute + padding] {
            #expect(
                try normalized(#"{"attributes":[\#(text),\#(text)]}"#, .resource)
                    == #"{"attributes":[{"key":"k","value":{"stringValue":"v"}},{"key":"k","value":{"stringValue":"v"}}]}"#
            )
        }
    }

    @Test(
        "an integer attribute in unusual forms means the same",
        arguments: [
            #"{"key":"k","value":{"intValue":7}}"#, #"{"key":"k","value":{"intValue": "7"}}"#,
            "{\"key\":\"k\",\"value\":{\"intValue\":\n7 } }",
            #"{"key":"k","value":{"intValue":"7" ,"x":{}}}"#,
            #"{"key":"k","value":{"intValue":null,"intValue":7}}"#,
            #"{"key":"k","value":{"intValue":0.7e1}}"#,
        ])
    func integerAttributeForms(attribute: String) throws {
        for text in [attribute, attribute + " ".repeated(64)] {
            #expect(
                try normalized(#"{"attributes":[\#(text)]}"#, .resource)
                    == #"{"attributes":[{"key":"k","value":{"intValue":"7"}}]}"#)
        }
    }
}

/// The protobuf encoding of a JSON text.
func converted(_ text: String, _ message: JSONMessage) throws -> [UInt8] {
    try converted(Array(text.utf8), message)
}

func converted(_ text: [UInt8], _ message: JSONMessage) throws -> [UInt8] {
    let buffer = try JSONDecoder.decode(text.span.bytes, as: message)
    return buffer.withUnsafeBytes { Array($0) }
}

/// What the encoder makes of what the decoder made of a JSON text.
func normalized(_ text: String, _ message: JSONMessage) throws -> String {
    var buffer = ByteBuffer()
    let bytes = try converted(text, message)
    buffer.appendJSON(message, bytes.span.bytes)
    return buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

func protobufString(_ number: UInt32, _ text: String) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.appendField(number << 3 | 2, string: text)
    return buffer.withUnsafeBytes { Array($0) }
}

extension String {
    func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
