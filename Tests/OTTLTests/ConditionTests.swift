import OTLP
import OTTL
import Testing

/// What conditions say of a span, log record or metric.
struct ConditionTests {
    @Test(
        "operators bind: not, and, or",
        arguments: [
            ("true or false and false", true),
            ("(true or false) and false", false),
            ("not true or true", true),
            ("not (true or true)", false),
            ("not false and not false", true),
            (#"name == "x" or name == "y" or kind == 2"#, true),
            (#"name == "x" or name == "y" and kind == 2"#, false),
            (#"not name == "x" and kind == 2"#, true),
            (#"not (name == "x" and kind == 2)"#, true),
            (#"(((name == "GET /health")))"#, true),
            (#"(1 + 2) * 3 == 9 and 1 + 2 * 3 == 7"#, true),
            ("(IsMatch(name, \"GET\"))", true),
            ("(IsMatch(name, \"GET\")) == true", true),
            ("true == true", true),
        ])
    func precedence(text: String, expected: Bool) throws {
        #expect(try holds(text) == expected)
    }

    @Test(
        "literals mean what Go's do",
        arguments: [
            #"attributes["double"] == 2.5"#,
            #"attributes["double"] == .25e1"#, #"attributes["int"] == 7."#,
            #"attributes["negative"] == -3"#, #"attributes["negative"] == 4 - 7"#,
            #"attributes["bytes"] == 0xab01"#, #"attributes["bytes"] == 0xAB01"#,
            #"attributes["text"] == "\x61\u0062\U00000063""#, #"attributes["text"] == "\141bc""#,
            #"attributes["true"] == true"#, #"attributes["no"] == nil"#,
            #"attributes["list"] == ["x", 2, {"k": "deep"}]"#,
            #"attributes["map"] == {"b": {"c": "deep"}, "a": 1}"#,
            #"{"a": 1, "a": 2} == {"a": 2}"#, "[] == []", "{} == {}",
            #""\a\b\f\n\r\t\v\\\"" == "\x07\x08\x0c\x0a\x0d\x09\x0b\x5c\x22""#,
            "7 / 2 == 3 and -7 / 2 == -3 and 7 / 2. == 3.5", "1 - 2 - 3 == -4", "8 / 4 / 2 == 1",
            "+5 == 5", "-(2 + 3) == -5", "2*-3 == -6",
        ])
    func literals(text: String) throws {
        #expect(try holds(text))
    }

    @Test func `whitespace and names next to keywords do not matter`() throws {
        #expect(try holds("  kind\n==\tSPAN_KIND_SERVER  "))
        #expect(try holds("kind==2and kind==2"))
        #expect(try holds("not(kind==3)"))
    }

    @Test(
        "a missing attribute is nil, and kinds that do not fit differ",
        arguments: [
            (#"attributes["no"] != 200"#, true), (#"attributes["digits"] != 200"#, true),
            (#"not (attributes["no"] == 200)"#, true), (#"attributes["no"] == "x""#, false),
            (#"attributes["no"] > 5"#, false), (#"attributes["no"] < 5"#, false),
            (#"attributes["no"] != nil"#, false), (#"attributes["text"] != nil"#, true),
            (#"attributes["empty"] == nil"#, true), (#"attributes["no"]["x"]["y"] == nil"#, true),
            (#"attributes["map"]["no"]["y"] == nil"#, true),
            ("parent_span_id == nil", false), (#"parent_span_id == """#, false),
            (#"trace_id == "0102030405060708090a0b0c0d0e0f10""#, false),
            (#"trace_id.string == "0102030405060708090a0b0c0d0e0f10""#, true),
            (#"start_time == "x""#, false), ("end_time - start_time > 5", false),
            ("end_time - start_time != 5", true),
        ])
    func missing(text: String, expected: Bool) throws {
        #expect(try holds(text) == expected)
    }

    @Test(
        "an error wins, unless the answer is known before",
        arguments: [
            #"attributes["text"]["x"] == 1"#, #"not (attributes["text"]["x"] == 1)"#,
            #"attributes["list"][3] == 1"#, #"attributes["list"][-1] == 1"#,
            #"attributes["list"]["k"] == 1"#, #"attributes["map"][0] == 1"#,
            #"attributes["text"] + 1 == 1"#, #"attributes["no"] + 1 == 1"#,
            "kind / 0 == 1", "kind / 0.0 == 1", #"start_time + 1 == nil"#,
            #"kind == 2 and attributes["text"]["x"] == 1"#,
            #"kind == 3 or attributes["text"]["x"] == 1"#,
            #"1 / 0 == 1"#, #"-attributes["text"] == 1"#,
            #"Concat(attributes["text"], "") == """#,
            #"Concat(["x"], attributes["no"]) == """#,
            #"IsMatch(name, Concat(["(", name], ""))"#, #"trace_state[attributes["no"]] == """#,
            #"attributes[attributes["no"]] == nil"#,
        ])
    func errors(text: String) throws {
        let condition = try Condition(text, in: .span, .own)
        #expect(throws: EvaluationError.self) {
            _ = try Samples.withSubject(Samples.span, in: .span) { subject in
                try condition.holds(for: subject)
            }
        }
        #expect(try !holds("false and (\(text))"))
        #expect(try holds("true or (\(text))"))
        #expect(try !holds("kind == 3 and (\(text))"))
        #expect(try holds("kind == 2 or (\(text))"))
    }

    @Test(
        "indices go into maps and lists",
        arguments: [
            #"attributes["map"]["b"]["c"] == "deep""#, #"attributes["list"][0] == "x""#,
            #"attributes["list"][2]["k"] == "deep""#, #"attributes["list"][1 + 1]["k"] == "deep""#,
            #"attributes[Concat(["te", "xt"], "")] == "abc""#,
            #"attributes["list"][kind]["k"] == "deep""#,
            #"attributes[attributes["text"]] == nil"#,
        ])
    func indexing(text: String) throws {
        #expect(try holds(text))
    }

    @Test func `IsMatch is safe with nil and reads what is no text`() throws {
        #expect(try !holds(#"IsMatch(attributes["no"], ".*")"#))
        #expect(try holds(#"IsMatch(attributes["bytes"], "^ab01$")"#))
        #expect(try holds(#"IsMatch(attributes["int"], "^7$")"#))
        #expect(try holds(#"IsMatch(attributes["double"], "^2.5$")"#))
        #expect(try holds(#"IsMatch(attributes["true"], "^true$")"#))
        #expect(try holds(#"IsMatch(attributes["map"], "\"c\":\"deep\"")"#))
        #expect(try holds(#"IsMatch(name, "heal")"#))
        #expect(try holds(#"IsMatch(pattern="^GET", target=name)"#))
    }

    @Test func `only a span without a parent is a root`() throws {
        #expect(try !holds("IsRootSpan()"))
        #expect(try holds("IsRootSpan()", for: Samples.rootSpan))
        let zero = Samples.rootSpan.bytes(4, [UInt8](repeating: 0, count: 8))
        #expect(try holds("IsRootSpan()", for: zero))
    }

    @Test func `a condition that needs no record is known from the start`() throws {
        #expect(try Condition("1 == 1.0", in: .span, .own).constant == true)
        #expect(try Condition(#"true or name == "x""#, in: .span, .own).constant == true)
        #expect(try Condition(#"name == "x" and false"#, in: .span, .own).constant == nil)
        #expect(try Condition(#"IsMatch("abc", "b")"#, in: .span, .own).constant == true)
    }

    @Test func `data points are asked for attributes by functions of metrics`() throws {
        let metric = Samples.gauge
        #expect(try holds(#"HasAttrKeyOnDatapoint("host")"#, .metric, for: metric))
        #expect(try !holds(#"HasAttrKeyOnDatapoint("no")"#, .metric, for: metric))
        #expect(try holds(#"HasAttrOnDatapoint("host", "h1")"#, .metric, for: metric))
        #expect(try !holds(#"HasAttrOnDatapoint("host", "h2")"#, .metric, for: metric))
        #expect(try holds(#"HasAttrOnDatapoint("number", "")"#, .metric, for: metric))
    }
}
