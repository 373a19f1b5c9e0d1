import Primitives
import RegularExpressions

/// Makes a program of a proposition, from the last test to the first.
struct ProgramBuilder {
    private(set) var steps: [Step] = []
    private(set) var constants: [UInt8] = []
    private(set) var patterns: [Pattern] = []
    private(set) var propositions: [Proposition] = []

    static func program(_ proposition: Proposition) -> Program {
        var builder = ProgramBuilder()
        let first = builder.append(
            proposition, whenTrue: Program.accepted, whenFalse: Program.rejected)
        return Program(builder, first: first)
    }

    /// Appends the tests of a proposition and returns the position of the first one.
    private mutating func append(
        _ proposition: Proposition, whenTrue: Int, whenFalse: Int
    ) -> Int {
        switch proposition {
        case .constant(let value): return value ? whenTrue : whenFalse
        case .not(let operand): return append(operand, whenTrue: whenFalse, whenFalse: whenTrue)
        case .and(let operands):
            return operands.reversed().reduce(whenTrue) { next, operand in
                append(operand, whenTrue: next, whenFalse: whenFalse)
            }
        case .or(let operands):
            return operands.reversed().reduce(whenFalse) { next, operand in
                append(operand, whenTrue: whenTrue, whenFalse: next)
            }
        default:
            steps.append(Step(test: test(proposition), whenTrue: whenTrue, whenFalse: whenFalse))
            return steps.count - 1
        }
    }

    private mutating func test(_ proposition: Proposition) -> Test {
        switch proposition {
        case .comparison(let comparison, let left, let right):
            self.comparison(comparison, left, right) ?? general(proposition)
        case .test(.call(let call)): self.call(call, proposition) ?? general(proposition)
        default: general(proposition)
        }
    }

    private mutating func general(_ proposition: Proposition) -> Test {
        propositions.append(proposition)
        return .general(propositions.count - 1)
    }

    /// Two values that may both be maps or lists go the general way.
    private mutating func comparison(
        _ comparison: Comparison, _ left: Expression, _ right: Expression
    ) -> Test? {
        if let right = source(right) {
            if let left = source(left), !(left.mayBeCompound && right.mayBeCompound) {
                return .comparison(comparison, left, right)
            }
            return difference(comparison, left, right)
        }
        guard let left = source(left) else { return nil }
        return difference(comparison.mirrored, right, left)
    }

    /// `a - b > c`. An error of its left side comes first, so the other one has to be a constant.
    private mutating func difference(
        _ comparison: Comparison, _ sum: Expression, _ other: Source
    ) -> Test? {
        guard case .constant = other, case .arithmetic(let first, let rest) = sum,
            rest.count == 1, let left = source(first), let right = source(rest[0].operand),
            left.isTime && right.isTime && rest[0].operator == .subtract
                || left.isNumber && right.isNumber
        else { return nil }
        return .difference(comparison, rest[0].operator, left, right, other)
    }

    private mutating func call(_ call: Call, _ proposition: Proposition) -> Test? {
        switch call.name {
        case "IsRootSpan": return .isRoot
        case "IsMatch":
            guard call.arguments.count == 2,
                case .computed(.path(let path), .stringLike) = call.arguments[0],
                case .constant(.pattern(let pattern)) = call.arguments[1],
                let source = source(.path(path))
            else { return nil }
            patterns.append(pattern)
            guard case .general(let otherwise) = general(proposition) else { return nil }
            return .match(source, pattern: patterns.count - 1, otherwise: otherwise)
        default: return nil
        }
    }

    // MARK: Sources

    private mutating func source(_ expression: Expression) -> Source? {
        switch expression {
        case .constant(let value): scalar(value).map(Source.constant)
        case .path(let path): source(path)
        default: nil
        }
    }

    private mutating func scalar(_ value: Value) -> Scalar? {
        switch value {
        case .none: Scalar.none
        case .bool(let bool): .bool(bool)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .string(.own(let bytes)): .text(constant(bytes))
        case .bytes(.own(let bytes)): .bytes(constant(bytes))
        case .duration(let duration): .duration(duration)
        case .time(let time) where (0..<9_000_000_000).contains(time.seconds):
            .time(UInt64(bitPattern: time.unixNanoseconds))
        default: nil
        }
    }

    private mutating func constant(_ bytes: [UInt8]) -> TextPlace {
        let start = constants.count
        constants += bytes
        return TextPlace(constant: start..<constants.count)
    }

    private mutating func source(_ path: Path) -> Source? {
        let place = MessagePlace(path.context)
        let tag = path.field.tag
        guard path.keys.isEmpty else { return keyed(path, place) }
        switch path.field.form {
        case .text: return .text(place, tag)
        case .unsigned: return .unsigned(place, tag)
        case .fixed32: return .fixed32(place, tag)
        case .enumeration: return .enumeration(place, tag)
        case .nanoseconds: return .nanoseconds(place, tag)
        case .time: return .time(place, tag)
        case .value: return .value(place, tag)
        case .statusCode: return .statusCode
        case .statusMessage: return .statusMessage
        case .point(let field):
            switch field {
            case .valueInt, .valueDouble, .count, .sum, .flags, .nanoseconds, .startNanoseconds,
                .scale, .zeroCount:
                return .point(field)
            default: return nil
            }
        default: return nil
        }
    }

    /// One key that is a literal.
    private mutating func keyed(_ path: Path, _ place: MessagePlace) -> Source? {
        guard path.keys.count == 1, case .string(let bytes) = path.keys[0] else { return nil }
        switch path.field.form {
        case .attributes: return .attribute(place, path.field.tag, key: constant(bytes))
        case .point(.attributes): return .pointAttribute(key: constant(bytes))
        case .value: return .bodyKey(constant(bytes))
        default: return nil
        }
    }
}

extension Source {
    /// Whether it may yield a map or a list.
    fileprivate var mayBeCompound: Bool {
        switch self {
        case .attribute, .pointAttribute, .bodyKey, .value: true
        default: false
        }
    }

    /// Whether it yields a number for every record.
    fileprivate var isNumber: Bool {
        switch self {
        case .nanoseconds, .enumeration, .unsigned, .fixed32, .statusCode: true
        case .constant(.int), .constant(.double): true
        default: false
        }
    }

    fileprivate var isTime: Bool {
        if case .time = self { true } else { false }
    }
}
