import Primitives

/// Reads JSON into values: numbers become doubles, keys keep their order, and of equal keys the
/// last value counts.
///
/// Bounds: `depthLimit` levels; the values take memory in proportion to the text.
struct JSONReader: ~Escapable {
    /// Levels of objects and arrays; as many as a body that martlet passes on may have.
    static let depthLimit = 30

    private let text: RawSpan
    private var offset = 0

    @_lifetime(copy text)
    private init(_ text: RawSpan) { self.text = text }

    /// The value that `text` is, with nothing but white space around it.
    static func value(_ text: RawSpan) throws(EvaluationError) -> Value {
        var reader = JSONReader(text)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == text.byteCount else {
            throw reader.failure("has text behind the value")
        }
        return value
    }

    private func failure(_ reason: String) -> EvaluationError {
        .failed("the JSON \(reason), at byte \(offset)")
    }

    private var byte: UInt8? { offset < text.byteCount ? text.byte(offset) : nil }

    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            offset += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func value(depth: Int) throws(EvaluationError) -> Value {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return .map(.own(try object(depth: depth + 1)))
        case UInt8(ascii: "["): return .list(.own(try array(depth: depth + 1)))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .none)
        case nil: throw failure("ends too early")
        default: return .double(try number())
        }
    }

    @_lifetime(self: copy self)
    private mutating func word(
        _ word: StaticString, _ value: Value
    ) throws(EvaluationError) -> Value {
        let count = word.utf8CodeUnitCount
        let isThere =
            text.byteCount - offset >= count
            && word.withUTF8Buffer { expected in
                expected.indices.allSatisfy { text.byte(offset + $0) == expected[$0] }
            }
        guard isThere else { throw failure("has an unknown word") }
        offset += count
        return value
    }

    /// Steps behind an opening or separating character; true if `end` follows.
    @_lifetime(self: copy self)
    private mutating func enter(_ end: UInt8, depth: Int) throws(EvaluationError) -> Bool {
        guard depth <= Self.depthLimit else {
            throw failure("has more than \(Self.depthLimit) levels")
        }
        offset += 1
        skipSpace()
        guard byte == end else { return false }
        offset += 1
        return true
    }

    /// Steps behind a comma; false if `end` is there instead.
    @_lifetime(self: copy self)
    private mutating func continues(before end: UInt8) throws(EvaluationError) -> Bool {
        skipSpace()
        guard let byte, byte == end || byte == UInt8(ascii: ",") else {
            throw failure("lacks a comma or an end")
        }
        offset += 1
        return byte != end
    }

    @_lifetime(self: copy self)
    private mutating func object(depth: Int) throws(EvaluationError) -> [MapEntry] {
        var entries: [MapEntry] = []
        if try enter(UInt8(ascii: "}"), depth: depth) { return entries }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw failure("lacks a key") }
            let key = try string()
            skipSpace()
            guard byte == UInt8(ascii: ":") else { throw failure("lacks a colon") }
            offset += 1
            entries.append(MapEntry(key, try value(depth: depth)))
        } while try continues(before: UInt8(ascii: "}"))
        return entries.uniqued()
    }

    @_lifetime(self: copy self)
    private mutating func array(depth: Int) throws(EvaluationError) -> [Value] {
        var elements: [Value] = []
        if try enter(UInt8(ascii: "]"), depth: depth) { return elements }
        repeat {
            elements.append(try value(depth: depth))
        } while try continues(before: UInt8(ascii: "]"))
        return elements
    }

    // MARK: Numbers

    @_lifetime(self: copy self)
    private mutating func number() throws(EvaluationError) -> Double {
        let start = offset
        if byte == UInt8(ascii: "-") { offset += 1 }
        let isZero = byte == UInt8(ascii: "0")
        guard skipDigits(), !isZero || text.byte(offset - 1) == UInt8(ascii: "0") else {
            throw failure("has an unexpected character")
        }
        if isZero, offset - start > (text.byte(start) == UInt8(ascii: "-") ? 2 : 1) {
            throw failure("has a number with a zero in front")
        }
        if byte == UInt8(ascii: ".") {
            offset += 1
            guard skipDigits() else { throw failure("has a number without a fraction") }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            guard skipDigits() else { throw failure("has a number without an exponent") }
        }
        let digits = text.extracting(start..<offset).withUnsafeBytes {
            String(decoding: $0, as: UTF8.self)
        }
        guard let number = Double(digits), number.isFinite else {
            throw failure("has a number that no double can hold")
        }
        return number
    }

    @_lifetime(self: copy self)
    private mutating func skipDigits() -> Bool {
        let start = offset
        while let byte, byte.isDigit { offset += 1 }
        return offset > start
    }

    // MARK: Strings

    @_lifetime(self: copy self)
    private mutating func string() throws(EvaluationError) -> [UInt8] {
        offset += 1
        var result: [UInt8] = []
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return result
            case UInt8(ascii: "\\"): try escape(into: &result)
            case 0..<0x20: throw failure("has a control character in a string")
            default:
                result.append(byte)
                offset += 1
            }
        }
        throw failure("has a string without an end")
    }

    @_lifetime(self: copy self)
    private mutating func escape(into result: inout [UInt8]) throws(EvaluationError) {
        offset += 1
        guard let byte else { throw failure("ends in a string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            result.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw failure("has an unknown escape in a string")
        }
    }

    /// Half a pair of surrogates becomes U+FFFD.
    @_lifetime(self: copy self)
    private mutating func scalar() throws(EvaluationError) -> Unicode.Scalar {
        let first = try unit()
        if (0xD800..<0xDC00).contains(first), offset + 6 <= text.byteCount,
            text.byte(offset) == UInt8(ascii: "\\"), text.byte(offset + 1) == UInt8(ascii: "u")
        {
            let start = offset
            offset += 2
            let second = try unit()
            if (0xDC00..<0xE000).contains(second) {
                let value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                return Unicode.Scalar(value) ?? "\u{FFFD}"
            }
            offset = start
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    @_lifetime(self: copy self)
    private mutating func unit() throws(EvaluationError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = HexadecimalText.value(byte) else {
                throw failure("has an escape that is not of four digits")
            }
            unit = unit << 4 | UInt32(digit)
            offset += 1
        }
        return unit
    }
}
