import Primitives

/// MurmurHash3 with seed 0, in its 32-bit form and its 128-bit form for 64-bit machines.
/// (github.com/aappleby/smhasher)
package enum Murmur3 {
    package static func hash32(_ bytes: RawSpan) -> UInt32 {
        var hash: UInt32 = 0
        let blockEnd = bytes.byteCount & ~3
        var offset = 0
        while offset < blockEnd {
            let block = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
            hash ^= mixed32(UInt32(littleEndian: block))
            hash = rotated(hash, 13) &* 5 &+ 0xE654_6B64
            offset &+= 4
        }
        hash ^= mixed32(UInt32(truncatingIfNeeded: tail(bytes, blockEnd..<bytes.byteCount)))
        hash ^= UInt32(truncatingIfNeeded: bytes.byteCount)
        hash = (hash ^ (hash >> 16)) &* 0x85EB_CA6B
        hash = (hash ^ (hash >> 13)) &* 0xC2B2_AE35
        return hash ^ (hash >> 16)
    }

    package static func hash128(_ bytes: RawSpan) -> (UInt64, UInt64) {
        var first: UInt64 = 0
        var second: UInt64 = 0
        let blockEnd = bytes.byteCount & ~15
        var offset = 0
        while offset < blockEnd {
            first ^= mixedFirst(word(bytes, offset))
            first = (rotated(first, 27) &+ second) &* 5 &+ 0x52DC_E729
            second ^= mixedSecond(word(bytes, offset &+ 8))
            second = (rotated(second, 31) &+ first) &* 5 &+ 0x3849_5AB5
            offset &+= 16
        }
        let middle = min(blockEnd &+ 8, bytes.byteCount)
        second ^= mixedSecond(tail(bytes, middle..<bytes.byteCount))
        first ^= mixedFirst(tail(bytes, blockEnd..<middle))
        return finished(first, second, UInt64(truncatingIfNeeded: bytes.byteCount))
    }

    private static func finished(
        _ first: UInt64, _ second: UInt64, _ count: UInt64
    ) -> (UInt64, UInt64) {
        var first = first ^ count
        var second = second ^ count
        first &+= second
        second &+= first
        first = avalanche(first)
        second = avalanche(second)
        first &+= second
        second &+= first
        return (first, second)
    }

    private static func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Up to eight bytes, the first of them lowest.
    private static func tail(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        var word: UInt64 = 0
        for offset in range.reversed() {
            word =
                word << 8
                | UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        }
        return word
    }

    private static func mixed32(_ word: UInt32) -> UInt32 {
        rotated(word &* 0xCC9E_2D51, 15) &* 0x1B87_3593
    }

    private static func mixedFirst(_ word: UInt64) -> UInt64 {
        rotated(word &* 0x87C3_7B91_1142_53D5, 31) &* 0x4CF5_AD43_2745_937F
    }

    private static func mixedSecond(_ word: UInt64) -> UInt64 {
        rotated(word &* 0x4CF5_AD43_2745_937F, 33) &* 0x87C3_7B91_1142_53D5
    }

    private static func avalanche(_ word: UInt64) -> UInt64 {
        var word = (word ^ (word >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        word = (word ^ (word >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return word ^ (word >> 33)
    }

    private static func rotated<Word: FixedWidthInteger>(_ word: Word, _ count: Word) -> Word {
        (word << count) | (word >> (Word(Word.bitWidth) - count))
    }
}
