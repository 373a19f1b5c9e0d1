/// A path whose names have been looked up: what it reads, or an editor changes.
package struct Path: Sendable {
    /// Whose message the field is in.
    package let context: PathContext
    package let field: Field
    package let keys: [PathKey]
    /// As it was written.
    package let text: String
}

/// What stands in brackets.
package enum PathKey: Sendable {
    case string([UInt8])
    case int(Int64)
    /// Yields a string or an int.
    case computed(Expression)
}

extension PathKey {
    /// The key for a record: `.string` or `.int`.
    package func resolved(
        for subject: borrowing Subject
    ) throws(EvaluationError) -> PathKey {
        guard case .computed(let expression) = self else { return self }
        let value = try expression.value(for: subject)
        switch value {
        case .string(let text): return .string(subject.body.copy(of: text))
        case .int(let number): return .int(number)
        default: throw .mismatch(expected: "a string or an int as a key", found: value.kind)
        }
    }

    var kind: ValueKind {
        if case .int = self { .int } else { .string }
    }
}
