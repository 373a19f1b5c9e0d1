/// A part of an expression as it is written, before names are looked up.
struct SyntaxNode {
    indirect enum Kind {
        case none
        case bool(Bool)
        case int(Int64)
        case double(Double)
        case string([UInt8])
        case bytes([UInt8])
        /// A name in upper case: an enum's symbol, or a function where one is expected.
        case symbol(String)
        case list([SyntaxNode])
        case map([(key: [UInt8], value: SyntaxNode)])
        case path([PathSegment])
        case call(CallNode)
        /// `+`, `-` or `*`, `/`, from left to right.
        case arithmetic(first: SyntaxNode, rest: [(operator: Arithmetic, operand: SyntaxNode)])
        case negated(SyntaxNode)
        /// Something in parentheses.
        case group(SyntaxNode)
        case comparison(Comparison, SyntaxNode, SyntaxNode)
        case not(SyntaxNode)
        case and([SyntaxNode])
        case or([SyntaxNode])
    }

    let kind: Kind
    /// In bytes of the expression.
    let range: Range<Int>
}

/// A name of a path, and the keys in brackets behind it.
struct PathSegment {
    let name: String
    let range: Range<Int>
    var keys: [SyntaxNode] = []
}

/// `Name(argument, name=argument)[key]`.
struct CallNode {
    let name: String
    let nameRange: Range<Int>
    let arguments: [ArgumentNode]
    var keys: [SyntaxNode] = []
}

/// A value, with the parameter's name if that is written.
struct ArgumentNode {
    let name: (text: String, range: Range<Int>)?
    let value: SyntaxNode
}

/// An editor's call, and when it is made.
struct StatementNode {
    let editor: CallNode
    let condition: SyntaxNode?
}

extension SyntaxNode {
    /// Whether it yields true or false, so that it may stand alone, or next to `and`.
    var isCondition: Bool {
        switch kind {
        case .comparison, .not, .and, .or, .bool, .call: true
        case .group(let inner): inner.isCondition
        default: false
        }
    }

    /// Whether it may be compared, or be an argument.
    var isValue: Bool {
        switch kind {
        case .comparison, .not, .and, .or: false
        case .group(let inner): inner.isOperand
        default: true
        }
    }

    /// Whether it may stand next to `+`.
    var isOperand: Bool {
        switch kind {
        case .int, .double, .path, .call, .arithmetic, .negated: true
        case .group(let inner): inner.isOperand
        default: false
        }
    }
}
