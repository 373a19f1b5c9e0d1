/// Reading a head byte by byte, and eight at a time where that is quicker.
///
/// Every access is checked against the span's bounds, either here or by the load itself.
extension RawSpan {
    private static var everyByte: UInt64 { 0x0101_0101_0101_0101 }
    private static var everyTopBit: UInt64 { 0x8080_8080_8080_8080 }

    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        UInt64(
            littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The offset of the first line feed at or after `start`.
    func firstLineFeed(from start: Int) -> Int? {
        var offset = start
        while offset + 8 <= byteCount {
            let mixed = word(at: offset) ^ (0x0a &* Self.everyByte)
            // The lowest flagged byte is exact: a borrow only travels upwards from a real match.
            let zeros = (mixed &- Self.everyByte) & ~mixed & Self.everyTopBit
            if zeros != 0 { return offset + zeros.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < byteCount {
            if byte(at: offset) == .lineFeed { return offset }
            offset += 1
        }
        return nil
    }

    /// Whether a field value may consist of these bytes: visible characters, spaces, tabs and
    /// obs-text, but no other control character (RFC 9110 §5.5).
    func isFieldValue(_ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        let end = Swift.min(range.upperBound, byteCount)
        while offset + 8 <= end {
            let bytes = word(at: offset)
            let deletes = bytes ^ (0x7f &* Self.everyByte)
            let suspects =
                ((bytes &- (0x20 &* Self.everyByte)) & ~bytes
                    | (deletes &- Self.everyByte) & ~deletes) & Self.everyTopBit
            if suspects != 0, !areFieldValueBytes(offset..<offset + 8) { return false }
            offset += 8
        }
        return areFieldValueBytes(offset..<end)
    }

    private func areFieldValueBytes(_ range: Range<Int>) -> Bool {
        for offset in range {
            let byte = byte(at: offset)
            if byte < 0x20 && byte != .tab || byte == 0x7f { return false }
        }
        return true
    }

    /// Whether the bytes spell `lowercase`, which must be in lower case, in any case.
    @inline(__always)
    func matches(_ range: Range<Int>, ignoringCase lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        let expected = lowercase.utf8Start
        for index in 0..<range.count
        where byte(at: range.lowerBound + index).lowercased != expected[index] { return false }
        return true
    }

    @inline(__always)
    func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let expected = text.utf8Start
        for index in 0..<range.count
        where byte(at: range.lowerBound + index) != expected[index] { return false }
        return true
    }

    @inline(__always)
    func spells(_ range: Range<Int>, _ text: String) -> Bool {
        let expected = text.utf8
        guard range.count == expected.count else { return false }
        return zip(range, expected).allSatisfy { byte(at: $0) == $1 }
    }

    /// Without the spaces and tabs at both ends.
    func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, byte(at: lower).isBlank { lower += 1 }
        while lower < upper, byte(at: upper - 1).isBlank { upper -= 1 }
        return lower..<upper
    }

    /// The part of `range` before the first `separator`, and the part after it.
    func split(_ range: Range<Int>, at separator: UInt8) -> (head: Range<Int>, tail: Range<Int>?) {
        for offset in range where byte(at: offset) == separator {
            return (range.lowerBound..<offset, offset + 1..<range.upperBound)
        }
        return (range, nil)
    }

    /// Whether a comma-separated list has `lowercase` among its members.
    func list(_ range: Range<Int>, contains lowercase: StaticString) -> Bool {
        var rest: Range<Int>? = range
        while let current = rest {
            let (member, tail) = split(current, at: UInt8(ascii: ","))
            if matches(trimmingBlanks(member), ignoringCase: lowercase) { return true }
            rest = tail
        }
        return false
    }

    func text(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension UInt8 {
    static var tab: UInt8 { 0x09 }
    static var lineFeed: UInt8 { 0x0a }
    static var carriageReturn: UInt8 { 0x0d }
    static var space: UInt8 { 0x20 }
    static var colon: UInt8 { 0x3a }

    @inline(__always)
    var isBlank: Bool { self == .space || self == .tab }

    var isControl: Bool { self < 0x20 || self == 0x7f }

    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// ASCII letters in lower case, everything else as it is.
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = lowercased &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// RFC 9110 §5.6.2: `tchar`, of which methods and field names consist. One bit per character.
    @inline(__always)
    var isTokenCharacter: Bool {
        let bits: UInt64 = self < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
        return self < 128 && (bits >> UInt64(self & 63)) & 1 == 1
    }

    /// What may stand in `uri-host`, brackets and colon aside (RFC 3986 §3.2.2). The comma is left
    /// out: no name has one, but two Host fields joined by an intermediary do.
    var isHostCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }
}
