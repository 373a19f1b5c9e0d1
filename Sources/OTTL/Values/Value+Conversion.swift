import OTLP
import Primitives
import RegularExpressions

/// What parameters make of arguments.
extension Value {
    /// The value as a parameter of a kind takes it.
    package func converted(
        to kind: ParameterKind, in body: RawSpan
    ) throws(EvaluationError) -> Value {
        switch kind {
        case .any, .function, .target: return self
        case .literal(let kind): return try converted(to: kind, in: body)
        case .listOf(let kind):
            guard case .list(let list) = self else { throw mismatch("list") }
            if case .any = kind { return self }
            var elements: [Value] = []
            for element in body.elements(of: list) {
                elements.append(try element.converted(to: kind, in: body))
            }
            return .list(.own(elements))
        case .pattern: return .pattern(try pattern(in: body))
        case .stringLike: return try body.likeText(self).map(Value.string) ?? .none
        case .intLike: return try likeInt(in: body)
        case .doubleLike: return try likeDouble(in: body)
        case .boolLike: return try likeBool(in: body)
        case .bytesLike: return try likeBytes(in: body)
        default: return try checked(kind)
        }
    }

    private func mismatch(_ expected: String) -> EvaluationError {
        .mismatch(expected: expected, found: kind)
    }

    /// Exactly a kind, or an error.
    private func checked(_ kind: ParameterKind) throws(EvaluationError) -> Value {
        switch (kind, self) {
        case (.string, .string), (.int, .int), (.double, .double), (.bool, .bool), (.time, .time),
            (.duration, .duration), (.map, .map), (.list, .list):
            return self
        case (.string, _): throw mismatch("string")
        case (.int, _): throw mismatch("int")
        case (.double, _): throw mismatch("double")
        case (.bool, _): throw mismatch("bool")
        case (.time, _): throw mismatch("time")
        case (.duration, _): throw mismatch("duration")
        case (.map, _): throw mismatch("map")
        default: throw mismatch("list")
        }
    }

    private func pattern(in body: RawSpan) throws(EvaluationError) -> Pattern {
        if case .pattern(let pattern) = self { return pattern }
        guard case .string(let text) = self else { throw mismatch("string") }
        do {
            return try Pattern(String(decoding: body.copy(of: text), as: UTF8.self))
        } catch {
            throw .failed("the regular expression cannot be compiled: \(error.reason)")
        }
    }

    private func likeInt(in body: RawSpan) throws(EvaluationError) -> Value {
        switch self {
        case .none, .int: self
        case .double(let number): .int(Int64(wrapping: number))
        case .bool(let bool): .int(bool ? 1 : 0)
        case .string(let text):
            Int64(goText: String(decoding: body.copy(of: text), as: UTF8.self)).map(Value.int)
                ?? .none
        default: throw mismatch("a value that is like an int")
        }
    }

    private func likeDouble(in body: RawSpan) throws(EvaluationError) -> Value {
        switch self {
        case .none, .double: return self
        case .int(let number): return .double(Double(number))
        case .bool(let bool): return .double(bool ? 1 : 0)
        case .string(let text):
            let digits = String(decoding: body.copy(of: text), as: UTF8.self)
            guard let number = Double(goText: digits) else {
                throw .failed("the string is no number")
            }
            return .double(number)
        default: throw mismatch("a value that is like a double")
        }
    }

    private func likeBool(in body: RawSpan) throws(EvaluationError) -> Value {
        switch self {
        case .none, .bool: return self
        case .int(let number): return .bool(number != 0)
        case .double(let number): return .bool(number != 0)
        case .string(let text):
            switch String(decoding: body.copy(of: text), as: UTF8.self) {
            case "1", "t", "T", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "F", "false", "FALSE", "False": return .bool(false)
            default: throw .failed("the string is no bool")
            }
        default: throw mismatch("a value that is like a bool")
        }
    }

    private func likeBytes(in body: RawSpan) throws(EvaluationError) -> Value {
        switch self {
        case .none, .bytes: self
        case .string(let text): .bytes(text)
        case .int(let number): .bytes(.own(UInt64(bitPattern: number).bigEndianBytes))
        case .double(let number): .bytes(.own(number.bitPattern.bigEndianBytes))
        case .bool(let bool): .bytes(.own([bool ? 1 : 0]))
        default: throw mismatch("a value that is like bytes")
        }
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - $0 * 8)) }
    }
}

extension Int64 {
    /// As Go converts on x86-64: without a fraction, the least number if it does not fit.
    package init(wrapping number: Double) {
        self = Int64(exactly: number.rounded(.towardZero)) ?? .min
    }

    /// As `strconv.ParseInt(text, 10, 64)`.
    package init?(goText text: String) {
        self.init(text, radix: 10)
    }
}

extension Double {
    /// As `strconv.ParseFloat(text, 64)`, but for underscores and hexadecimal numbers without an
    /// exponent.
    package init?(goText text: String) {
        switch text.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": self = .infinity
        case "-inf", "-infinity": self = -.infinity
        case "nan": self = .nan
        default:
            guard let number = Double(text), number.isFinite else { return nil }
            self = number
        }
    }
}
