/// A converter: a name that starts in upper case, what it takes, and what it does.
///
/// A new one is a value of this type in the list of `FunctionTable.standard`. Arguments arrive as
/// their parameter's kind says; the evaluator converts them, or fails, before the call.
package struct Function: Sendable {
    /// What is called for each record.
    package typealias Implementation =
        @Sendable (borrowing Arguments) throws(EvaluationError) -> Value
    /// What is called once for each place where the function is written, with the values of the
    /// arguments that are literals (others are `nil`): checks them and prepares what it can.
    package typealias Binding =
        @Sendable (_ literals: [Value?]) throws(ArgumentMistake) ->
        Implementation

    package let name: String
    package let parameters: [Parameter]
    /// Where it may be written.
    package let contexts: [PathContext]
    package let bind: Binding
    /// Same arguments, same result: calls with literals alone are evaluated once.
    package let isPure: Bool

    package init(
        _ name: String, _ parameters: [Parameter],
        contexts: [PathContext] = PathContext.allCases, isPure: Bool = true,
        _ call: @escaping Implementation
    ) {
        self.init(name, parameters, contexts: contexts, isPure: isPure, binding: { _ in call })
    }

    package init(
        _ name: String, _ parameters: [Parameter],
        contexts: [PathContext] = PathContext.allCases, isPure: Bool = true,
        binding: @escaping Binding
    ) {
        self.name = name
        self.parameters = parameters
        self.contexts = contexts
        self.isPure = isPure
        bind = binding
    }
}

/// Why a function cannot be called with a literal that is otherwise of the right kind.
package struct ArgumentMistake: Error, Sendable {
    /// The parameter's position.
    package let position: Int
    /// Such as `"x" is not one of "lower", "upper"`.
    package let message: String
    package let hint: String?

    package init(_ position: Int, _ message: String, hint: String? = nil) {
        self.position = position
        self.message = message
        self.hint = hint
    }
}

/// What a function takes at one position.
package struct Parameter: Sendable {
    /// In snake case, as people write named arguments: `utf8_safe`.
    package let name: String
    package let kind: ParameterKind
    package let isOptional: Bool
    /// What stands for an optional argument that was left out.
    package let fallback: Value

    package init(_ name: String, _ kind: ParameterKind) {
        self.name = name
        self.kind = kind
        isOptional = false
        fallback = .none
    }

    /// An optional parameter. If left out it is `fallback`.
    package init(_ name: String, _ kind: ParameterKind, default fallback: Value) {
        self.name = name
        self.kind = kind
        isOptional = true
        self.fallback = fallback
    }
}

/// What an argument may be, and what it is made into. ("Getters" of OTTL.)
package indirect enum ParameterKind: Sendable {
    /// Anything, `nil` too.
    case any
    /// Exactly this, `nil` is an error. `map` and `list` accept literals, too.
    case string, int, double, bool, time, duration, map, list
    /// A string, or the text of what else it is: bytes in lower-case hexadecimal, others as JSON.
    /// `nil` stays `nil`; so do the following.
    case stringLike
    /// An integer; doubles are truncated, booleans 1 or 0, text in base 10, `nil` if it is none.
    case intLike
    /// A double, from integers, booleans and text; an error if the text is no number.
    case doubleLike
    /// A boolean, from numbers and text.
    case boolLike
    /// Bytes, of strings their bytes, of numbers and booleans their big-endian form.
    case bytesLike
    /// A regular expression: compiled once if it is a literal, otherwise for each call.
    case pattern
    /// A literal of the expression, known when it is bound.
    case literal(ParameterKind)
    /// A list, whose elements are of a kind; `.listOf(.any)` and lists of literals too.
    case listOf(ParameterKind)
    /// A converter's name, such as `SHA256`.
    case function
    /// A path that can be changed. Editors only.
    case target
}

/// A converter that was given as an argument, by its name.
package struct FunctionReference: Sendable {
    package let function: Function

    /// Calls it with values, which are converted as its parameters say.
    package func call(
        _ values: [Value], for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        guard values.count <= function.parameters.count else {
            throw .failed("\(function.name) takes \(function.parameters.count) arguments")
        }
        var converted: [Value] = []
        for (position, parameter) in function.parameters.enumerated() {
            if position < values.count {
                converted.append(
                    try values[position].converted(to: parameter.kind, in: subject.body))
            } else if parameter.isOptional {
                converted.append(parameter.fallback)
            } else {
                throw .failed("\(function.name) needs an argument for '\(parameter.name)'")
            }
        }
        let implementation: Function.Implementation
        do throws(ArgumentMistake) {
            implementation = try function.bind(converted.map(Optional.some))
        } catch {
            throw .failed("\(function.name): \(error.message)")
        }
        return try implementation(Arguments(converted, subject))
    }
}

/// The functions that expressions may use.
package struct FunctionTable: Sendable {
    package let functions: [Function]
    private let positions: [String: Int]

    package init(_ functions: [Function]) {
        self.functions = functions
        var positions: [String: Int] = [:]
        for (position, function) in functions.enumerated() { positions[function.name] = position }
        self.positions = positions
    }

    package func function(named name: String) -> Function? {
        positions[name].map { functions[$0] }
    }
}
