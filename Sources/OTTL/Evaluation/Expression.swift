/// What yields a value for a record: names looked up, arguments in their places.
package indirect enum Expression: Sendable {
    case constant(Value)
    case path(Path)
    case call(Call)
    case list([Expression])
    case map([(key: [UInt8], value: Expression)])
    /// From left to right.
    case arithmetic(first: Expression, rest: [(operator: Arithmetic, operand: Expression)])
    case negated(Expression)
    /// A converter's result with keys behind it.
    case indexed(Expression, [PathKey])
}

/// A converter with its arguments.
package final class Call: Sendable {
    package let name: String
    let implementation: Function.Implementation
    package let arguments: [Argument]

    init(
        _ name: String, _ arguments: [Argument], _ implementation: @escaping Function.Implementation
    ) {
        self.name = name
        self.arguments = arguments
        self.implementation = implementation
    }

    func value(for subject: borrowing Subject) throws(EvaluationError) -> Value {
        var values: [Value] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments { values.append(try argument.value(for: subject)) }
        return try implementation(Arguments(values, subject))
    }
}

/// What a parameter gets.
package enum Argument: Sendable {
    /// Known from the start, and already of the parameter's kind. What was left out is the
    /// parameter's fallback.
    case constant(Value)
    /// To be evaluated for each record, and converted.
    case computed(Expression, ParameterKind)
    /// What an editor changes.
    case target(Path)

    /// The value for a record; of a target, what the path yields.
    package func value(for subject: borrowing Subject) throws(EvaluationError) -> Value {
        switch self {
        case .constant(let value): value
        case .computed(let expression, let kind):
            try expression.value(for: subject).converted(to: kind, in: subject.body)
        case .target(let path): try path.value(for: subject)
        }
    }

    package var constant: Value? {
        if case .constant(let value) = self { value } else { nil }
    }

    package var target: Path? {
        if case .target(let path) = self { path } else { nil }
    }
}

extension Expression {
    package var constant: Value? {
        if case .constant(let value) = self { value } else { nil }
    }

    package func value(for subject: borrowing Subject) throws(EvaluationError) -> Value {
        switch self {
        case .constant(let value): return value
        case .path(let path): return try path.value(for: subject)
        case .call(let call): return try call.value(for: subject)
        case .list(let elements):
            var values: [Value] = []
            for element in elements { values.append(try element.value(for: subject)) }
            return .list(.own(values))
        case .map(let pairs): return try Self.map(pairs, for: subject)
        case .arithmetic(let first, let rest):
            var value = try first.value(for: subject)
            for (arithmetic, operand) in rest {
                value = try arithmetic(value, try operand.value(for: subject))
            }
            return value
        case .negated(let operand): return try operand.value(for: subject).negated()
        case .indexed(let whole, let keys):
            return try Self.indexed(try whole.value(for: subject), keys, for: subject)
        }
    }

    private static func map(
        _ pairs: [(key: [UInt8], value: Expression)], for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        var entries: [MapEntry] = []
        for (key, value) in pairs {
            entries.append(MapEntry(key, try value.value(for: subject)))
        }
        return .map(.own(entries))
    }

    /// Unlike in a path, a missing key is an error.
    private static func indexed(
        _ whole: Value, _ keys: [PathKey], for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        var value = whole
        for key in keys {
            switch (value, try key.resolved(for: subject)) {
            case (.map(let map), .string(let name)):
                guard let found = subject.body.value(name.span.bytes, in: map) else {
                    throw .keyNotFound
                }
                value = found
            case (.list(let list), .int(let index)):
                guard let found = subject.body.element(index, of: list) else {
                    throw .outOfBounds(index: index)
                }
                value = found
            case (_, let key): throw .notIndexable(value.kind, by: key.kind)
            }
        }
        return value
    }
}
