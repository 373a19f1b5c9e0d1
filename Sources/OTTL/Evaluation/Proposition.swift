/// What is true or false for a record.
indirect enum Proposition: Sendable {
    case constant(Bool)
    case comparison(Comparison, Expression, Expression)
    /// A converter, which has to yield a boolean.
    case test(Expression)
    case not(Proposition)
    /// From left to right, until one decides.
    case and([Proposition])
    case or([Proposition])
}

extension Proposition {
    func holds(for subject: borrowing Subject) throws(EvaluationError) -> Bool {
        switch self {
        case .constant(let value): return value
        case .comparison(let comparison, let left, let right):
            let left = try left.value(for: subject)
            let right = try right.value(for: subject)
            return subject.body.holds(comparison, left, right)
        case .test(let expression):
            let value = try expression.value(for: subject)
            guard case .bool(let result) = value else {
                throw .mismatch(expected: "bool", found: value.kind)
            }
            return result
        case .not(let operand): return try !operand.holds(for: subject)
        case .and(let operands):
            for operand in operands where try !operand.holds(for: subject) { return false }
            return true
        case .or(let operands):
            for operand in operands where try operand.holds(for: subject) { return true }
            return false
        }
    }

    // MARK: Folding

    /// Without operands that decide nothing; as a constant if one decides it for all records.
    static func conjunction(of operands: [Proposition]) -> Proposition {
        folded(operands, deciding: false, Proposition.and)
    }

    static func disjunction(of operands: [Proposition]) -> Proposition {
        folded(operands, deciding: true, Proposition.or)
    }

    /// Only what stands behind a deciding constant is left out: what comes before may fail.
    private static func folded(
        _ operands: [Proposition], deciding: Bool, _ join: ([Proposition]) -> Proposition
    ) -> Proposition {
        var rest: [Proposition] = []
        for operand in operands {
            guard case .constant(let value) = operand else {
                rest.append(operand)
                continue
            }
            if value == deciding {
                rest.append(operand)
                break
            }
        }
        switch rest.count {
        case 0: return .constant(!deciding)
        case 1: return rest[0]
        default: return join(rest)
        }
    }
}
