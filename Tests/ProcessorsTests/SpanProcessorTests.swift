import OTLP
import Primitives
import Processors
import Testing

struct SpanProcessorTests {
    /// A span as the processor leaves it.
    private struct Shown: Equatable, CustomStringConvertible {
        var name: String
        var attributes: [String]
        var code: UInt64?
        var message: String?

        init(
            _ name: String, _ attributes: [String] = [], code: UInt64? = nil,
            message: String? = nil
        ) {
            self.name = name
            self.attributes = attributes
            self.code = code
            self.message = message
        }

        var description: String { "\(name) \(attributes) \(code ?? 0) \(message ?? "")" }
    }

    private func run(
        _ yaml: String, name: String = "GET /x", _ attributes: [String] = []
    ) throws -> Shown {
        let batch = AttributeRequest.traces([attributes], name: name)
        return try shown(try processed(batch, by: SpanProcessor.self, yaml))
    }

    private func shown(_ batch: Batch) throws -> Shown {
        var shown: [Shown] = []
        batch.forEachRecord { record in
            let span = record.message
            let status = span.part(SpanTag.status)
            let message = ShownAttributes.text(status.bytes(of: StatusTag.message))
            shown.append(
                Shown(
                    ShownAttributes.text(span.bytes(of: SpanTag.name)),
                    ShownAttributes.of(span, SpanTag.attributes),
                    code: status.varint(StatusTag.code), message: message.isEmpty ? nil : message))
        }
        return try #require(shown.first)
    }

    // MARK: A name from attributes

    @Test func `a name is made of attributes`() throws {
        let yaml = "{name: {from_attributes: [a, b, c, d], separator: '::'}}"
        let attributes = ["a=x", "b=7:int", "c=true:bool", "d=0.5:double"]

        #expect(try run(yaml, attributes) == Shown("x::7::true::0.5", attributes))
    }

    @Test func `a name stays if an attribute is missing`() throws {
        let yaml = "{name: {from_attributes: [a, b]}}"

        #expect(try run(yaml, ["a=x"]) == Shown("GET /x", ["a=x"]))
        #expect(try run(yaml) == Shown("GET /x"))
    }

    @Test(arguments: ["a=x:list", "a=x:map", "a=x:bytes", "a=:empty"])
    func `what is no text, number or bool is unknown`(attribute: String) throws {
        let result = try run("{name: {from_attributes: [a]}}", [attribute])

        #expect(result.name == "<unknown-attribute-type>")
    }

    // MARK: Attributes from a name

    @Test func `parts of a name become attributes and leave their names`() throws {
        let yaml = "{name: {to_attributes: {rules: ['^/u/(?P<user>[^/]+)/o/(?P<order>.+)$']}}}"

        #expect(
            try run(yaml, name: "/u/7/o/8", ["user=old"])
                == Shown("/u/{user}/o/{order}", ["user=7", "order=8"]))
        #expect(try run(yaml, name: "/u/7") == Shown("/u/7"))
        #expect(try run(yaml, name: "") == Shown(""))
    }

    @Test func `each rule works on the name that the one before it left`() throws {
        let rules = "rules: ['(?P<number>[0-9]+)', '(?P<braces>{.*})', 'never(?P<x>.)']"

        #expect(
            try run("{name: {to_attributes: {\(rules)}}}", name: "a/12/b")
                == Shown("a/{braces}/b", ["number=12", "braces={number}"]))
        #expect(
            try run("{name: {to_attributes: {\(rules), break_after_match: true}}}", name: "a/12/b")
                == Shown("a/{number}/b", ["number=12"]))
        #expect(
            try run("{name: {to_attributes: {\(rules), keep_original_name: true}}}", name: "a/12")
                == Shown("a/12", ["number=12"]))
    }

    @Test func `groups within groups, and those that take no part, have no place in the name`()
        throws
    {
        let yaml = "{name: {to_attributes: {rules: ['(?P<all>a(?P<in>b))(?P<no>x)?']}}}"

        #expect(
            try run(yaml, name: "-ab-") == Shown("-{all}-", ["all=ab", "in=b", "no="]))
    }

    @Test func `a name is made first, and then taken apart`() throws {
        let yaml = """
            {name: {from_attributes: [a], to_attributes: {rules: ['(?P<n>\\d+)']}},
             status: {code: Ok}}
            """

        #expect(try run(yaml, ["a=x1"]) == Shown("x{n}", ["a=x1", "n=1"], code: 1))
    }

    // MARK: Status

    @Test func `a status is set, and its message only with Error`() throws {
        let error = try run("{status: {code: Error, description: broken}}")
        #expect(error == Shown("GET /x", code: 2, message: "broken"))

        #expect(try run("{status: {code: Ok}}") == Shown("GET /x", code: 1))
        #expect(try run("{status: {code: Unset}}") == Shown("GET /x"))
    }

    @Test func `a status takes the place of another, also in the index`() throws {
        let batch = AttributeRequest.traces([["a=b"]])
        let failed = try processed(
            batch, by: SpanProcessor.self, "{status: {code: Error, description: broken}}")

        let result = try processed(failed, by: SpanProcessor.self, "{status: {code: Ok}}")

        var statuses: [SpanStatus] = []
        for batch in [failed, result] { batch.forEachRecord { statuses.append($0.status) } }
        #expect(statuses == [.error, .ok])
        #expect(try shown(result).message == nil)
    }

    @Test func `spans that are not selected stay as they are`() throws {
        let batch = AttributeRequest.traces([["a=b"]])

        let result = try processed(
            batch, by: SpanProcessor.self,
            "{include: {match_type: strict, services: [other]}, status: {code: Ok}}")

        #expect(result.joined() === batch.joined())
    }

    // MARK: Mistakes

    @Test(arguments: [
        ("{}", "does nothing"), ("{name: {separator: x}}", "does nothing"),
        ("{status: {code: Fine}}", "status.code is 'Fine', but must be one of Ok, Error, Unset"),
        ("{status: {description: x}}", "status.code must be given"),
        ("{status: {code: Ok, description: x}}", "status.description is given for the code Ok"),
        ("{name: {to_attributes: {rules: ['(']}}}", "rules[0] is not a regular expression"),
    ])
    func `a mistake is said with its place`(yaml: String, message: String) {
        let found = mistakes(of: SpanProcessor.self, yaml)

        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func `it has no place in a pipeline of logs`() {
        let found = mistakes(of: SpanProcessor.self, "{status: {code: Ok}}", signal: .logs)

        #expect(found.count == 1)
    }
}
