import OTLP
import Primitives
import RegularExpressions

/// Looks up the names of an expression: from what is written to what is evaluated.
struct Resolver {
    let text: [UInt8]
    let context: PathContext
    let style: PathStyle
    let functions: FunctionTable

    // MARK: Conditions

    func proposition(_ node: SyntaxNode) throws(SyntaxMistake) -> Proposition {
        switch node.kind {
        case .bool(let value): return .constant(value)
        case .group(let inner): return try proposition(inner)
        case .not(let operand):
            let operand = try proposition(operand)
            if case .constant(let value) = operand { return .constant(!value) }
            return .not(operand)
        case .and(let operands): return .conjunction(of: try propositions(operands))
        case .or(let operands): return .disjunction(of: try propositions(operands))
        case .comparison(let comparison, let left, let right):
            let left = try expression(left)
            let right = try expression(right)
            if let left = left.constant, let right = right.constant {
                return .constant(RawSpan().holds(comparison, left, right))
            }
            return .comparison(comparison, left, right)
        default:
            let expression = try expression(node)
            guard let value = expression.constant else { return .test(expression) }
            guard case .bool(let result) = value else {
                throw SyntaxMistake(
                    "has '\(source(node.range))', which never yields true or false",
                    at: node.range.lowerBound)
            }
            return .constant(result)
        }
    }

    private func propositions(_ nodes: [SyntaxNode]) throws(SyntaxMistake) -> [Proposition] {
        var result: [Proposition] = []
        for node in nodes { result.append(try proposition(node)) }
        return result
    }

    // MARK: Values

    func expression(_ node: SyntaxNode) throws(SyntaxMistake) -> Expression {
        switch node.kind {
        case .none: return .constant(.none)
        case .bool(let value): return .constant(.bool(value))
        case .int(let number): return .constant(.int(number))
        case .double(let number): return .constant(.double(number))
        case .string(let bytes): return .constant(.string(.own(bytes)))
        case .bytes(let bytes): return .constant(.bytes(.own(bytes)))
        case .symbol(let name): return .constant(.int(try symbol(name, at: node.range)))
        case .group(let inner): return try expression(inner)
        case .path(let segments): return .path(try path(segments, node.range))
        case .call(let call): return try self.call(call)
        case .list(let nodes):
            let elements = try expressions(nodes)
            return folded(.list(elements), isConstant: elements.allSatisfy { $0.constant != nil })
        case .map(let pairs): return try map(pairs)
        case .arithmetic(let first, let rest): return try arithmetic(first, rest)
        case .negated(let operand):
            let operand = try expression(operand)
            return folded(.negated(operand), isConstant: operand.constant != nil)
        case .comparison, .not, .and, .or:
            throw SyntaxMistake(
                "has a condition where a value was expected", at: node.range.lowerBound)
        }
    }

    private func expressions(_ nodes: [SyntaxNode]) throws(SyntaxMistake) -> [Expression] {
        var result: [Expression] = []
        for node in nodes { result.append(try expression(node)) }
        return result
    }

    /// Of equal keys, the last one counts.
    private func map(
        _ pairs: [(key: [UInt8], value: SyntaxNode)]
    ) throws(SyntaxMistake) -> Expression {
        var result: [(key: [UInt8], value: Expression)] = []
        for (key, node) in pairs {
            let value = try expression(node)
            if let position = result.firstIndex(where: { $0.key == key }) {
                result[position].value = value
            } else {
                result.append((key, value))
            }
        }
        return folded(.map(result), isConstant: result.allSatisfy { $0.value.constant != nil })
    }

    private func arithmetic(
        _ first: SyntaxNode, _ rest: [(operator: Arithmetic, operand: SyntaxNode)]
    ) throws(SyntaxMistake) -> Expression {
        let first = try expression(first)
        var isConstant = first.constant != nil
        var operands: [(operator: Arithmetic, operand: Expression)] = []
        for (arithmetic, node) in rest {
            let operand = try expression(node)
            isConstant = isConstant && operand.constant != nil
            operands.append((arithmetic, operand))
        }
        return folded(.arithmetic(first: first, rest: operands), isConstant: isConstant)
    }

    /// What only has constants in it is evaluated once. What fails then, fails for each record.
    func folded(_ expression: Expression, isConstant: Bool) -> Expression {
        guard isConstant, let value = try? expression.value(for: Subject.nothing) else {
            return expression
        }
        return .constant(value)
    }

    private func symbol(_ name: String, at range: Range<Int>) throws(SyntaxMistake) -> Int64 {
        if let number = context.symbol(name) { return number }
        if functions.function(named: name) != nil {
            throw SyntaxMistake(
                "has the converter '\(name)' without arguments", at: range.lowerBound,
                hint: "write \(name)(…)")
        }
        throw SyntaxMistake(
            "has an unknown symbol '\(name)' in the context '\(context.rawValue)'",
            at: range.lowerBound,
            hint: Spelling.hint(for: name, among: context.symbols.map(\.key)))
    }

    func source(_ range: Range<Int>) -> String {
        String(decoding: text[range], as: UTF8.self)
    }
}

extension Subject {
    /// What constants are evaluated for.
    static var nothing: Subject {
        @_lifetime(immortal)
        get {
            let none = 0..<0
            return Subject(
                RawSpan(),
                RecordPlaces(
                    resource: none, resourceSchemaURL: none, scope: none, scopeSchemaURL: none,
                    record: none))
        }
    }
}
