/// Why an expression cannot be used: what is there, what was expected, and where.
package struct OTTLError: Error, Equatable, Sendable {
    /// A predicate of the expression's part, such as `expected ')' but got 'x'`.
    package let message: String
    /// In characters from the start of the expression.
    package let offset: Int
    /// What to do about it.
    package let hint: String?

    package init(_ message: String, offset: Int, hint: String? = nil) {
        self.message = message
        self.offset = offset
        self.hint = hint
    }
}

extension OTTLError: CustomStringConvertible {
    package var description: String {
        let place = "\(message) (at character \(offset + 1))"
        return hint.map { "\(place); \($0)" } ?? place
    }
}

/// What becomes of a record for which an expression fails.
package enum ErrorMode: String, CaseIterable, Sendable {
    /// The payload is refused.
    case propagate
    /// The expression counts as not matched, and the failure is logged.
    case ignore
    /// The expression counts as not matched.
    case silent
}

/// How paths are written.
package enum PathStyle: Sendable {
    /// Every path starts with its context: `span.name`, `resource.attributes["a"]`.
    case prefixed
    /// Fields of the own context without it, those of its parents with theirs: `name`.
    case own
    /// Both: what does not start with a context is of the own one.
    case either
}
