/// Why an expression has no value for a record.
///
/// Cheap to throw: a condition may fail for each record, and only a log line needs the words.
package enum EvaluationError: Error, Sendable {
    /// A value of another kind than a function or operator takes.
    case mismatch(expected: String, found: ValueKind)
    case notIndexable(ValueKind, by: ValueKind)
    case outOfBounds(index: Int64)
    case keyNotFound
    case divisionByZero
    /// Anything else, in words.
    case failed(String)
}

extension EvaluationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .mismatch(let expected, let found): "expected \(expected) but got \(found)"
        case .notIndexable(let kind, let key):
            "a value of kind \(kind) cannot be indexed with a key of kind \(key)"
        case .outOfBounds(let index): "index \(index) out of bounds"
        case .keyNotFound: "key not found in map"
        case .divisionByZero: "attempted to divide by 0"
        case .failed(let reason): reason
        }
    }
}

/// What a value is, in the words of messages.
package enum ValueKind: String, Sendable, CustomStringConvertible {
    case none = "nil"
    case bool, int, double, string, bytes, list, map, time, duration
    case traceID = "trace id"
    case spanID = "span id"
    case profileID = "profile id"
    case object, pattern, function

    package var description: String { rawValue }
}

extension Value {
    package var kind: ValueKind {
        switch self {
        case .none: .none
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .list: .list
        case .map: .map
        case .time: .time
        case .duration: .duration
        case .traceID: .traceID
        case .spanID: .spanID
        case .profileID: .profileID
        case .object: .object
        case .pattern: .pattern
        case .function: .function
        }
    }
}
