/// Cuts an expression into tokens. At each place the first rule that matches counts.
/// (OTTL: `buildLexer` of grammar.go)
struct Lexer {
    private let text: [UInt8]
    private var offset = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    /// All tokens, with `.end` behind them.
    static func tokens(of text: [UInt8]) throws(SyntaxMistake) -> [Token] {
        var lexer = Lexer(text)
        var tokens: [Token] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private mutating func next() throws(SyntaxMistake) -> Token {
        while let byte = byte(0), [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d].contains(byte) {
            offset += 1
        }
        let start = offset
        guard let first = byte(0) else { return Token(kind: .end, range: start..<start) }
        let kind: Token.Kind
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): kind = number(first)
        case UInt8(ascii: "\""): kind = try string()
        case UInt8(ascii: "a")...UInt8(ascii: "z"): kind = word()
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            skipName()
            kind = .upperName
        case UInt8(ascii: "_") where !Self.isName(byte(1)):
            offset += 1
            kind = .underscore
        default: kind = try sign(first)
        }
        return Token(kind: kind, range: start..<offset)
    }

    private func byte(_ distance: Int) -> UInt8? {
        offset + distance < text.count ? text[offset + distance] : nil
    }

    private static func isDigit(_ byte: UInt8?) -> Bool {
        byte.map { (0x30...0x39).contains($0) } ?? false
    }

    private static func isHexadecimal(_ byte: UInt8?) -> Bool {
        byte.map { isDigit($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) }
            ?? false
    }

    private static func isName(_ byte: UInt8?) -> Bool {
        byte.map {
            isDigit($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
        } ?? false
    }

    private mutating func skipDigits() {
        while Self.isDigit(byte(0)) { offset += 1 }
    }

    private mutating func skipName() {
        while Self.isName(byte(0)) { offset += 1 }
    }

    private mutating func number(_ first: UInt8) -> Token.Kind {
        if first == UInt8(ascii: "0"), byte(1) == UInt8(ascii: "x"), Self.isHexadecimal(byte(2)) {
            offset += 2
            while Self.isHexadecimal(byte(0)) { offset += 1 }
            return .bytes
        }
        if first == UInt8(ascii: "."), !Self.isDigit(byte(1)) {
            offset += 1
            return .period
        }
        skipDigits()
        guard byte(0) == UInt8(ascii: ".") else { return .int }
        offset += 1
        skipDigits()
        skipExponent()
        return .double
    }

    private mutating func skipExponent() {
        guard byte(0) == UInt8(ascii: "e") || byte(0) == UInt8(ascii: "E") else { return }
        let isSigned = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
        guard Self.isDigit(byte(isSigned ? 2 : 1)) else { return }
        offset += isSigned ? 2 : 1
        skipDigits()
    }

    private mutating func string() throws(SyntaxMistake) -> Token.Kind {
        let start = offset
        offset += 1
        while let byte = byte(0) {
            if byte == UInt8(ascii: "\"") {
                offset += 1
                return .string
            }
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw SyntaxMistake("has a string that does not end", at: start, hint: "add '\"'")
    }

    private mutating func word() -> Token.Kind {
        let start = offset
        skipName()
        return switch String(decoding: text[start..<offset], as: UTF8.self) {
        case "not": .not
        case "or": .or
        case "and": .and
        case "true": .true
        case "false": .false
        case "nil": .nil
        default: .lowerName
        }
    }

    private mutating func sign(_ first: UInt8) throws(SyntaxMistake) -> Token.Kind {
        let isDoubled = byte(1) == UInt8(ascii: "=")
        let pair: Token.Kind? =
            switch first {
            case UInt8(ascii: "=") where byte(1) == UInt8(ascii: ">"): .arrow
            case UInt8(ascii: "=") where isDoubled: .comparison(.equal)
            case UInt8(ascii: "!") where isDoubled: .comparison(.notEqual)
            case UInt8(ascii: ">") where isDoubled: .comparison(.greaterOrEqual)
            case UInt8(ascii: "<") where isDoubled: .comparison(.lessOrEqual)
            default: nil
            }
        if let pair {
            offset += 2
            return pair
        }
        guard let single = Self.single(first) else { throw unknownSign() }
        offset += 1
        return single
    }

    private static func single(_ sign: UInt8) -> Token.Kind? {
        switch sign {
        case UInt8(ascii: ">"): .comparison(.greater)
        case UInt8(ascii: "<"): .comparison(.less)
        case UInt8(ascii: "+"): .arithmetic(.add)
        case UInt8(ascii: "-"): .arithmetic(.subtract)
        case UInt8(ascii: "*"): .arithmetic(.multiply)
        case UInt8(ascii: "/"): .arithmetic(.divide)
        case UInt8(ascii: "="): .equal
        case UInt8(ascii: "("): .openParenthesis
        case UInt8(ascii: ")"): .closeParenthesis
        case UInt8(ascii: "{"): .openBrace
        case UInt8(ascii: "}"): .closeBrace
        case UInt8(ascii: "["): .openBracket
        case UInt8(ascii: "]"): .closeBracket
        case UInt8(ascii: ":"): .colon
        case UInt8(ascii: ","): .comma
        default: nil
        }
    }

    private func unknownSign() -> SyntaxMistake {
        let rest = String(decoding: text[offset...], as: UTF8.self)
        let character = rest.first.map(String.init) ?? ""
        let hint: String? =
            switch character {
            case "'", "`": "strings stand in double quotes"
            case "&": "write 'and'"
            case "|": "write 'or'"
            case "!": "write 'not', or '!=' to compare"
            default: nil
            }
        return SyntaxMistake("has an unexpected '\(character)'", at: offset, hint: hint)
    }
}

/// An `OTTLError` that counts in bytes.
struct SyntaxMistake: Error {
    let message: String
    let offset: Int
    let hint: String?

    init(_ message: String, at offset: Int, hint: String? = nil) {
        self.message = message
        self.offset = offset
        self.hint = hint
    }

    /// The mistake in an expression, which knows its characters.
    func located(in text: [UInt8]) -> OTTLError {
        let before = String(decoding: text[..<Swift.min(offset, text.count)], as: UTF8.self)
        return OTTLError(message, offset: before.count, hint: hint)
    }
}
