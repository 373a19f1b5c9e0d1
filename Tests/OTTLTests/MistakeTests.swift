import OTTL
import Testing

/// An expression, and what is wrong with it.
struct Mistake: Sendable {
    let text: String
    let offset: Int
    let part: String
    var hint = ""
}

/// Expressions that cannot be used: where the mistake is, what is there, and what to do.
struct MistakeTests {
    private static let syntax = [
        Mistake(text: "", offset: 0, part: "the end where a value was expected"),
        Mistake(
            text: #"attributes["x"]"#, offset: 0, part: "where a comparison", hint: "== true"),
        Mistake(text: #"name = "x""#, offset: 5, part: "has '=' where", hint: "'=='"),
        Mistake(text: #"name == 'x'"#, offset: 8, part: "unexpected '''", hint: "double quotes"),
        Mistake(text: #"name == "x"#, offset: 8, part: "string that does not end"),
        Mistake(text: #"name == "\d""#, offset: 9, part: #"escape '\d'"#, hint: "twice"),
        Mistake(text: #"name == "\xg1""#, offset: 9, part: #"escape '\x'"#),
        Mistake(text: #"name == "\ud800""#, offset: 9, part: #"escape '\u'"#),
        Mistake(text: "1 < 2 < 3", offset: 6, part: "has '<' where", hint: "do not chain"),
        Mistake(text: "(1 < 2 < 3)", offset: 7, part: "has '<' where", hint: "do not chain"),
        Mistake(text: "kind == 2 AND true", offset: 10, part: "has 'AND' where"),
        Mistake(text: "kind == 2 && true", offset: 10, part: "unexpected '&'", hint: "'and'"),
        Mistake(text: "!IsRootSpan()", offset: 0, part: "unexpected '!'", hint: "'not'"),
        Mistake(text: "not not true", offset: 4, part: "has 'not' where"),
        Mistake(text: "kind == 2 and", offset: 13, part: "the end where a value"),
        Mistake(text: "(kind == 2", offset: 10, part: "the end where ')'"),
        Mistake(text: "kind == 2)", offset: 9, part: "has ')' where"),
        Mistake(text: "kind == (1 == 2)", offset: 8, part: "condition '(1 == 2)' where a value"),
        Mistake(text: "(kind == 2) + 1 == 2", offset: 0, part: "where a number"),
        Mistake(text: #""a" + 1 == 2"#, offset: 0, part: "where a number"),
        Mistake(text: "1 and true", offset: 0, part: "where a comparison"),
        Mistake(text: "kind == 0x123", offset: 8, part: "odd number of digits"),
        Mistake(text: "kind == 9223372036854775808", offset: 8, part: "64 bits"),
        Mistake(text: "kind == [1, 2", offset: 13, part: "the end where ']'"),
        Mistake(text: #"kind == {"a" 1}"#, offset: 13, part: "where ':'"),
        Mistake(text: "kind == {a: 1}", offset: 9, part: "a key in double quotes"),
        Mistake(text: "kind == (1, 2)", offset: 8, part: "lambda", hint: "brackets"),
        Mistake(text: "name..x == 1", offset: 5, part: "a field's name"),
        Mistake(text: "isMatch(name, \"x\")", offset: 0, part: "must start with an uppercase"),
        Mistake(text: "attributes[true] == 1", offset: 11, part: "where a key was expected"),
        Mistake(text: "IsMatch(name,) == true", offset: 13, part: "where an argument"),
        Mistake(text: "IsMatch(name \"x\")", offset: 13, part: "',' or ')'"),
        Mistake(text: "ätsch", offset: 0, part: "unexpected 'ä'"),
        Mistake(text: "name == \"ä\" §", offset: 12, part: "unexpected '§'"),
        Mistake(text: "true; false", offset: 4, part: "unexpected ';'"),
    ]

    private static let names = [
        Mistake(text: "nmae == 1", offset: 0, part: "no path 'nmae'", hint: "'name'"),
        Mistake(
            text: "kind == 1 and attribute[\"x\"] == 1", offset: 14, part: "no path",
            hint: "'attributes'"),
        Mistake(text: "attributes.x == 1", offset: 0, part: "no path", hint: #"attributes["x"]"#),
        Mistake(text: "name[\"x\"] == 1", offset: 5, part: "which has no parts"),
        Mistake(text: "attributes[0] == 1", offset: 11, part: "where a string was expected"),
        Mistake(text: "attributes[\"x\"].y == 1", offset: 10, part: "index in the middle"),
        Mistake(text: "trace_state[\"x\"][\"y\"] == 1", offset: 17, part: "second index"),
        Mistake(
            text: "kind == SPAN_KIND_SERVR", offset: 8, part: "unknown symbol",
            hint: "'SPAN_KIND_SERVER'"),
        Mistake(text: "kind == SEVERITY_NUMBER_INFO", offset: 8, part: "in the context 'span'"),
        Mistake(
            text: "IsMacht(name, \"x\")", offset: 0, part: "undefined function", hint: "'IsMatch'"),
        Mistake(
            text: "IsMatch(name)", offset: 0, part: "expected 2, received 1",
            hint: "IsMatch(target, pattern)"),
        Mistake(text: "IsMatch(name, \"x\", 1)", offset: 0, part: "expected 2, received 3"),
        Mistake(text: "IsMatch(target=name, \"x\")", offset: 21, part: "unnamed argument behind"),
        Mistake(
            text: "IsMatch(name, patern=\"x\")", offset: 14, part: "no such parameter",
            hint: "'pattern'"),
        Mistake(text: "IsMatch(name, target=\"x\")", offset: 14, part: "twice"),
        Mistake(text: "IsMatch(name, \"(\")", offset: 14, part: "cannot be compiled"),
        Mistake(text: "IsMatch(name, 5)", offset: 14, part: "where a string was expected"),
        Mistake(
            text: "log.body == 1", offset: 0, part: "cannot be reached",
            hint: "span, scope, resource"),
        Mistake(text: "span.name == \"x\"", offset: 0, part: "without that prefix", hint: "'name'"),
        Mistake(text: "otelcol.client.addr == \"x\"", offset: 0, part: "not part of this build"),
        Mistake(text: "resource.cache[\"x\"] == 1", offset: 0, part: "cache of 'resource'"),
        Mistake(
            text: "HasAttrKeyOnDatapoint(\"x\")", offset: 0, part: "not defined in the context",
            hint: "metric"),
        Mistake(text: "kind == IsMatch", offset: 8, part: "without arguments"),
        Mistake(
            text: "1 == 1 and Concat([\"x\"], \"\")", offset: 11, part: "never yields true or false"
        ),
    ]

    @Test("syntax", arguments: Self.syntax)
    func isRefused(syntax example: Mistake) throws { check(example) }

    @Test("names", arguments: Self.names)
    func isRefused(names example: Mistake) throws { check(example) }

    private func check(_ example: Mistake) {
        let error = #expect(throws: OTTLError.self) {
            try Condition(example.text, in: .span, .own)
        }
        guard let error else { return }
        #expect(error.offset == example.offset, "\(error)")
        #expect(error.message.contains(example.part), "\(error)")
        #expect(example.hint.isEmpty || error.hint?.contains(example.hint) == true, "\(error)")
    }

    @Test func `a path needs its context where that is the style`() throws {
        let error = #expect(throws: OTTLError.self) {
            try Condition(#"status.code == 2"#, in: .span, .prefixed)
        }
        #expect(error?.hint == "write 'span.status.code'")
    }

    @Test func `nesting has a limit, and length has none`() throws {
        for opening in ["(", "[", "not (", "IsMatch(", "-(", "attributes[", #"{"a":"#] {
            let text = String(repeating: opening, count: 10_000)
            let error = #expect(throws: OTTLError.self) {
                try Condition(text, in: .span, .own)
            }
            #expect(error?.message.contains("100 levels") ?? false, "\(opening)")
        }
        let deep = String(repeating: "(", count: 90) + "true" + String(repeating: ")", count: 90)
        #expect(try holds(deep))
        let long = Array(repeating: #"name == "x""#, count: 10_000)
        #expect(try !holds(long.joined(separator: " or ")))
        let sum = Array(repeating: "kind", count: 10_000)
        #expect(try holds(sum.joined(separator: " + ") + " == 20000"))
    }
}
