/// Literals, lists, maps, paths and calls.
extension Parser {
    mutating func primary() throws(SyntaxMistake) -> SyntaxNode {
        let first = token
        switch first.kind {
        case .openParenthesis: return try group()
        case .openBracket: return try list()
        case .openBrace: return try map()
        case .lowerName: return try lowerName()
        case .upperName: return try upperName()
        default: break
        }
        let kind = try literal(first)
        skip()
        return SyntaxNode(kind: kind, range: first.range)
    }

    private func literal(_ token: Token) throws(SyntaxMistake) -> SyntaxNode.Kind {
        switch token.kind {
        case .nil: return .none
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .string: return .string(try StringLiteral.unquoted(text[token.range]))
        case .bytes: return .bytes(try bytes(token))
        case .int: return .int(try int(token))
        case .double:
            var digits = text(token.range)
            if digits.hasPrefix(".") { digits = "0" + digits }
            guard let number = Double(digits), number.isFinite else {
                throw SyntaxMistake(
                    "has a number that no double can hold", at: token.range.lowerBound)
            }
            return .double(number)
        default: throw expected("a value")
        }
    }

    private func int(_ token: Token) throws(SyntaxMistake) -> Int64 {
        guard let number = Int64(text(token.range)) else {
            throw SyntaxMistake(
                "has '\(text(token.range))', which is more than 64 bits can hold",
                at: token.range.lowerBound)
        }
        return number
    }

    private func bytes(_ token: Token) throws(SyntaxMistake) -> [UInt8] {
        let digits = text[token.range].dropFirst(2)
        guard digits.count % 2 == 0 else {
            throw SyntaxMistake(
                "has bytes with an odd number of digits", at: token.range.lowerBound)
        }
        return stride(from: digits.startIndex, to: digits.endIndex, by: 2).map {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }

    private mutating func list() throws(SyntaxMistake) -> SyntaxNode {
        let start = token.range.lowerBound
        skip()
        let elements = try nested { parser throws(SyntaxMistake) -> [SyntaxNode] in
            var elements: [SyntaxNode] = []
            while parser.token.kind != .closeBracket {
                elements.append(try parser.value())
                guard parser.take(.comma) else { break }
                if parser.token.kind == .closeBracket { throw parser.expected("a value") }
            }
            return elements
        }
        let end = token.range.upperBound
        try require(.closeBracket, "]")
        return SyntaxNode(kind: .list(elements), range: start..<end)
    }

    private mutating func map() throws(SyntaxMistake) -> SyntaxNode {
        let start = token.range.lowerBound
        skip()
        let pairs = try nested {
            parser throws(SyntaxMistake) -> [(key: [UInt8], value: SyntaxNode)] in
            var pairs: [(key: [UInt8], value: SyntaxNode)] = []
            while parser.token.kind != .closeBrace {
                guard parser.token.kind == .string else {
                    throw parser.expected("a key in double quotes")
                }
                let key = try StringLiteral.unquoted(parser.text[parser.token.range])
                parser.skip()
                try parser.require(.colon, ":")
                pairs.append((key, try parser.value()))
                guard parser.take(.comma) else { break }
            }
            return pairs
        }
        let end = token.range.upperBound
        try require(.closeBrace, "}")
        return SyntaxNode(kind: .map(pairs), range: start..<end)
    }

    // MARK: Names

    private mutating func lowerName() throws(SyntaxMistake) -> SyntaxNode {
        let first = token
        if following.kind == .openParenthesis {
            throw SyntaxMistake(
                "has '\(text(first.range))' where a converter was expected: converter names must "
                    + "start with an uppercase letter", at: first.range.lowerBound)
        }
        var segments: [PathSegment] = []
        var end = first.range.upperBound
        repeat {
            guard token.kind == .lowerName else { throw expected("a field's name") }
            var segment = PathSegment(name: text(token.range), range: token.range)
            end = token.range.upperBound
            skip()
            (segment.keys, end) = try keys(from: end)
            segments.append(segment)
        } while take(.period)
        return SyntaxNode(kind: .path(segments), range: first.range.lowerBound..<end)
    }

    private mutating func upperName() throws(SyntaxMistake) -> SyntaxNode {
        let name = token
        skip()
        guard token.kind == .openParenthesis else {
            return SyntaxNode(kind: .symbol(text(name.range)), range: name.range)
        }
        let arguments = try arguments()
        let argumentsEnd = tokens[position - 1].range.upperBound
        let (keys, end) = try keys(from: argumentsEnd)
        let call = CallNode(
            name: text(name.range), nameRange: name.range, arguments: arguments, keys: keys)
        return SyntaxNode(kind: .call(call), range: name.range.lowerBound..<end)
    }

    /// Keys in brackets, and the end of the last one.
    private mutating func keys(
        from start: Int
    ) throws(SyntaxMistake) -> (keys: [SyntaxNode], end: Int) {
        var keys: [SyntaxNode] = []
        var end = start
        while take(.openBracket) {
            keys.append(try nested { parser throws(SyntaxMistake) in try parser.key() })
            end = token.range.upperBound
            try require(.closeBracket, "]")
        }
        return (keys, end)
    }

    private mutating func key() throws(SyntaxMistake) -> SyntaxNode {
        let key = try value()
        if case .string = key.kind { return key }
        guard key.isOperand else {
            throw SyntaxMistake(
                "has '\(text(key.range))' where a key was expected", at: key.range.lowerBound,
                hint: "a key is a string in double quotes, an integer, a path or a converter")
        }
        return key
    }

    mutating func arguments() throws(SyntaxMistake) -> [ArgumentNode] {
        try require(.openParenthesis, "(")
        let arguments = try nested { parser throws(SyntaxMistake) -> [ArgumentNode] in
            var arguments: [ArgumentNode] = []
            while parser.token.kind != .closeParenthesis {
                arguments.append(try parser.argument())
                guard parser.take(.comma) else { break }
                if parser.token.kind == .closeParenthesis { throw parser.expected("an argument") }
            }
            return arguments
        }
        guard take(.closeParenthesis) else { throw expected("',' or ')'") }
        return arguments
    }

    private mutating func argument() throws(SyntaxMistake) -> ArgumentNode {
        guard token.kind == .lowerName, following.kind == .equal else {
            return ArgumentNode(name: nil, value: try value())
        }
        let name = (text: text(token.range), range: token.range)
        skip()
        skip()
        return ArgumentNode(name: name, value: try value())
    }
}
