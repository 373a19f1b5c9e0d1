import OTTL
import Testing

struct InferenceTests {
    private static let traces: [PathContext] = [.resource, .scope, .span, .spanevent]
    private static let metrics: [PathContext] = [.resource, .scope, .metric, .datapoint]

    @Test(
        "the innermost context with a path is chosen",
        arguments: [
            (#"resource.attributes["a"] == 1"#, PathContext.resource),
            (#"scope.name == resource.attributes["a"]"#, .scope),
            (#"instrumentation_scope.name == "x""#, .scope),
            (#"span.name == resource.attributes["a"]"#, .span),
            (#"span.attributes[spanevent.name] == 1"#, .spanevent),
            ("IsRootSpan() and resource.attributes != nil", .span),
            ("resource.attributes != nil and 2 == SPAN_KIND_SERVER", .spanevent),
        ])
    func traces(text: String, expected: PathContext) throws {
        let (context, condition) = try Condition.inferring(text, among: Self.traces)
        #expect(context == expected)
        #expect(condition.context == expected)
    }

    @Test func `a function that only an outer context knows decides`() throws {
        let text = #"resource.attributes != nil and HasAttrKeyOnDatapoint("x")"#
        #expect(try Condition.inferring(text, among: Self.metrics).0 == .metric)
    }

    @Test func `without a path there is nothing to infer from`() throws {
        let error = #expect(throws: OTTLError.self) {
            try Condition.inferring("IsRootSpan()", among: Self.traces)
        }
        #expect(error?.message.contains("cannot be inferred") ?? false)
        #expect(throws: OTTLError.self) {
            try Condition.inferring(#"name == "x""#, among: Self.traces)
        }
        #expect(throws: OTTLError.self) {
            try Condition.inferring(#"log.body == "x""#, among: Self.traces)
        }
    }

    @Test func `a group of statements has one context`() throws {
        let context = try Inference.context(
            conditions: [#"resource.attributes["a"] == 1"#],
            statements: [#"set(span.name, "x") where scope.name == "y""#], among: Self.traces,
            editors: [EditorSignature("set", [])])
        #expect(context == .span)
    }
}

struct StatementTests {
    private static let set = EditorSignature(
        "set", [Parameter("target", .target), Parameter("value", .any)])
    private static let limit = EditorSignature(
        "limit",
        [
            Parameter("target", .target), Parameter("limit", .literal(.int)),
            Parameter("priority_keys", .literal(.listOf(.string))),
        ])
    private static let replace = EditorSignature(
        "replace_pattern",
        [
            Parameter("target", .target), Parameter("regex", .pattern),
            Parameter("replacement", .string), Parameter("function", .function, default: .none),
            Parameter("replacement_format", .literal(.string), default: .none),
        ])

    private func statement(_ text: String) throws(OTTLError) -> Statement {
        try Statement(
            text, in: .span, .either, editors: [Self.set, Self.limit, Self.replace])
    }

    @Test func `a statement has an editor, its arguments, and when it is made`() throws {
        let statement = try statement(
            #"set(attributes["a"]["b"], Concat([name, "x"], "")) where kind == 2"#)
        let target = try #require(statement.arguments[0].target)

        #expect(statement.editor == "set")
        #expect(target.context == .span)
        #expect(target.field.name == "attributes")
        #expect(target.keys.count == 2)
        #expect(statement.condition?.text == "kind == 2")
        #expect(statement.offsets == [4, 26])
        try Samples.withSubject(Samples.span, in: .span) { subject in
            let value = try statement.arguments[1].value(for: subject)
            let isEqual = subject.body.holds(.equal, value, .string("GET /healthx"))
            let holds = try statement.condition?.holds(for: subject)
            #expect(isEqual)
            #expect(holds == true)
        }
    }

    @Test func `arguments are in the order of parameters, with what was left out`() throws {
        let statement = try statement(
            #"replace_pattern(name, replacement="y", regex="x+", function=IsMatch)"#)

        #expect(statement.arguments.count == 5)
        #expect(statement.arguments[1].constant?.kind == .pattern)
        #expect(statement.arguments[2].constant?.kind == .string)
        #expect(statement.arguments[3].constant?.kind == .function)
        #expect(statement.arguments[4].constant?.kind == ValueKind.none)
        #expect(statement.condition == nil)
    }

    @Test(
        "statements that cannot be used",
        arguments: [
            ("Set(name, 1)", 0, "lowercase letter"), ("set(name, 1)[0]", 12, "not editors"),
            ("set(name, 1) where", 18, "a value"), ("set(name, 1) if true", 13, "'where'"),
            ("set(1, 1)", 4, "a path"), ("set(name)", 0, "expected 2, received 1"),
            ("sett(name, 1)", 0, "undefined function"), ("name == 1", 5, "'('"),
            (#"limit(attributes, name, [])"#, 18, "a literal int"),
            (#"limit(attributes, 5, ["a", 1])"#, 21, "a literal list of string"),
            ("set(name, where) where true", 10, "no path"), ("1", 0, "an editor"),
            ("set(name, 1) where name", 19, "a comparison"), ("set(name, 1) true", 13, "'where'"),
        ])
    func mistakes(text: String, offset: Int, part: String) throws {
        let error = #expect(throws: OTTLError.self) { try self.statement(text) }
        #expect(error?.offset == offset, "\(String(describing: error))")
        #expect(error?.message.contains(part) ?? false, "\(String(describing: error))")
    }
}
