import Primitives

/// Writing JSON values.
extension ByteBuffer {
    /// A string in quotes, escaped as otelcol does: `"`, `\`, and control characters only.
    /// The text has to be UTF-8.
    mutating func appendJSONString(_ text: RawSpan) {
        let count = text.byteCount
        var offset = 0
        reserve(count &+ 10)
        put(UInt8(ascii: "\""))
        while offset < count {
            let word = Self.word(of: text, at: offset)
            let plain = min(Self.escaped(in: word).trailingZeroBitCount >> 3, count &- offset)
            store(word, size: plain)
            offset &+= plain
            if plain < 8 && offset < count {
                appendEscape(of: text.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
                offset &+= 1
                reserve(count &- offset &+ 9)
            }
        }
        put(UInt8(ascii: "\""))
    }

    /// The eight bytes at an offset; of the last ones, as many as there are, and zeros.
    @inline(__always)
    private static func word(of text: RawSpan, at offset: Int) -> UInt64 {
        let rest = text.byteCount &- offset
        if rest >= 8 { return text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        return lastWord(of: text, at: offset, size: rest)
    }

    /// One to seven bytes, read in two loads that may overlap.
    @inline(__always)
    private static func lastWord(of text: RawSpan, at offset: Int, size: Int) -> UInt64 {
        if size >= 4 {
            let low = text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let high = text.unsafeLoadUnaligned(
                fromByteOffset: offset &+ size &- 4, as: UInt32.self)
            return UInt64(low) | UInt64(high) &<< UInt64(truncatingIfNeeded: (size &- 4) &* 8)
        }
        let first = UInt64(text.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        let middle = UInt64(text.unsafeLoad(fromByteOffset: offset &+ size / 2, as: UInt8.self))
        let last = UInt64(text.unsafeLoad(fromByteOffset: offset &+ size &- 1, as: UInt8.self))
        return first | middle &<< UInt64(truncatingIfNeeded: size / 2 &* 8)
            | last &<< UInt64(truncatingIfNeeded: (size &- 1) &* 8)
    }

    /// The top bit of each byte that needs an escape, exact up to and with the first.
    @inline(__always)
    private static func escaped(in word: UInt64) -> UInt64 {
        let quote = word ^ 0x2222_2222_2222_2222
        let backslash = word ^ 0x5c5c_5c5c_5c5c_5c5c
        let found =
            (quote &- 0x0101_0101_0101_0101) & ~quote
            | (backslash &- 0x0101_0101_0101_0101) & ~backslash
            | (word &- 0x2020_2020_2020_2020) & ~word
        return found & 0x8080_8080_8080_8080
    }

    @inline(never)
    private mutating func appendEscape(of byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x0a: append(UInt8(ascii: "n"))
        case 0x0d: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        default:
            append("u00")
            appendHexadecimal(byte)
        }
    }

    /// Standard alphabet, with padding. (RFC 4648 §4.)
    package mutating func appendBase64(_ bytes: RawSpan) {
        let alphabet: StaticString =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        reserve(bytes.byteCount / 3 * 4 + 4)
        alphabet.withUTF8Buffer { alphabet in
            var offset = 0
            while offset < bytes.byteCount {
                var group: UInt32 = 0
                let count = min(3, bytes.byteCount - offset)
                for index in 0..<count {
                    let byte = bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self)
                    group |= UInt32(byte) << UInt32(16 - 8 * index)
                }
                for index in 0..<4 {
                    let digit = Int(group >> UInt32(18 - 6 * index) & 63)
                    append(index <= count ? alphabet[digit] : UInt8(ascii: "="))
                }
                offset += 3
            }
        }
    }

    // MARK: Numbers

    package mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude)
    }

    /// The decimal digits, eight at a time.
    package mutating func appendDecimal(_ value: UInt64) {
        makeFieldRoom()
        let block: UInt64 = 100_000_000
        if value < block { return storeDigits(value) }
        let upper = value / block
        if upper < block {
            storeDigits(upper)
        } else {
            storeDigits(upper / block)
            store(Self.eightDigits(of: upper % block), size: 8)
        }
        store(Self.eightDigits(of: value % block), size: 8)
    }

    /// Stores up to eight digits without leading zeros.
    @inline(__always)
    private mutating func storeDigits(_ value: UInt64) {
        let digits = Self.eightDigits(of: value)
        // The top digit is the lowest byte; '0' is 0x30. At least one digit stays.
        let zeros = min((digits ^ 0x3030_3030_3030_3030).trailingZeroBitCount >> 3, 7)
        store(digits >> UInt64(truncatingIfNeeded: zeros &* 8), size: 8 &- zeros)
    }

    /// Eight digits of a number below 10^8 as characters, the first in the lowest byte: fours, then
    /// pairs, then digits, by multiplication with a reciprocal in parallel lanes.
    @inline(__always)
    private static func eightDigits(of value: UInt64) -> UInt64 {
        let upper = value / 10_000
        let fours = upper | (value &- upper &* 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x0000_007f_0000_007f
        let pairs = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (pairs &* 103) >> 10 & 0x000f_000f_000f_000f
        let digits = tens | (pairs &- tens &* 10) << 8
        return digits | 0x3030_3030_3030_3030
    }

    /// The shortest number that reads back as the same double, in ECMAScript's form (as Go's
    /// encoding/json writes it); the names of the special values without quotes.
    package mutating func appendShortest(_ value: Double) {
        if let name = value.specialName { return append(name) }
        let magnitude = value.magnitude
        if magnitude < 1e15, magnitude == magnitude.rounded(.towardZero) {
            if value.sign == .minus { append(UInt8(ascii: "-")) }
            return appendDecimal(UInt64(magnitude))
        }
        let decimal = ShortestDecimal(value)
        if magnitude < 1e-6 || magnitude >= 1e21 {
            appendScientific(decimal, exponentDigits: magnitude < 1 ? 1 : 2)
        } else {
            appendPlain(decimal)
        }
    }

    /// As `appendShortest`, with the special values in quotes.
    mutating func appendJSONDouble(_ value: Double) {
        if let name = value.specialName {
            append(UInt8(ascii: "\""))
            append(name)
            append(UInt8(ascii: "\""))
        } else {
            appendShortest(value)
        }
    }

    /// Digits with a point where it belongs and without an exponent.
    mutating func appendPlain(_ decimal: ShortestDecimal) {
        if decimal.isNegative { append(UInt8(ascii: "-")) }
        let start = count
        appendDecimal(decimal.digits)
        let size = count - start
        let point = size + decimal.exponent
        if decimal.exponent >= 0 {
            for _ in 0..<decimal.exponent { append(UInt8(ascii: "0")) }
        } else if point > 0 {
            insert(".", at: start + point)
        } else {
            for _ in 0..<(-point) { insert("0", at: start) }
            insert(".", at: start)
            insert("0", at: start)
        }
    }

    /// One digit, the others behind a point, and the exponent of at least so many digits.
    mutating func appendScientific(_ decimal: ShortestDecimal, exponentDigits: Int) {
        if decimal.isNegative { append(UInt8(ascii: "-")) }
        let start = count
        appendDecimal(decimal.digits)
        let size = count - start
        if size > 1 { insert(".", at: start + 1) }
        let exponent = decimal.exponent + size - 1
        append(UInt8(ascii: "e"))
        append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        if exponentDigits > 1, exponent.magnitude < 10 { append(UInt8(ascii: "0")) }
        appendDecimal(UInt64(exponent.magnitude))
    }

    /// Inserts a character `offset` bytes behind the first readable one. Only a number's few
    /// digits are moved.
    private mutating func insert(_ character: Unicode.Scalar, at offset: Int) {
        append(0)
        withUnsafeMutableBytes { bytes in
            for index in stride(from: bytes.count - 1, to: offset, by: -1) {
                bytes[index] = bytes[index - 1]
            }
            bytes[offset] = UInt8(truncatingIfNeeded: character.value)
        }
    }
}

extension Double {
    /// What stands for a value that is no number. (protobuf.dev, "ProtoJSON Format".)
    var specialName: StaticString? {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
        return nil
    }
}

/// The fewest decimal digits that tell a finite double from all others.
///
/// Invariant: the value is ± digits × 10^exponent when read back, and `digits` does not end in 0
/// unless it is 0.
struct ShortestDecimal: Equatable {
    var isNegative = false
    var digits: UInt64 = 0
    var exponent = 0

    init(_ value: Double) {
        var reader = DescriptionReader()
        value.write(to: &reader)
        isNegative = reader.isNegative
        digits = reader.digits
        exponent = (reader.isExponentNegative ? -reader.power : reader.power) - reader.fraction
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
    }
}

/// Reads what the standard library writes for a double, such as `-1.5e-07`, without a string in
/// between: it hands over ASCII bytes if asked in this way.
private struct DescriptionReader: TextOutputStream {
    var isNegative = false
    var digits: UInt64 = 0
    var fraction = 0
    var power = 0
    var isExponentNegative = false
    private var isBehindPoint = false
    private var isInExponent = false

    mutating func write(_ text: String) {
        for byte in text.utf8 { read(byte) }
    }

    mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
        for byte in buffer { read(byte) }
    }

    private mutating func read(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "-"):
            if isInExponent { isExponentNegative = true } else { isNegative = true }
        case UInt8(ascii: "."): isBehindPoint = true
        case UInt8(ascii: "e"): isInExponent = true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): read(digit: byte &- 0x30)
        default: break
        }
    }

    private mutating func read(digit: UInt8) {
        if isInExponent {
            power = power &* 10 &+ Int(digit)
        } else {
            digits = digits &* 10 &+ UInt64(digit)
            if isBehindPoint { fraction &+= 1 }
        }
    }
}
