import OTTL
import TestSupport
import Testing

struct ParsingFunctionsTests {
    @Test(arguments: [
        Equality(
            #"ParseJSON("{\"a\":[1,true,null,\"x\\u00e9\\ud83d\\ude00\\n\"]}")["a"]"#,
            "[1.0, true, nil, \"xé😀\\n\"]"),
        Equality(#"ParseJSON(" { } ")"#, "{}"), Equality(#"ParseJSON("[-0.5e+2]")[0]"#, "-50.0"),
        Equality(#"ParseJSON("{\"n\":5}")["n"]"#, "5"),
        Equality(#"IsDouble(ParseJSON("[5]")[0])"#, "true"),
        Equality(#"ParseJSON("{\"a\":1,\"a\":2}")"#, #"{"a": 2.0}"#),
        Equality(#"ParseJSON("[\"\\ud83d\"]")[0]"#, "\"\u{FFFD}\""),
        Equality(
            #"ParseKeyValue("k1=v1 k2=v2  k3=v3 ")"#, #"{"k1": "v1", "k2": "v2", "k3": "v3"}"#),
        Equality(#"ParseKeyValue("k1!v1_k2!v2", "!", "_")"#, #"{"k1": "v1", "k2": "v2"}"#),
        Equality(
            #"ParseKeyValue("a=\"b c\" d='e=f' ä=ö")"#, #"{"a": "b c", "d": "e=f", "ä": "ö"}"#),
        Equality(#"ParseKeyValue("a=1, b=2", pair_delimiter=",")"#, #"{"a": "1", "b": "2"}"#),
        Equality(#"ToKeyValueString({"k1": "v1", "k2": 2})"#, #""k1=v1 k2=2""#),
        Equality(
            #"ToKeyValueString({"b": "v=2", "a": "\"x"}, ":", ",", true)"#, #""a:\\\"x,b:v=2""#),
        Equality(#"ToKeyValueString({"k": "v=2"})"#, #""k=\"v=2\"""#),
        Equality(#"ToKeyValueString({"k": {"x": [1]}})"#, #""k={\\\"x\\\":[1]}""#),
        Equality(#"ParseCSV("1,\"a,b\",", "x,y,z")"#, #"{"x": "1", "y": "a,b", "z": ""}"#),
        Equality(#"ParseCSV("1|2", "a|b", "|")"#, #"{"a": "1", "b": "2"}"#),
        Equality(#"ParseCSV("1|2", "a,b", "|", ",")"#, #"{"a": "1", "b": "2"}"#),
        Equality(#"ParseCSV("a\"b,c", "x,y", mode="lazyQuotes")"#, #"{"x": "a\"b", "y": "c"}"#),
        Equality(#"ParseCSV("\"a,b\"", "x,y", mode="ignoreQuotes")"#, #"{"x": "\"a", "y": "b\""}"#),
        Equality(#"ParseCSV("\na\nb,c\n", "x,y")"#, #"{"x": "a\nb", "y": "c"}"#),
        Equality(#"ParseCSV("\"a\"\"b\",c", "x,y")"#, #"{"x": "a\"b", "y": "c"}"#),
        Equality(#"ParseInt("12345", 10)"#, "12345"), Equality(#"ParseInt("0xAA", 0)"#, "170"),
        Equality(#"ParseInt("AA", 16)"#, "170"), Equality(#"ParseInt("-20", 8)"#, "-16"),
        Equality(#"ParseInt("0b1111_0000", 0)"#, "240"), Equality(#"ParseInt("-0o123", 0)"#, "-83"),
        Equality(#"ParseInt("010", 0)"#, "8"), Equality(#"ParseInt("z", 36)"#, "35"),
        Equality(#"ParseInt("-9223372036854775808", 10)"#, "(-9223372036854775807 - 1)"),
        Equality(#"IsValidLuhn("17893729974")"#, "true"),
        Equality("IsValidLuhn(17893729975)", "false"),
        Equality(#"IsValidLuhn("4111 1111 1111 1111")"#, "true"),
        Equality(#"IsValidLuhn("")"#, "false"),
        Equality("Log(1)", "0.0"), Equality(#"Log("1.0")"#, "0.0"),
    ])
    func `structure from text`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality(
            #"ParseSeverity(205, {"info": [{"equals": ["inf"]}, {"range": {"min": 200, "max": 299}}]})"#,
            #""info""#),
        Equality(
            #"ParseSeverity("inf", {"info": [{"equals": ["inf"]}, {"range": {"min": 200, "max": 299}}]})"#,
            #""info""#),
        Equality(
            #"ParseSeverity(503, {"info": [{"range": "2xx"}], "error": [{"range": "5xx"}]})"#,
            #""error""#),
        Equality(#"ParseSeverity("err", {"error": ["err", {"min": 3, "max": 4}]})"#, #""error""#),
        Equality(#"ParseSeverity(4, {"error": ["err", {"min": 3, "max": 4}]})"#, #""error""#),
    ])
    func `levels`(_ equality: Equality) throws { try equality.check() }

    @Test func `what cannot be parsed fails`() {
        for expression in [
            #"ParseJSON("")"#, #"ParseJSON("1")"#, #"ParseJSON("{")"#, #"ParseJSON("[1,]")"#,
            #"ParseJSON("{\"a\"}")"#, #"ParseJSON("[01]")"#, #"ParseJSON("[1e999]")"#,
            #"ParseJSON("[1] x")"#, #"ParseJSON("[\"\\x\"]")"#, #"ParseJSON("[-]")"#,
            #"ParseJSON("[1.]")"#, #"ParseJSON("[tru]")"#, #"ParseJSON("[\"a")"#,
            #"ParseKeyValue("")"#, #"ParseKeyValue("a")"#, #"ParseKeyValue("a='b")"#,
            #"ParseCSV("a,b", "x")"#, #"ParseCSV("a\"b", "x")"#, #"ParseCSV("\"a", "x")"#,
            #"ParseCSV("\"a\"b", "x")"#, #"ParseCSV("", "x")"#, #"ParseCSV("a", "")"#,
            #"ParseInt("", 10)"#, #"ParseInt("1", 1)"#, #"ParseInt("1", 37)"#, #"ParseInt("9", 8)"#,
            #"ParseInt("9223372036854775808", 10)"#, #"ParseInt("--1", 10)"#, #"ParseInt("_1", 0)"#,
            #"ParseInt("1_0", 10)"#, #"IsValidLuhn("12a")"#, #"IsValidLuhn(attributes["no"])"#,
            "Log(0)", "Log(-1)", #"Log(attributes["no"])"#,
            #"ParseSeverity(7, {"info": [{"range": "2xx"}]})"#, #"ParseSeverity(1.5, {})"#,
        ] { expectFailure(expression) }
        expectRefusal(#"ParseKeyValue("a", "=", "=")"#, "same delimiter")
        expectRefusal(#"ToKeyValueString(attributes, "")"#, "empty delimiter")
        expectRefusal(#"ParseCSV("a", "b", "ab")"#, "single character")
        expectRefusal(#"ParseCSV("a", "b", mode="fast")"#, "not a mode")
    }

    @Test func `JSON is not read deeper than its limit`() {
        let deep = String(repeating: "[", count: 100_000)

        expectFailure(#"ParseJSON("\#(deep)")"#)
    }

    @Test(arguments: [
        "ParseJSON", "ParseKeyValue", "Base64Decode", "URL", "Duration", "IsValidLuhn",
        "ToSnakeCase",
        "ToCamelCase", "ToUpperCase",
    ])
    func `no text makes a parser crash`(_ function: String) throws {
        let condition = try Condition("\(function)(name) == nil", in: .span, .own)
        try fuzz(condition)
    }

    @Test(arguments: [
        #"ParseCSV(name, "a,b")"#, #"ParseCSV(name, "a,b", mode="lazyQuotes")"#,
        "ParseInt(name, 0)",
        #"Time(name, "%Y-%m-%dT%H:%M:%S.%L %p %z %Z")"#, #"Time(name, "%b %e %T")"#,
        #"Split(name, "")"#, #"Substring(name, 1, 3, true)"#, #"Trim(name, "é1")"#,
        #"IsInCIDR(name, ["10.0.0.0/8", "::/3"])"#, #"Decode(name, "utf-16")"#,
        #"Decode(name, "base64-raw-url")"#, #"ExtractGrokPatterns(name, "%{URI:u} %{IPV6:v}")"#,
        #"Format("%q %5.2s %x", [name, name, name])"#, "String(name)",
    ])
    func `no text makes a function crash`(_ call: String) throws {
        try fuzz(try Condition("\(call) == nil", in: .span, .own))
    }

    private func fuzz(_ condition: Condition) throws {
        let alphabet =
            Array(#"{}[]",:=\'/.+-_% 0123456789aeEntruZTPM@#?é"#.utf8) + [0xFF, 0x0A, 0x00]
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<400 {
            let name = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let span = Samples.rootSpan.text(5, String(decoding: name, as: UTF8.self))
            try Samples.withSubject(span, in: .span) { subject in
                _ = try? condition.holds(for: subject)
            }
        }
    }
}
