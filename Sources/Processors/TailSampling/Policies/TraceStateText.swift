import Primitives

/// The text of a span's tracestate, read as otelcol's policy `trace_state` reads it: a list of
/// key=value whose every member must be valid, or nothing counts. (W3C Trace Context §3.3.1, as in
/// OpenTelemetry's Go API: up to 32 members, keys unique.)
enum TraceStateText {
    private static let memberLimit = 32
    private static let valueSizeLimit = 256

    /// The value of a key; `nil` if there is none or the text is not a tracestate.
    @_lifetime(copy text)
    static func value(of key: RawSpan, in text: RawSpan) -> RawSpan? {
        var keys = InlineArray<32, Range<Int>>(repeating: 0..<0)
        var count = 0
        var value: Range<Int>?
        var offset = 0
        while offset < text.byteCount {
            let end = self.offset(of: UInt8(ascii: ","), in: text, offset..<text.byteCount)
            defer { offset = end + 1 }
            if end == offset { continue }
            guard count < memberLimit, let member = member(in: text, offset..<end) else {
                return nil
            }
            for index in 0..<count
            where text.extracting(keys[index]).hasSameBytes(as: text.extracting(member.key)) {
                return nil
            }
            keys[count] = member.key
            count += 1
            if text.extracting(member.key).hasSameBytes(as: key) { value = member.value }
        }
        guard let value else { return nil }
        return text.extracting(value)
    }

    private static func member(
        in text: RawSpan, _ range: Range<Int>
    ) -> (key: Range<Int>, value: Range<Int>)? {
        let sign = offset(of: UInt8(ascii: "="), in: text, range)
        guard sign < range.upperBound else { return nil }
        var start = range.lowerBound
        while start < sign, isBlank(text.byte(start)) { start += 1 }
        var end = range.upperBound
        while end > sign + 1, isBlank(text.byte(end - 1)) { end -= 1 }
        let key = start..<sign
        let value = sign + 1..<end
        guard isKey(text, key), isValue(text, value) else { return nil }
        return (key, value)
    }

    private static func isKey(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        let at = offset(of: UInt8(ascii: "@"), in: text, range)
        guard at < range.upperBound else { return isWord(text, range, sizeLimit: 256) }
        return isWord(text, range.lowerBound..<at, sizeLimit: 241, mayStartWithDigit: true)
            && isWord(text, at + 1..<range.upperBound, sizeLimit: 14)
    }

    private static func isWord(
        _ text: RawSpan, _ range: Range<Int>, sizeLimit: Int, mayStartWithDigit: Bool = false
    ) -> Bool {
        guard !range.isEmpty, range.count <= sizeLimit else { return false }
        let first = text.byte(range.lowerBound)
        guard isLetter(first) || mayStartWithDigit && isDigit(first) else { return false }
        for offset in range {
            switch text.byte(offset) {
            case let byte where isLetter(byte) || isDigit(byte): continue
            case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"):
                continue
            default: return false
            }
        }
        return true
    }

    private static func isValue(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= valueSizeLimit else { return false }
        for offset in range {
            let byte = text.byte(offset)
            // A comma cannot be in it.
            guard byte >= 0x20, byte <= 0x7e, byte != UInt8(ascii: "=") else { return false }
        }
        return text.byte(range.upperBound - 1) != UInt8(ascii: " ")
    }

    /// Where the byte first is; the end of the range if it is not there.
    private static func offset(of byte: UInt8, in text: RawSpan, _ range: Range<Int>) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound, text.byte(offset) != byte { offset += 1 }
        return offset
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}

extension RawSpan {
    @inline(__always)
    fileprivate func byte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
