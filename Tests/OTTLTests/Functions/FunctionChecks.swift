import OTTL
import Testing

/// An expression and what it is equal to, both in OTTL.
struct Equality: Sendable, CustomTestStringConvertible {
    let expression: String
    let expected: String

    init(_ expression: String, _ expected: String) {
        self.expression = expression
        self.expected = expected
    }

    var testDescription: String { "\(expression) == \(expected)" }

    func check(_ context: PathContext = .span) throws {
        #expect(try holds("\(expression) == \(expected)", context), "\(expression)")
    }
}

/// Checks that an expression has no value for the sample, and not because it is malformed.
func expectFailure(_ expression: String, _ context: PathContext = .span) {
    #expect(throws: EvaluationError.self, "\(expression)") {
        try holds("\(expression) != nil", context)
    }
}

/// Checks that an expression is refused when it is compiled.
func expectRefusal(_ expression: String, _ part: String, _ context: PathContext = .span) {
    let error = #expect(throws: OTTLError.self, "\(expression)") {
        try Condition("\(expression) != nil", in: context, .own)
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
}
