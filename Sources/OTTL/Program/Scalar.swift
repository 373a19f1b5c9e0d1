import Primitives

/// A value without anything to count or copy: what conditions on the usual fields compare.
enum Scalar: Sendable {
    case none
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text(TextPlace)
    case bytes(TextPlace)
    /// Nanoseconds since 1970.
    case time(UInt64)
    /// Nanoseconds.
    case duration(Int64)
    /// A map or a list, which equals no scalar.
    case compound(ValueKind)
}

/// Where text stands: in the subject's body, or among the constants of a program.
struct TextPlace: Sendable {
    // Bodies are smaller than 2^31 bytes, and so are expressions.
    private let offset: UInt32
    private let count: UInt32
    private let isConstant: Bool

    @inline(__always)
    init(_ range: Range<Int>) {
        offset = UInt32(truncatingIfNeeded: range.lowerBound)
        count = UInt32(truncatingIfNeeded: range.count)
        isConstant = false
    }

    init(constant range: Range<Int>) {
        offset = UInt32(truncatingIfNeeded: range.lowerBound)
        count = UInt32(truncatingIfNeeded: range.count)
        isConstant = true
    }

    @inline(__always)
    @_lifetime(copy body, copy constants)
    func bytes(in body: RawSpan, or constants: RawSpan) -> RawSpan {
        let range = Int(offset)..<Int(offset) &+ Int(count)
        return isConstant ? constants.extracting(range) : body.extracting(range)
    }
}

extension Comparison {
    /// As for values.
    @inline(__always)
    func holds(
        _ left: Scalar, _ right: Scalar, in body: RawSpan, or constants: RawSpan
    ) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)), (.bytes(let left), .bytes(let right)):
            holds(
                left.bytes(in: body, or: constants), right.bytes(in: body, or: constants))
        case (.int(let left), .int(let right)): holds(left, right)
        case (.double(let left), .double(let right)): holds(left, right)
        case (.int(let left), .double(let right)): holds(Double(left), right)
        case (.double(let left), .int(let right)): holds(left, Double(right))
        case (.bool(let left), .bool(let right)): holds(left ? 1 : 0, right ? 1 : 0)
        case (.none, .none): self == .equal || self == .lessOrEqual || self == .greaterOrEqual
        case (.time(let left), .time(let right)): holds(left, right)
        case (.duration(let left), .duration(let right)): holds(left, right)
        default: ofDifferentKinds
        }
    }
}

extension Arithmetic {
    /// As for numbers, and differences of times: programs do no other arithmetic.
    @inline(__always)
    func callAsFunction(
        _ left: Scalar, _ right: Scalar
    ) throws(EvaluationError) -> Scalar {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(try self(left, right))
        case (.time(let left), .time(let right)) where self == .subtract:
            let difference = Int64(bitPattern: left &- right)
            if left >= right { return .duration(difference < 0 ? .max : difference) }
            return .duration(difference > 0 ? .min : difference)
        case (.double(let left), .double(let right)): return .double(try self(left, right))
        case (.int(let left), .double(let right)): return .double(try self(Double(left), right))
        case (.double(let left), .int(let right)): return .double(try self(left, Double(right)))
        default:
            throw .mismatch(expected: "numbers, or times and durations", found: left.kind)
        }
    }
}

extension Scalar {
    var kind: ValueKind {
        switch self {
        case .none: .none
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .text: .string
        case .bytes: .bytes
        case .time: .time
        case .duration: .duration
        case .compound(let kind): kind
        }
    }
}
