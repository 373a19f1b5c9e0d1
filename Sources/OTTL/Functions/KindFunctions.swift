import OTLP
import Primitives

/// Questions about kinds, and conversions between them.
enum KindFunctions {
    static let all: [Function] = [
        isKind("IsString") { if case .string = $0 { true } else { false } },
        isKind("IsInt") { if case .int = $0 { true } else { false } },
        isKind("IsDouble") { if case .double = $0 { true } else { false } },
        isKind("IsBool") { if case .bool = $0 { true } else { false } },
        isKind("IsMap") { if case .map = $0 { true } else { false } },
        isKind("IsList") { if case .list = $0 { true } else { false } },
        Function("IsEmpty", [.target(.any)], isEmpty),
        // The parameter's kind does all the work.
        Function("Int", [.target(.intLike)]) { $0[0] },
        Function("Double", [.target(.doubleLike)]) { $0[0] },
        Function("String", [.target(.stringLike)]) { $0[0] },
        Function("Bool", [.target(.boolLike)]) { $0[0] },
        Function("Len", [.target(.any)], count),
        Function("Coalesce", [Parameter("values", .listOf(.any))], firstPresent),
        Function("TraceID", [.target(.bytesLike)]) { arguments throws(EvaluationError) in
            .traceID(try traceID(arguments))
        },
        Function("ProfileID", [.target(.bytesLike)]) { arguments throws(EvaluationError) in
            .profileID(try traceID(arguments))
        },
        Function("SpanID", [.target(.bytesLike)]) { arguments throws(EvaluationError) in
            .spanID(number(try identifier(arguments, size: 8)[...]))
        },
    ]

    private static func isKind(
        _ name: String, _ test: @escaping @Sendable (Value) -> Bool
    ) -> Function {
        Function(name, [.target(.any)]) { .bool(test($0[0])) }
    }

    /// What has no elements, or is Go's zero value of its type.
    private static func isEmpty(_ arguments: borrowing Arguments) -> Value {
        switch arguments[0] {
        case .none: .bool(true)
        case .bool(let bool): .bool(!bool)
        case .int(let number), .duration(let number): .bool(number == 0)
        case .double(let number): .bool(number.bitPattern == 0)
        case .string(let text), .bytes(let text): .bool(text.count == 0)
        case .list(let list): .bool(arguments.body.count(of: list) == 0)
        case .map(let map): .bool(arguments.body.count(of: map) == 0)
        case .traceID(let id), .profileID(let id): .bool(id.high == 0 && id.low == 0)
        case .spanID(let id): .bool(id == 0)
        case .object(let object): .bool(object.tag != 0 && count(object, arguments) == 0)
        case .time, .pattern, .function: .bool(false)
        }
    }

    private static func count(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> Value {
        switch arguments[0] {
        case .string(let text), .bytes(let text): return .int(Int64(text.count))
        case .list(let list): return .int(Int64(arguments.body.count(of: list)))
        case .map(let map): return .int(Int64(arguments.body.count(of: map)))
        case .object(let object) where object.tag != 0:
            return .int(Int64(count(object, arguments)))
        default:
            throw .mismatch(expected: "a string, a list or a map", found: arguments[0].kind)
        }
    }

    private static func count(_ object: ObjectValue, _ arguments: borrowing Arguments) -> Int {
        arguments.body.count(of: object.tag, in: object.range)
    }

    private static func firstPresent(_ arguments: borrowing Arguments) -> Value {
        arguments.list(0).first { !$0.isNone } ?? .none
    }

    // MARK: Identifiers

    private static func traceID(
        _ arguments: borrowing Arguments
    ) throws(EvaluationError) -> TraceID {
        let bytes = try identifier(arguments, size: 16)
        return TraceID(high: number(bytes[..<8]), low: number(bytes[8...]))
    }

    /// So many bytes, or twice as many hexadecimal digits.
    private static func identifier(
        _ arguments: borrowing Arguments, size: Int
    ) throws(EvaluationError) -> [UInt8] {
        let bytes = arguments.bytes(0)
        if bytes.count == size { return bytes }
        guard bytes.count == 2 * size else {
            throw .failed("an id is \(size) bytes or \(2 * size) hexadecimal digits")
        }
        guard let decoded = HexadecimalText.bytes(bytes) else {
            throw .failed("an id has a character that is no hexadecimal digit")
        }
        return decoded
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
