/// Reads conditions and statements, by recursive descent without going back. Values and conditions
/// share the rules for parentheses; which of the two something is, is checked where it is used.
///
///     condition      = conjunction { "or" conjunction }
///     conjunction    = negation { "and" negation }
///     negation       = [ "not" ] comparison
///     comparison     = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
///     sum            = product { ("+" | "-") product }
///     product        = sign { ("*" | "/") sign }
///     sign           = [ "+" | "-" ] primary
///     primary        = literal | list | map | path | call | "(" condition ")"
struct Parser {
    /// Levels of parentheses, brackets and calls within each other.
    static let nestingLimit = 100

    let text: [UInt8]
    let tokens: [Token]
    var position = 0
    private var depth = 0

    init(_ text: [UInt8]) throws(SyntaxMistake) {
        self.text = text
        tokens = try Lexer.tokens(of: text)
    }

    static func condition(_ text: [UInt8]) throws(SyntaxMistake) -> SyntaxNode {
        var parser = try Parser(text)
        let condition = try parser.condition()
        try parser.requireEnd(["and", "or"])
        return condition
    }

    static func statement(_ text: [UInt8]) throws(SyntaxMistake) -> StatementNode {
        var parser = try Parser(text)
        return try parser.statement()
    }

    // MARK: Tokens

    var token: Token { tokens[position] }
    var following: Token { tokens[Swift.min(position + 1, tokens.count - 1)] }

    func text(_ range: Range<Int>) -> String {
        String(decoding: text[range], as: UTF8.self)
    }

    mutating func skip() {
        if position < tokens.count - 1 { position += 1 }
    }

    /// Moves behind the token if it is of a kind.
    mutating func take(_ kind: Token.Kind) -> Bool {
        guard token.kind == kind else { return false }
        skip()
        return true
    }

    mutating func require(_ kind: Token.Kind, _ sign: String) throws(SyntaxMistake) {
        guard take(kind) else { throw expected("'\(sign)'") }
    }

    func expected(_ what: String, hint: String? = nil) -> SyntaxMistake {
        let found = token.kind == .end ? "the end" : "'\(text(token.range))'"
        return SyntaxMistake(
            "has \(found) where \(what) was expected", at: token.range.lowerBound, hint: hint)
    }

    private func requireEnd(_ operators: [String]) throws(SyntaxMistake) {
        guard token.kind != .end else { return }
        if case .comparison = token.kind {
            throw expected("'and', 'or' or the end", hint: "comparisons do not chain, use 'and'")
        }
        let list = operators.map { "'\($0)'" }.joined(separator: ", ")
        throw expected("\(list) or the end")
    }

    /// Reads something with one more level around it.
    mutating func nested<Result>(
        _ read: (inout Parser) throws(SyntaxMistake) -> Result
    ) throws(SyntaxMistake) -> Result {
        guard depth < Self.nestingLimit else {
            throw SyntaxMistake(
                "is nested more than \(Self.nestingLimit) levels deep",
                at: token.range.lowerBound)
        }
        depth += 1
        defer { depth -= 1 }
        return try read(&self)
    }

    // MARK: Statements

    private mutating func statement() throws(SyntaxMistake) -> StatementNode {
        let name = token
        if name.kind == .upperName, following.kind == .openParenthesis {
            throw SyntaxMistake(
                "has '\(text(name.range))' where an editor was expected: editor names must start "
                    + "with a lowercase letter", at: name.range.lowerBound)
        }
        guard name.kind == .lowerName else { throw expected("an editor, such as 'set(…)',") }
        skip()
        let arguments = try arguments()
        let editor = CallNode(
            name: text(name.range), nameRange: name.range, arguments: arguments)
        if token.kind == .openBracket {
            throw SyntaxMistake(
                "has an index behind '\(editor.name)': only paths and converters may be indexed, "
                    + "not editors", at: token.range.lowerBound)
        }
        var condition: SyntaxNode?
        if token.kind == .lowerName, text(token.range) == "where" {
            skip()
            condition = try self.condition()
        }
        try requireEnd(condition == nil ? ["where"] : ["and", "or"])
        return StatementNode(editor: editor, condition: condition)
    }

    // MARK: Conditions

    private mutating func condition() throws(SyntaxMistake) -> SyntaxNode {
        let node = try disjunction()
        try checkCondition(node)
        return node
    }

    func checkCondition(_ node: SyntaxNode) throws(SyntaxMistake) {
        if node.isCondition { return }
        let hint: String? =
            if case .path = node.kind { "compare it, such as with == true" } else { nil }
        throw SyntaxMistake(
            "has '\(text(node.range))' where a comparison, a converter, true or false was expected",
            at: node.range.lowerBound, hint: hint)
    }

    func checkValue(_ node: SyntaxNode) throws(SyntaxMistake) {
        if node.isValue { return }
        throw SyntaxMistake(
            "has the condition '\(text(node.range))' where a value was expected",
            at: node.range.lowerBound)
    }

    private mutating func disjunction() throws(SyntaxMistake) -> SyntaxNode {
        var terms = [try conjunction()]
        while take(.or) { terms.append(try conjunction()) }
        return try joined(terms, SyntaxNode.Kind.or)
    }

    private mutating func conjunction() throws(SyntaxMistake) -> SyntaxNode {
        var terms = [try negation()]
        while take(.and) { terms.append(try negation()) }
        return try joined(terms, SyntaxNode.Kind.and)
    }

    private func joined(
        _ terms: [SyntaxNode], _ kind: ([SyntaxNode]) -> SyntaxNode.Kind
    ) throws(SyntaxMistake) -> SyntaxNode {
        guard terms.count > 1 else { return terms[0] }
        for term in terms { try checkCondition(term) }
        let range = terms[0].range.lowerBound..<terms[terms.count - 1].range.upperBound
        return SyntaxNode(kind: kind(terms), range: range)
    }

    private mutating func negation() throws(SyntaxMistake) -> SyntaxNode {
        let start = token.range.lowerBound
        guard take(.not) else { return try comparison() }
        let operand = try comparison()
        try checkCondition(operand)
        return SyntaxNode(kind: .not(operand), range: start..<operand.range.upperBound)
    }

    private mutating func comparison() throws(SyntaxMistake) -> SyntaxNode {
        let left = try sum()
        if token.kind == .equal { throw expected("a comparison", hint: "equality is '=='") }
        guard case .comparison(let comparison) = token.kind else { return left }
        try checkValue(left)
        skip()
        let right = try sum()
        try checkValue(right)
        return SyntaxNode(
            kind: .comparison(comparison, left, right),
            range: left.range.lowerBound..<right.range.upperBound)
    }

    // MARK: Values

    /// An argument, element or key.
    mutating func value() throws(SyntaxMistake) -> SyntaxNode {
        let node = try sum()
        try checkValue(node)
        return node
    }

    private mutating func sum() throws(SyntaxMistake) -> SyntaxNode {
        let first = try product()
        var rest: [(Arithmetic, SyntaxNode)] = []
        while case .arithmetic(let sign) = token.kind, sign == .add || sign == .subtract {
            skip()
            rest.append((sign, try product()))
        }
        return try arithmetic(first, rest)
    }

    private mutating func product() throws(SyntaxMistake) -> SyntaxNode {
        let first = try sign()
        var rest: [(Arithmetic, SyntaxNode)] = []
        while case .arithmetic(let sign) = token.kind, sign == .multiply || sign == .divide {
            skip()
            rest.append((sign, try self.sign()))
        }
        return try arithmetic(first, rest)
    }

    private func arithmetic(
        _ first: SyntaxNode, _ rest: [(Arithmetic, SyntaxNode)]
    ) throws(SyntaxMistake) -> SyntaxNode {
        guard let last = rest.last else { return first }
        try checkOperand(first)
        for (_, operand) in rest { try checkOperand(operand) }
        return SyntaxNode(
            kind: .arithmetic(first: first, rest: rest),
            range: first.range.lowerBound..<last.1.range.upperBound)
    }

    private func checkOperand(_ node: SyntaxNode) throws(SyntaxMistake) {
        if node.isOperand { return }
        throw SyntaxMistake(
            "has '\(text(node.range))' where a number, path or converter was expected",
            at: node.range.lowerBound)
    }

    private mutating func sign() throws(SyntaxMistake) -> SyntaxNode {
        guard case .arithmetic(let sign) = token.kind, sign == .add || sign == .subtract else {
            return try primary()
        }
        let start = token.range.lowerBound
        skip()
        let operand = try primary()
        try checkOperand(operand)
        let range = start..<operand.range.upperBound
        if sign == .add { return SyntaxNode(kind: .group(operand), range: range) }
        return SyntaxNode(kind: .negated(operand), range: range)
    }

    /// Parentheses around anything: `(a or b)`, `(1 + 2)`.
    mutating func group() throws(SyntaxMistake) -> SyntaxNode {
        let start = token.range.lowerBound
        skip()
        if token.kind == .closeParenthesis, following.kind == .arrow { throw lambda(at: start) }
        let inner = try nested { parser throws(SyntaxMistake) in try parser.disjunction() }
        if token.kind == .comma { throw lambda(at: start) }
        guard token.kind == .closeParenthesis else {
            if case .comparison = token.kind {
                throw expected("')'", hint: "comparisons do not chain, use 'and'")
            }
            throw expected("')'")
        }
        let end = token.range.upperBound
        skip()
        if token.kind == .arrow { throw lambda(at: start) }
        return SyntaxNode(kind: .group(inner), range: start..<end)
    }

    private func lambda(at offset: Int) -> SyntaxMistake {
        SyntaxMistake(
            "has a list in parentheses, or a lambda, which this build does not know", at: offset,
            hint: "lists stand in brackets: [1, 2]")
    }
}
