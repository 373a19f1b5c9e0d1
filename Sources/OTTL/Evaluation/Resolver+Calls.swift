import Primitives
import RegularExpressions

extension Resolver {
    // MARK: Converters

    func call(_ node: CallNode) throws(SyntaxMistake) -> Expression {
        let function = try function(named: node.name, at: node.nameRange)
        let arguments = try arguments(of: node, for: function.parameters)
        let implementation = try bind(function, arguments, node)
        let call = Call(node.name, arguments, implementation)
        let isConstant = function.isPure && arguments.allSatisfy { $0.constant != nil }
        let result = folded(.call(call), isConstant: isConstant)
        guard !node.keys.isEmpty else { return result }
        var keys: [PathKey] = []
        for key in node.keys { keys.append(try self.key(key)) }
        return .indexed(result, keys)
    }

    private func bind(
        _ function: Function, _ arguments: [Argument], _ node: CallNode
    ) throws(SyntaxMistake) -> Function.Implementation {
        do throws(ArgumentMistake) {
            return try function.bind(arguments.map(\.constant))
        } catch {
            let place = place(of: error.position, in: node, for: function.parameters)
            throw SyntaxMistake(error.message, at: place.lowerBound, hint: error.hint)
        }
    }

    /// Where the argument for a parameter is written; the function's name if it is not.
    func place(
        of position: Int, in node: CallNode, for parameters: [Parameter]
    ) -> Range<Int> {
        for (index, argument) in node.arguments.enumerated() {
            let target = argument.name.flatMap { self.position(of: $0.text, in: parameters) }
            if argument.name == nil ? index == position : target == position {
                return argument.value.range
            }
        }
        return node.nameRange
    }

    private func function(
        named name: String, at range: Range<Int>
    ) throws(SyntaxMistake) -> Function {
        let known = functions.functions.filter { $0.contexts.contains(context) }
        guard let function = functions.function(named: name) else {
            if let advice = FunctionTable.missing[name] {
                throw SyntaxMistake(
                    "has '\(name)', which is not in this build", at: range.lowerBound, hint: advice)
            }
            throw SyntaxMistake(
                "has an undefined function '\(name)'", at: range.lowerBound,
                hint: Spelling.hint(for: name, among: known.map(\.name)))
        }
        guard function.contexts.contains(context) else {
            let contexts = function.contexts.map(\.rawValue).joined(separator: ", ")
            throw SyntaxMistake(
                "has '\(name)', which is not defined in the context '\(context.rawValue)'",
                at: range.lowerBound, hint: "it is in \(contexts)")
        }
        return function
    }

    // MARK: Arguments

    /// An argument for each parameter, in the parameters' order.
    func arguments(
        of node: CallNode, for parameters: [Parameter]
    ) throws(SyntaxMistake) -> [Argument] {
        var found = [ArgumentNode?](repeating: nil, count: parameters.count)
        var hasNamed = false
        for (index, argument) in node.arguments.enumerated() {
            guard let name = argument.name else {
                guard !hasNamed else {
                    throw SyntaxMistake(
                        "has an unnamed argument behind a named one",
                        at: argument.value.range.lowerBound)
                }
                guard index < parameters.count else { throw wrongCount(node, parameters) }
                found[index] = argument
                continue
            }
            hasNamed = true
            guard let position = position(of: name.text, in: parameters) else {
                throw SyntaxMistake(
                    "has no such parameter of '\(node.name)': '\(name.text)'",
                    at: name.range.lowerBound,
                    hint: Spelling.hint(for: name.text, among: parameters.map(\.name)))
            }
            guard found[position] == nil else {
                throw SyntaxMistake(
                    "has the argument '\(name.text)' twice", at: name.range.lowerBound)
            }
            found[position] = argument
        }
        var arguments: [Argument] = []
        for (parameter, argument) in zip(parameters, found) {
            if let argument {
                arguments.append(try self.argument(argument.value, parameter))
            } else if parameter.isOptional {
                arguments.append(.constant(parameter.fallback))
            } else {
                throw wrongCount(node, parameters)
            }
        }
        return arguments
    }

    /// Whatever the case, and with or without underscores: `utf8_safe` and `utf8Safe`.
    private func position(of name: String, in parameters: [Parameter]) -> Int? {
        let normalized = { (name: String) in name.lowercased().filter { $0 != "_" } }
        return parameters.firstIndex { normalized($0.name) == normalized(name) }
    }

    private func wrongCount(_ node: CallNode, _ parameters: [Parameter]) -> SyntaxMistake {
        let names = parameters.map { $0.isOptional ? "\($0.name)?" : $0.name }
        return SyntaxMistake(
            "has an incorrect number of arguments for '\(node.name)': expected "
                + "\(parameters.count), received \(node.arguments.count)",
            at: node.nameRange.lowerBound,
            hint: "it takes \(node.name)(\(names.joined(separator: ", ")))")
    }

    private func argument(
        _ node: SyntaxNode, _ parameter: Parameter
    ) throws(SyntaxMistake) -> Argument {
        switch parameter.kind {
        case .target:
            guard case .path(let segments) = node.kind else {
                throw mistake(node, "a path", parameter)
            }
            return .target(try path(segments, node.range))
        case .function: return .constant(.function(try reference(node, parameter)))
        case .literal(let kind): return try literal(node, kind, parameter)
        case .pattern: return try pattern(node, parameter)
        default:
            let expression = try expression(node)
            guard let constant = expression.constant else {
                return .computed(expression, parameter.kind)
            }
            do throws(EvaluationError) {
                return .constant(try constant.converted(to: parameter.kind, in: RawSpan()))
            } catch {
                return .computed(expression, parameter.kind)
            }
        }
    }

    private func mistake(
        _ node: SyntaxNode, _ expected: String, _ parameter: Parameter
    ) -> SyntaxMistake {
        SyntaxMistake(
            "has '\(source(node.range))' where \(expected) was expected for '\(parameter.name)'",
            at: node.range.lowerBound)
    }

    private func reference(
        _ node: SyntaxNode, _ parameter: Parameter
    ) throws(SyntaxMistake) -> FunctionReference {
        guard case .symbol(let name) = node.kind else {
            throw mistake(node, "a converter's name", parameter)
        }
        return FunctionReference(function: try function(named: name, at: node.range))
    }

    private func literal(
        _ node: SyntaxNode, _ kind: ParameterKind, _ parameter: Parameter
    ) throws(SyntaxMistake) -> Argument {
        guard isLiteral(node), let value = try expression(node).constant,
            let converted = try? value.converted(to: kind, in: RawSpan())
        else { throw mistake(node, "a literal \(kind.noun)", parameter) }
        return .constant(converted)
    }

    private func isLiteral(_ node: SyntaxNode) -> Bool {
        switch node.kind {
        case .bool, .int, .double, .string, .bytes, .symbol: true
        case .negated(let operand), .group(let operand): isLiteral(operand)
        case .list(let elements): elements.allSatisfy(isLiteral)
        default: false
        }
    }

    private func pattern(
        _ node: SyntaxNode, _ parameter: Parameter
    ) throws(SyntaxMistake) -> Argument {
        let expression = try expression(node)
        guard let constant = expression.constant else {
            return .computed(expression, parameter.kind)
        }
        guard case .string(.own(let bytes)) = constant else {
            throw mistake(node, "a string", parameter)
        }
        do throws(PatternError) {
            return .constant(.pattern(try Pattern(String(decoding: bytes, as: UTF8.self))))
        } catch {
            throw SyntaxMistake(
                "has a regular expression that cannot be compiled: \(error.reason)",
                at: node.range.lowerBound, hint: error.hint)
        }
    }
}

extension ParameterKind {
    /// In the words of messages.
    fileprivate var noun: String {
        switch self {
        case .int, .intLike: "int"
        case .double, .doubleLike: "double"
        case .bool, .boolLike: "bool"
        case .bytesLike: "bytes"
        case .listOf(let kind): "list of \(kind.noun)"
        default: "string"
        }
    }
}
