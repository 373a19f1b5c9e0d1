import Primitives

/// `+`, `-`, `*` and `/`.
package enum Arithmetic: UInt8, Sendable {
    case add, subtract, multiply, divide

    package func callAsFunction(
        _ left: Value, _ right: Value
    ) throws(EvaluationError) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): return .int(try self(left, right))
        case (.double(let left), .double(let right)): return .double(try self(left, right))
        case (.int(let left), .double(let right)): return .double(try self(Double(left), right))
        case (.double(let left), .int(let right)): return .double(try self(left, Double(right)))
        case (.time(let left), .time(let right)) where self == .subtract:
            return .duration(left - right)
        case (.time(let time), .duration(let duration)) where self == .add:
            return .time(time + duration)
        case (.time(let time), .duration(let duration)) where self == .subtract:
            return .time(time + (0 &- duration))
        case (.duration(let duration), .time(let time)) where self == .add:
            return .time(time + duration)
        case (.duration(let left), .duration(let right)) where self == .add:
            return .duration(left &+ right)
        case (.duration(let left), .duration(let right)) where self == .subtract:
            return .duration(left &- right)
        default:
            throw .mismatch(
                expected: "numbers, or times and durations that go with '\(symbol)'",
                found: left.isOperand ? right.kind : left.kind)
        }
    }

    var symbol: String {
        switch self {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        }
    }

    /// Wraps around.
    @inline(__always)
    func callAsFunction(_ left: Int64, _ right: Int64) throws(EvaluationError) -> Int64 {
        switch self {
        case .add: return left &+ right
        case .subtract: return left &- right
        case .multiply: return left &* right
        case .divide:
            guard right != 0 else { throw .divisionByZero }
            return right == -1 ? 0 &- left : left / right
        }
    }

    @inline(__always)
    func callAsFunction(_ left: Double, _ right: Double) throws(EvaluationError) -> Double {
        switch self {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide:
            guard right != 0 else { throw .divisionByZero }
            return left / right
        }
    }
}

extension Value {
    fileprivate var isOperand: Bool {
        switch self {
        case .int, .double, .time, .duration: true
        default: false
        }
    }

    /// The value behind a minus sign.
    func negated() throws(EvaluationError) -> Value {
        switch self {
        case .int(let number): .int(0 &- number)
        case .double(let number): .double(-number)
        default: throw .mismatch(expected: "a number behind '-'", found: kind)
        }
    }
}
