/// Hexadecimal digits, several at a time and without branches or tables.
package enum Hexadecimal {
    /// In lower case.
    package static func text(_ bytes: RawSpan) -> String {
        var buffer = ByteBuffer(capacity: bytes.byteCount * 2 + 8)
        buffer.appendHexadecimal(bytes)
        return buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The eight lower-case digits of four bytes, both little-endian.
    @inlinable @inline(__always)
    package static func digits(of bytes: UInt32) -> UInt64 {
        var spread = UInt64(bytes)
        spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
        let nibbles = (spread >> 4 | spread << 8) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// What a digit of either case stands for.
    @inlinable @inline(__always)
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    /// The four bytes that eight digits stand for, both little-endian; `nil` if one is no digit.
    ///
    /// Digits and letters are told apart by arithmetic on all eight at once: adding 0x50 sets the
    /// top bit of bytes from 0x30 on, and so forth. No sum leaves its byte, since all are ASCII.
    @inlinable @inline(__always)
    package static func bytes(ofDigits word: UInt64) -> UInt32? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones &* 0x80
        guard word & tops == 0 else { return nil }
        let lower = word | ones &* 0x20
        let isDigit = (word &+ ones &* 0x50) & ~(word &+ ones &* 0x46)
        let isLetter = (lower &+ ones &* 0x1f) & ~(lower &+ ones &* 0x19)
        guard (isDigit | isLetter) & tops == tops else { return nil }
        // '0' is 0x30 and 'a' is 0x61: bit 6 of a letter is worth nine more.
        var nibbles = (word & (ones &* 0x0f)) &+ (word >> 6 & ones) &* 9
        nibbles = (nibbles &<< 4 | nibbles >> 8) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles | nibbles >> 8) & 0x0000_ffff_0000_ffff
        return UInt32(truncatingIfNeeded: nibbles | nibbles >> 16)
    }
}

extension ByteBuffer {
    /// Two lower-case digits for each byte.
    package mutating func appendHexadecimal(_ bytes: RawSpan) {
        reserve(bytes.byteCount * 2 + 8)
        var offset = 0
        while bytes.byteCount &- offset >= 4 {
            let four = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
            append(Hexadecimal.digits(of: UInt32(littleEndian: four)), bytes: 8)
            offset &+= 4
        }
        while offset < bytes.byteCount {
            appendHexadecimal(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            offset &+= 1
        }
    }

    package mutating func appendHexadecimal(_ byte: UInt8) {
        append(Hexadecimal.digits(of: UInt32(byte)), bytes: 2)
    }
}
