extension WireCursor {
    /// Refuses bytes from the cursor to `end` that are not UTF-8. Most text is ASCII.
    @inline(__always)
    package func validateUTF8(before end: Int) throws(WireFailure) {
        var position = offset
        while end &- position >= 8 {
            guard word(at: position) & 0x8080_8080_8080_8080 == 0 else {
                return try validateMultibyteUTF8(from: position, before: end)
            }
            position &+= 8
        }
        while position < end {
            guard byte(at: position) < 0x80 else {
                return try validateMultibyteUTF8(from: position, before: end)
            }
            position &+= 1
        }
    }

    /// Unicode 17, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    @inline(never)
    private func validateMultibyteUTF8(from start: Int, before end: Int) throws(WireFailure) {
        var position = start
        while position < end {
            let lead = byte(at: position)
            if lead < 0x80 {
                position &+= 1
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
