/// Strings in double quotes with the escapes of Go's interpreted strings.
/// (go.dev/ref/spec, "String literals")
enum StringLiteral {
    /// The bytes a literal stands for. `offset` is where it starts in the expression.
    static func unquoted(
        _ literal: ArraySlice<UInt8>
    ) throws(SyntaxMistake) -> [UInt8] {
        var result: [UInt8] = []
        var offset = literal.startIndex + 1
        let end = literal.endIndex - 1
        while offset < end {
            let byte = literal[offset]
            if byte == 0x0a {
                throw SyntaxMistake("has a string with a line break", at: offset, hint: "write \\n")
            }
            if byte != UInt8(ascii: "\\") {
                result.append(byte)
                offset += 1
                continue
            }
            offset = try appendEscape(at: offset, of: literal[..<end], to: &result)
        }
        return result
    }

    /// Returns the offset behind the escape.
    private static func appendEscape(
        at start: Int, of literal: ArraySlice<UInt8>, to result: inout [UInt8]
    ) throws(SyntaxMistake) -> Int {
        guard start + 1 < literal.endIndex else { throw invalid(at: start, in: literal) }
        let letter = literal[start + 1]
        if let simple = simple(letter) {
            result.append(simple)
            return start + 2
        }
        switch letter {
        case UInt8(ascii: "x"):
            result.append(UInt8(truncatingIfNeeded: try digits(2, 16, at: start, of: literal)))
            return start + 4
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8
            let number = try digits(count, 16, at: start, of: literal)
            guard let scalar = Unicode.Scalar(number) else { throw invalid(at: start, in: literal) }
            result.append(contentsOf: String(Character(scalar)).utf8)
            return start + 2 + count
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            let number = try digits(3, 8, at: start - 1, of: literal)
            guard number < 256 else { throw invalid(at: start, in: literal) }
            result.append(UInt8(truncatingIfNeeded: number))
            return start + 4
        default: throw invalid(at: start, in: literal)
        }
    }

    private static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "a"): 0x07
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "v"): 0x0b
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): letter
        default: nil
        }
    }

    /// So many digits behind the two characters at `start`.
    private static func digits(
        _ count: Int, _ radix: Int, at start: Int, of literal: ArraySlice<UInt8>
    ) throws(SyntaxMistake) -> UInt32 {
        let range = start + 2..<start + 2 + count
        guard range.upperBound <= literal.endIndex,
            let number = UInt32(String(decoding: literal[range], as: UTF8.self), radix: radix),
            literal[range.lowerBound] != UInt8(ascii: "+")
        else { throw invalid(at: start, in: literal) }
        return number
    }

    private static func invalid(at offset: Int, in literal: ArraySlice<UInt8>) -> SyntaxMistake {
        let end = Swift.min(offset + 2, literal.endIndex)
        let escape = String(decoding: literal[offset..<end], as: UTF8.self)
        return SyntaxMistake(
            "has an unknown escape '\(escape)' in a string", at: offset,
            hint: "a backslash of a regular expression is written twice: '\\\\d'")
    }
}
