import OTLP
import Primitives
import RegularExpressions

/// What a function is called with: values that already are of their parameters' kinds.
///
/// The accessors answer for the kind their name says; a value of another kind, which the evaluator
/// does not let through, counts as empty.
package struct Arguments: ~Escapable {
    package let subject: Subject
    package let values: [Value]

    @_lifetime(copy subject)
    package init(_ values: [Value], _ subject: borrowing Subject) {
        self.values = values
        self.subject = copy subject
    }

    package subscript(position: Int) -> Value {
        position < values.count ? values[position] : .none
    }

    /// What ranges in values refer to.
    package var body: RawSpan {
        @_lifetime(copy self)
        get { subject.body }
    }

    /// Whether the argument is `nil`, or optional and left out without a fallback.
    package func isNone(_ position: Int) -> Bool { self[position].isNone }

    /// The bytes of a string or of bytes, in place.
    package func withBytes<Result, Failure: Error>(
        _ position: Int, _ use: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self[position] {
        case .string(let text), .bytes(let text): try body.withBytes(of: text, use)
        default: try use(RawSpan())
        }
    }

    /// A copy of the bytes of a string or of bytes.
    package func bytes(_ position: Int) -> [UInt8] {
        switch self[position] {
        case .string(let text), .bytes(let text): body.copy(of: text)
        default: []
        }
    }

    /// A string as Swift has it: what is not UTF-8 becomes U+FFFD.
    package func string(_ position: Int) -> String {
        String(decoding: bytes(position), as: UTF8.self)
    }

    package func int(_ position: Int) -> Int64 {
        if case .int(let value) = self[position] { value } else { 0 }
    }

    package func double(_ position: Int) -> Double {
        if case .double(let value) = self[position] { value } else { 0 }
    }

    package func bool(_ position: Int) -> Bool {
        if case .bool(let value) = self[position] { value } else { false }
    }

    package func time(_ position: Int) -> Time {
        if case .time(let value) = self[position] { value } else { Time(seconds: 0) }
    }

    package func duration(_ position: Int) -> Int64 {
        if case .duration(let value) = self[position] { value } else { 0 }
    }

    /// The elements of a list.
    package func list(_ position: Int) -> [Value] {
        if case .list(let list) = self[position] { body.elements(of: list) } else { [] }
    }

    /// The pairs of a map, in their order.
    package func map(_ position: Int) -> [MapEntry] {
        if case .map(let map) = self[position] { body.entries(of: map) } else { [] }
    }

    package func pattern(_ position: Int) throws(EvaluationError) -> Pattern {
        guard case .pattern(let pattern) = self[position] else {
            throw .mismatch(expected: "a regular expression", found: self[position].kind)
        }
        return pattern
    }

    package func function(_ position: Int) -> FunctionReference? {
        if case .function(let function) = self[position] { function } else { nil }
    }
}
