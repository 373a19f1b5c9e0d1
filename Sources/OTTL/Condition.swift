import Primitives

/// A boolean expression, such as `attributes["http.route"] == "/health"`, ready to be evaluated.
///
/// Immutable, shared between threads.
package struct Condition: Sendable {
    /// As it was written.
    package let text: String
    package let context: PathContext
    /// The answer, if it is the same for all records.
    package let constant: Bool?
    private let program: Program

    package init(
        _ text: String, in context: PathContext, _ style: PathStyle,
        functions: FunctionTable = .standard
    ) throws(OTTLError) {
        let bytes = Array(text.utf8)
        do throws(SyntaxMistake) {
            let node = try Parser.condition(bytes)
            let resolver = Resolver(
                text: bytes, context: context, style: style, functions: functions)
            self.init(text, context, try resolver.proposition(node))
        } catch {
            throw error.located(in: bytes)
        }
    }

    init(_ text: String, _ context: PathContext, _ proposition: Proposition) {
        self.text = text
        self.context = context
        constant = if case .constant(let value) = proposition { value } else { nil }
        program = ProgramBuilder.program(proposition)
    }

    /// The condition and its context: the innermost one that it has paths of, or one further in
    /// that knows its functions and symbols.
    package static func inferring(
        _ text: String, among contexts: [PathContext], functions: FunctionTable = .standard
    ) throws(OTTLError) -> (PathContext, Condition) {
        let context = try Inference.context(
            conditions: [text], among: contexts, functions: functions)
        return (context, try Condition(text, in: context, .prefixed, functions: functions))
    }

    /// Whether it is true for a record, or why that cannot be said.
    package func holds(for subject: borrowing Subject) throws(EvaluationError) -> Bool {
        try program.holds(for: subject)
    }
}
