import Testing

struct KindFunctionsTests {
    @Test(arguments: [
        Equality(#"IsString(attributes["text"])"#, "true"), Equality("IsString(1)", "false"),
        Equality(#"IsString(attributes["no"])"#, "false"),
        Equality(#"IsMap(attributes["map"])"#, "true"), Equality("IsMap(attributes)", "true"),
        Equality(#"IsMap(attributes["list"])"#, "false"),
        Equality(#"IsList(attributes["list"])"#, "true"), Equality("IsList([1])", "true"),
        Equality(#"IsInt(attributes["int"])"#, "true"), Equality("IsInt(1.0)", "false"),
        Equality(#"IsDouble(attributes["double"])"#, "true"), Equality("IsDouble(1)", "false"),
        Equality(#"IsBool(attributes["false"])"#, "true"), Equality(#"IsBool("true")"#, "false"),
        Equality(#"IsEmpty(attributes["no"])"#, "true"), Equality(#"IsEmpty("")"#, "true"),
        Equality("IsEmpty([])", "true"), Equality("IsEmpty(0)", "true"),
        Equality("IsEmpty([0])", "false"), Equality(#"IsEmpty(attributes["map"])"#, "false"),
    ])
    func `questions about kinds`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality(#"Int("12")"#, "12"), Equality(#"Int("2.0")"#, "nil"), Equality("Int(2.9)", "2"),
        Equality("Int(-2.9)", "-2"), Equality("Int(true)", "1"), Equality(#"Int("abc")"#, "nil"),
        Equality(#"Int(attributes["no"])"#, "nil"), Equality(#"Double("1.5")"#, "1.5"),
        Equality("Double(2)", "2.0"), Equality("IsDouble(Double(2))", "true"),
        Equality("Double(true)", "1.0"), Equality(#"Double(attributes["no"])"#, "nil"),
        Equality("String(1)", #""1""#), Equality("String(1.5)", #""1.5""#),
        Equality("String(true)", #""true""#), Equality("String(0xab01)", #""ab01""#),
        Equality(#"String(attributes["map"])"#, #""{\"a\":1,\"b\":{\"c\":\"deep\"}}""#),
        Equality(#"String(attributes["list"])"#, #""[\"x\",2,{\"k\":\"deep\"}]""#),
        Equality(#"String(attributes["no"])"#, "nil"), Equality(#"Bool("T")"#, "true"),
        Equality("Bool(0)", "false"), Equality("Bool(2.5)", "true"),
        Equality(#"Bool(attributes["no"])"#, "nil"),
    ])
    func `conversions`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality(#"Len("äb")"#, "3"), Equality("Len([1, 2])", "2"), Equality("Len(events)", "2"),
        Equality(#"Len(attributes["map"])"#, "2"), Equality(#"Len(attributes["list"])"#, "3"),
        Equality(#"Len(attributes["bytes"])"#, "2"), Equality("Len(links)", "1"),
        Equality(#"Coalesce([attributes["no"], attributes["int"], 3])"#, "7"),
        Equality(#"Coalesce([attributes["no"], nil])"#, "nil"),
    ])
    func `counts and choices`(_ equality: Equality) throws { try equality.check() }

    @Test(arguments: [
        Equality("trace_id", "TraceID(0x0102030405060708090a0b0c0d0e0f10)"),
        Equality("trace_id", #"TraceID("0102030405060708090a0B0C0D0E0F10")"#),
        Equality("span_id", #"SpanID("0102030405060708")"#),
        Equality("span_id", "SpanID(0x0102030405060708)"),
    ])
    func `identifiers from bytes and digits`(_ equality: Equality) throws {
        try equality.check()
    }

    @Test func `what cannot be converted fails`() {
        for expression in [
            #"Double("abc")"#, #"Bool("maybe")"#, #"Len(attributes["int"])"#,
            #"Len(attributes["no"])"#, #"TraceID("01")"#,
            #"TraceID("0102030405060708090a0b0c0d0e0fxx")"#, "SpanID(0x01)",
            #"Int(attributes["map"])"#,
        ] { expectFailure(expression) }
    }

    @Test func `a function that is not in this build says so and what is there instead`() {
        expectRefusal(#"UserAgent("x")"#, "'UserAgent', which is not in this build")
        expectRefusal(#"ParseXML("x")"#, "not in this build")
        expectRefusal(#"ToLowercase("x")"#, "ToLowerCase")
        expectRefusal("IsRootSpan()", "not defined in the context 'log'", .log)
    }
}
