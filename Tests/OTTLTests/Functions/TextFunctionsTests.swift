import Testing

struct TextFunctionsTests {
    @Test(arguments: [
        Equality(
            #"Concat(["a", 1, 1.5, true, 0xab, attributes["no"]], "-")"#,
            #""a-1-1.5-true-ab-<nil>""#),
        Equality(#"Concat([], "-")"#, #""""#), Equality(#"Concat(["a"], "-")"#, #""a""#),
        Equality(#"Split("a|b||c", "|")"#, #"["a", "b", "", "c"]"#),
        Equality(#"Split("aéb", "")"#, #"["a", "é", "b"]"#), Equality(#"Split("", ",")"#, #"[""]"#),
        Equality(#"Split("", "")"#, "[]"), Equality(#"Split("abc", "abcd")"#, #"["abc"]"#),
        Equality(#"Split(attributes["url.path"], "/")[1]"#, #""health""#),
        Equality(#"Substring("123456789", 0, 3)"#, #""123""#),
        Equality(#"Substring(attributes["text"], 1, 2)"#, #""bc""#),
        Equality(#"Substring("一二三", 0, 4, true)"#, #""一""#),
        Equality(#"Substring("一二三", 1, 5, true)"#, #""二""#),
        Equality(#"Substring("一二三", 1, 1, utf8_safe=true)"#, #""""#),
        Equality(#"HasPrefix(name, "GET ")"#, "true"), Equality(#"HasPrefix("a", "ab")"#, "false"),
        Equality(#"HasSuffix(name, "health")"#, "true"), Equality(#"HasSuffix("a", "")"#, "true"),
        Equality(#"TrimPrefix(name, "GET ")"#, #""/health""#),
        Equality(#"TrimPrefix("ab", "b")"#, #""ab""#), Equality(#"TrimSuffix("ab", "b")"#, #""a""#),
        Equality(#"Trim("  a b ")"#, #""a b""#), Equality(#"Trim("!!this!!", "!")"#, #""this""#),
        Equality(#"Trim("äxä", "ä")"#, #""x""#), Equality(#"Trim("xx", "x")"#, #""""#),
        Equality(#"Index("hello world", "world")"#, "6"), Equality(#"Index("a", "b")"#, "-1"),
        Equality(#"Index(attributes["list"], 2)"#, "1"), Equality("Index([1, 2], 9)", "-1"),
    ])
    func `cutting and putting together`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality(#"ToLowerCase("ÄB_c")"#, #""äb_c""#),
        Equality(#"ToUpperCase("äß-c")"#, #""Äß-C""#),
        Equality(#"ToSnakeCase("simpleString")"#, #""simple_string""#),
        Equality(#"ToSnakeCase("CPUUtilizationMetric")"#, #""cpu_utilization_metric""#),
        Equality(#"ToSnakeCase("simple-string x.y")"#, #""simple_string_x_y""#),
        Equality(#"ToSnakeCase("http2Code404A")"#, #""http_2_code_404_a""#),
        Equality(#"ToSnakeCase(" JSONData ")"#, #""json_data""#),
        Equality(#"ToCamelCase("my_metric_name")"#, #""MyMetricName""#),
        Equality(#"ToCamelCase("simpleString")"#, #""SimpleString""#),
        Equality(#"ToCamelCase("CPUUsage")"#, #""Cpuusage""#),
        Equality(#"ToCamelCase("ID")"#, #""Id""#),
        Equality(#"ToCamelCase("a1b-c.d")"#, #""A1BCD""#), Equality(#"ToCamelCase("")"#, #""""#),
        Equality(#"ConvertCase("aB", "lower")"#, #""ab""#),
        Equality(#"ConvertCase("aB", "upper")"#, #""AB""#),
        Equality(#"ConvertCase("aB", "snake")"#, #""a_b""#),
        Equality(#"ConvertCase("a_b", "camel")"#, #""AB""#),
    ])
    func `upper, lower, snake and camel case`(_ equality: Equality) throws {
        try equality.check()
    }

    @Test func `what has no result fails`() {
        for expression in [
            #"HasPrefix(attributes["no"], "a")"#, #"Split(attributes["int"], ",")"#,
            #"Substring("abc", 2, 2)"#, #"Substring("abc", -1, 2)"#, #"Substring("abc", 0, 0)"#,
            #"Substring("abc", 9223372036854775807, 9223372036854775807)"#,
            #"Index("a", 1)"#, "Index(1, 1)", #"ToLowerCase(attributes["no"])"#,
        ] { expectFailure(expression) }
        expectRefusal(#"ConvertCase("a", "title")"#, "'title' is not a case")
    }

    @Test(arguments: [
        Equality(#"IsMatch(name, "^GET /h")"#, "true"), Equality(#"IsMatch(name, "h$")"#, "true"),
        Equality(#"IsMatch(attributes["no"], ".*")"#, "false"),
        Equality(#"IsMatch(attributes["int"], "^7$")"#, "true"),
        Equality(#"IsMatch(attributes["bytes"], "^ab01$")"#, "true"),
        Equality(#"IsMatch(attributes["text"], Concat(["^", "abc"], ""))"#, "true"),
        Equality(
            #"ExtractPatterns("a=1 b=22", "b=(?P<b>\\d+)(?P<c>x)?")"#, #"{"b": "22", "c": ""}"#),
        Equality(#"ExtractPatterns(name, "^(?<method>\\w+) (?<path>.*)")["path"]"#, #""/health""#),
        Equality(#"Len(ExtractPatterns("x", "(?P<y>y)"))"#, "0"),
        Equality(
            #"ExtractGrokPatterns("took 12.5 ms of 7", "%{NUMBER:took.time:double} ms of %{INT:n:int}", true)"#,
            #"{"took.time": 12.5, "n": 7}"#),
        Equality(
            #"ExtractGrokPatterns("k: v", "%{K:key}: %{GREEDYDATA:v}", true, ["K=[a-z]"])"#,
            #"{"key": "k", "v": "v"}"#),
        Equality(#"ExtractGrokPatterns("abc 1", "%{WORD}")"#, #"{"WORD": "abc"}"#),
        Equality(#"ExtractGrokPatterns("?", "%{INT:n}", true)"#, "{}"),
    ])
    func `patterns`(_ equality: Equality) throws { try equality.check() }

    @Test func `patterns that cannot be are refused, and at run time fail`() {
        expectRefusal(#"IsMatch(name, "(a")"#, "regular expression")
        expectRefusal(#"ExtractPatterns(name, "(a)")"#, "without a named group")
        expectRefusal(#"ExtractGrokPatterns(name, "%{NOPE:x}")"#, "not in this build")
        expectRefusal(#"ExtractGrokPatterns(name, "%{INT}", true)"#, "without a named capture")
        expectRefusal(#"ExtractGrokPatterns(name, "%{A:x}", true, ["A=%{A}"])"#, "contains itself")
        expectRefusal(#"ExtractGrokPatterns(name, "%{INT:x:date}", true)"#, "not a type")
        expectFailure(#"IsMatch("a", Concat(["(", attributes["text"]], ""))"#)
        expectFailure(#"ExtractGrokPatterns("x", "%{WORD:n:int}", true)"#)
    }

    @Test func `a combined access log is taken apart`() throws {
        let line =
            #"192.0.2.7 - frank [10/Oct/2024:13:55:36 -0700] \"GET /a?b=c HTTP/1.1\" 404 2326 "#
            + #"\"http://x/\" \"curl/8.0\""#
        let result = #"ExtractGrokPatterns("\#(line)", "%{COMBINEDAPACHELOG}", true)"#

        try Equality(result + #"["http.response.status_code"]"#, "404").check()
        try Equality(result + #"["url.original"]"#, #""/a?b=c""#).check()
        try Equality(result + #"["user_agent.original"]"#, #""curl/8.0""#).check()
        try Equality(result + #"["source.address"]"#, #""192.0.2.7""#).check()
    }
}
