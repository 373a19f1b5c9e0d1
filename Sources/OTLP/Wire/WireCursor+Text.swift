extension WireCursor {
    /// Refuses bytes from the cursor to `end` that are not UTF-8. Most text is ASCII.
    @inline(__always)
    package func validateUTF8(before end: Int) throws(WireFailure) {
        if !isASCII(from: offset, before: end) {
            try validateMultibyteUTF8(from: offset, before: end)
        }
    }

    /// Whether all bytes of a range are below 0x80. The last bytes are loaded with some before
    /// them, which is quicker than one by one.
    @inline(__always)
    package func isASCII(from start: Int, before end: Int) -> Bool {
        let count = end &- start
        if count >= 16 { return isLongASCII(from: start, before: end) }
        if count >= 8 { return (word(at: start) | word(at: end &- 8)) & Self.highBits == 0 }
        if count <= 0 { return true }
        if end >= 8 {
            let bits = word(at: end &- 8) & Self.highBits
            return bits &>> UInt64(64 &- 8 &* count) == 0
        }
        return areASCII(from: start, before: end)
    }

    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    @inline(__always)
    private func isLongASCII(from start: Int, before end: Int) -> Bool {
        var bits = pair(at: end &- 16)
        var position = start
        while end &- position > 32 {
            bits |= pair(at: position) | pair(at: position &+ 16)
            position &+= 32
        }
        if end &- position > 16 { bits |= pair(at: position) }
        return (bits.x | bits.y) & Self.highBits == 0
    }

    @inline(__always)
    private func pair(at offset: Int) -> SIMD2<UInt64> {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
    }

    /// Byte by byte: text within the first bytes of all.
    private func areASCII(from start: Int, before end: Int) -> Bool {
        var position = start
        while position < end {
            guard byte(at: position) < 0x80 else { return false }
            position &+= 1
        }
        return true
    }

    /// Unicode 17, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    @inline(never)
    private func validateMultibyteUTF8(from start: Int, before end: Int) throws(WireFailure) {
        var position = start
        while position < end {
            let lead = byte(at: position)
            if lead < 0x80 {
                position &+= isNextASCII(at: position, before: end) ? 8 : 1
                continue
            }
            let sequence = Self.multibyteSequence(startingWith: lead)
            guard sequence.size > 0, end &- position >= sequence.size,
                sequence.second.contains(byte(at: position &+ 1)),
                areContinuations(from: position &+ 2, before: position &+ sequence.size)
            else { throw WireFailure(.invalidUTF8, at: position) }
            position &+= sequence.size
        }
    }

    @inline(__always)
    private func isNextASCII(at position: Int, before end: Int) -> Bool {
        end &- position >= 8 && word(at: position) & Self.highBits == 0
    }

    private func areContinuations(from start: Int, before end: Int) -> Bool {
        var position = start
        while position < end {
            guard byte(at: position) & 0xc0 == 0x80 else { return false }
            position &+= 1
        }
        return true
    }

    /// How many bytes a sequence with this first byte has (0 if none starts so), and what its
    /// second byte may be: no overlong forms, no surrogates, nothing above U+10FFFF.
    @inline(__always)
    private static func multibyteSequence(
        startingWith lead: UInt8
    ) -> (size: Int, second: ClosedRange<UInt8>) {
        switch lead {
        case 0xc2...0xdf: (2, 0x80...0xbf)
        case 0xe0: (3, 0xa0...0xbf)
        case 0xed: (3, 0x80...0x9f)
        case 0xe1...0xef: (3, 0x80...0xbf)
        case 0xf0: (4, 0x90...0xbf)
        case 0xf1...0xf3: (4, 0x80...0xbf)
        case 0xf4: (4, 0x80...0x8f)
        default: (0, 0...0)
        }
    }
}
