import OTLP
import Primitives
import TestSupport
import Testing

@testable import OTTL

/// Random expressions: nothing traps, and the quick ways answer as the general one does.
struct FuzzTests {
    private static let words = [
        "attributes", "name", "kind", "status", "code", "span", "resource", "log", "body",
        "trace_id",
        "start_time", "end_time_unix_nano", "string", "IsMatch", "Concat", "IsRootSpan", "not",
        "and",
        "or", "true", "false", "nil", "where", "set", "SPAN_KIND_SERVER", "SHA256", "==", "!=", "<",
        "<=", ">", ">=", "=", "=>", "+", "-", "*", "/", "(", ")", "[", "]", "{", "}", ":", ",", ".",
        "0x", "0xab", "0x1", "1", "9223372036854775807", "99999999999999999999", "1.5", ".", "1.",
        "1e5", ".5e-3", "1.5e400", #""a""#, #""\n""#, #""\q""#, #"""#, #""x"#, "_", "ä", "\n", "\\",
        "'",
        "[\"text\"]", "(\"", "\u{0}",
    ]

    @Test func `random words never trap`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<14, using: &generator)
            let separator = Bool.random(using: &generator) ? " " : ""
            let text = (0..<count).map { _ in
                Self.words.randomElement(using: &generator) ?? ""
            }.joined(separator: separator)
            let context = PathContext.allCases.randomElement(using: &generator) ?? .span
            let condition = try? Condition(text, in: context, .either)
            _ = try? Statement(
                text, in: context, .either,
                editors: [
                    EditorSignature("set", [Parameter("a", .target), Parameter("b", .any)])
                ])
            _ = try? Condition.inferring(text, among: PathContext.allCases)
            if let condition {
                let record = context == .log ? Samples.record : Samples.span
                _ = try? Samples.withSubject(record, in: context) { subject in
                    try condition.holds(for: subject)
                }
            }
        }
    }

    // MARK: Both ways

    private static let operands = [
        #"attributes["text"]"#, #"attributes["int"]"#, #"attributes["double"]"#,
        #"attributes["true"]"#, #"attributes["bytes"]"#, #"attributes["list"]"#,
        #"attributes["map"]"#, #"attributes["empty"]"#, #"attributes["no"]"#,
        #"attributes["list"][0]"#, #"attributes["map"]["a"]"#,
        #"resource.attributes["service.name"]"#,
        #"scope.attributes["s"]"#, "scope.name", "name", "kind", "status.code", "status.message",
        "start_time", "end_time", "start_time_unix_nano", "end_time_unix_nano", "flags",
        "dropped_attributes_count", "trace_state", "trace_id", "trace_id.string", "attributes",
        "nil", "true", "false", "0", "7", "-3", "2.5", "2", #""abc""#, #""GET /health""#, #""""#,
        #""cart""#, "0xab01", "SPAN_KIND_SERVER", #"["x"]"#, "{}", "end_time - start_time",
        "end_time_unix_nano - start_time_unix_nano", "kind + 1", "kind / 0", "kind * 2.5",
        #"attributes["int"] - 7"#, #"attributes["text"] - 7"#, "start_time - kind", "7 - 7",
        #"Len(attributes["text"])"#, #"Int(attributes["digits"])"#, #"Duration("1ms")"#,
        "TraceID(0x0102030405060708090a0b0c0d0e0f10)", #"String(attributes["map"])"#,
        #"IsMatch(name, "^GET")"#, #"IsMatch(attributes["int"], "7")"#, #"attributes["text"]["x"]"#,
    ]

    private static let tests = [
        #"IsMatch(name, "^GET")"#, #"IsMatch(attributes["no"], "x")"#,
        #"IsMatch(attributes["map"], "deep")"#, #"IsMatch(attributes["int"], "7")"#, "IsRootSpan()",
        "true", "false",
        #"HasPrefix(name, "GET")"#, #"HasPrefix(attributes["no"], "x")"#,
        #"IsString(attributes["text"])"#,
    ]

    private static func term(
        _ depth: Int, using generator: inout SeededGenerator
    ) -> String {
        let pick = Int.random(in: 0..<10, using: &generator)
        if depth > 0, pick < 4 {
            let left = term(depth - 1, using: &generator)
            let right = term(depth - 1, using: &generator)
            switch pick {
            case 0: return "not (\(left))"
            case 1: return "(\(left) and \(right))"
            case 2: return "(\(left) or \(right))"
            default: return "not \(operandTest(using: &generator))"
            }
        }
        return operandTest(using: &generator)
    }

    private static func operandTest(using generator: inout SeededGenerator) -> String {
        if Int.random(in: 0..<5, using: &generator) == 0 {
            return tests.randomElement(using: &generator) ?? "true"
        }
        let left = operands.randomElement(using: &generator) ?? "nil"
        let right = operands.randomElement(using: &generator) ?? "nil"
        let sign = ["==", "!=", "<", "<=", ">", ">="].randomElement(using: &generator) ?? "=="
        return "\(left) \(sign) \(right)"
    }

    @Test func `a program answers as the proposition it was made of`() throws {
        var generator = SeededGenerator(seed: 11)
        let batches = try [Samples.span, Samples.rootSpan, Proto()].map {
            try Batch(validating: Samples.body($0), as: .traces)
        }
        for _ in 0..<5_000 {
            let text = Self.term(3, using: &generator)
            let bytes = Array(text.utf8)
            let resolver = Resolver(
                text: bytes, context: .span, style: .own, functions: .standard)
            let proposition = try resolver.proposition(try Parser.condition(bytes))
            let program = ProgramBuilder.program(proposition)
            for batch in batches {
                batch.forEachRecord { (record: borrowing Record) in
                    let subject = Subject(record)
                    let general = Self.answer { () throws(EvaluationError) in
                        try proposition.holds(for: subject)
                    }
                    let quick = Self.answer { () throws(EvaluationError) in
                        try program.holds(for: subject)
                    }
                    #expect(general == quick, "\(text)")
                }
            }
        }
    }

    private static func answer(_ holds: () throws(EvaluationError) -> Bool) -> Bool? {
        try? holds()
    }
}
