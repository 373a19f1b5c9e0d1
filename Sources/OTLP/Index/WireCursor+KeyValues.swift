// Attributes are most of what arrives, and nearly all look alike: one byte of tag and one of size
// around a short key and a text, number or bool. Those are recognised at a glance. Whatever looks
// otherwise, wrong things included, is read field by field.

extension WireCursor {
    /// Moves behind fields of `KeyValue` that stand one after another. The cursor is behind the
    /// first one's tag, which has one byte.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skipKeyValues(
        _ tag: UInt32, before end: Int, depth: Int
    ) throws(WireFailure) {
        offset = try endOfKeyValues(tag, before: end, depth: depth).offset
    }

    /// Where key-values end that stand one after another, and whether one of them may have the key
    /// `sampling.priority`.
    ///
    /// The tags, sizes and texts of plain key-values are all below 0x80 if the texts are ASCII. So
    /// a run of them is searched for greater bytes in one go, and read again if there is one.
    @inline(never)
    func endOfKeyValues(
        _ tag: UInt32, before end: Int, depth: Int
    ) throws(WireFailure) -> (offset: Int, mayHavePriority: Bool) {
        var mayHavePriority = false
        var position = offset
        /// The run: where its first key-value has its size, and from where its texts are unchecked.
        var runStart = position
        var textStart = position
        while true {
            if let pair = plainKeyValue(at: position, before: end) {
                mayHavePriority = mayHavePriority || pair.mayBePriority
                if pair.textEnd != pair.end {
                    if !isASCII(from: textStart, before: pair.textEnd) {
                        try checkKeyValues(from: runStart, before: pair.end, depth: depth)
                    }
                    runStart = pair.end &+ 1
                    textStart = pair.end
                }
                position = pair.end
            } else {
                if !isASCII(from: textStart, before: position) {
                    try checkKeyValues(from: runStart, before: position &- 1, depth: depth)
                }
                var cursor = WireCursor(bytes, at: position)
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkKeyValue(before: next, depth: depth)
                mayHavePriority = true
                position = next
                runStart = position &+ 1
                textStart = position
            }
            guard position < end, UInt32(byte(at: position)) == tag else { break }
            position &+= 1
        }
        if !isASCII(from: textStart, before: position) {
            try checkKeyValues(from: runStart, before: position, depth: depth)
        }
        return (position, mayHavePriority)
    }

    /// A key-value whose tags and sizes are below 0x80, and its texts if they are ASCII.
    private struct PlainKeyValue {
        /// Behind it.
        let end: Int
        /// Behind its texts: the end, or where the bytes of its number begin.
        let textEnd: Int
        let mayBePriority: Bool
    }

    /// The key-value whose size is at `position` if it is a plain one: complete, with key and value
    /// in this order, and of a value that is a string, bool, int or double.
    @inline(__always)
    private func plainKeyValue(at position: Int, before end: Int) -> PlainKeyValue? {
        // Size, tag and size of the key, tag and size of the value, tag and first byte in it.
        guard end &- position >= 7 else { return nil }
        let head = halfWord(at: position)
        let size = Int(head & 0xff)
        let keySize = Int(head &>> 16 & 0xff)
        let next = position &+ 1 &+ size
        let value = position &+ 3 &+ keySize
        guard head & 0x80_ff80 == UInt32(KeyValueTag.key) &<< 8, next <= end, value &+ 4 <= next
        else { return nil }
        let tail = halfWord(at: value)
        let valueSize = next &- value &- 2
        guard tail & 0xffff == KeyValueTag.value | UInt32(truncatingIfNeeded: valueSize) &<< 8
        else { return nil }
        let mayBePriority = keySize == 17 && head &>> 24 == UInt32(UInt8(ascii: "s"))
        switch tail &>> 16 & 0xff {
        case AnyValueTag.string:
            guard Int(tail &>> 24) == valueSize &- 2 else { return nil }
            return PlainKeyValue(end: next, textEnd: next, mayBePriority: mayBePriority)
        case AnyValueTag.int, AnyValueTag.bool:
            guard isVarint(ofSize: valueSize &- 1, before: next) else { return nil }
        case AnyValueTag.double:
            guard valueSize == 9 else { return nil }
        default: return nil
        }
        return PlainKeyValue(end: next, textEnd: value &+ 3, mayBePriority: mayBePriority)
    }

    /// Whether the bytes before `end` are one varint: only the last one is below 0x80. Of the rare
    /// ones with more than eight bytes, no is said always.
    @inline(__always)
    private func isVarint(ofSize size: Int, before end: Int) -> Bool {
        guard 1...8 ~= size, end >= 8 else { return false }
        let continuations = 0x8080_8080_8080_8080 as UInt64 &<< UInt64(64 &- 8 &* size)
        return word(at: end &- 8) & continuations == continuations & 0x7fff_ffff_ffff_ffff
    }

    /// Reads plain key-values once more, field by field. The first one's size is at `start`.
    @inline(never)
    private func checkKeyValues(
        from start: Int, before end: Int, depth: Int
    ) throws(WireFailure) {
        var cursor = WireCursor(bytes, at: start)
        while cursor.offset < end {
            let next = try cursor.payloadEnd(before: end)
            try cursor.checkKeyValue(before: next, depth: depth)
            cursor.offset = next &+ 1
        }
    }
}

// MARK: - Field by field

extension WireCursor {
    /// `message KeyValue { string key = 1; AnyValue value = 2; int32 key_strindex = 3; }`
    @inline(never)
    func checkKeyValue(before end: Int, depth: Int) throws(WireFailure) {
        guard depth <= Self.nestingLimit else { throw WireFailure(.nestedTooDeep, at: offset) }
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case KeyValueTag.key: try cursor.skipString(before: end)
            case KeyValueTag.value:
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkAnyValue(before: next, depth: depth &+ 1)
                cursor.offset = next
            case KeyValueTag.keyIndex: _ = try cursor.varint(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...3)
                try cursor.skip(tag, before: end, depth: depth)
            }
        }
    }

    /// `message AnyValue { oneof value { string string_value = 1; bool bool_value = 2;
    /// int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5;
    /// KeyValueList kvlist_value = 6; bytes bytes_value = 7; int32 string_value_strindex = 8; } }`
    @inline(never)
    func checkAnyValue(before end: Int, depth: Int) throws(WireFailure) {
        guard depth <= Self.nestingLimit else { throw WireFailure(.nestedTooDeep, at: offset) }
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case AnyValueTag.string: try cursor.skipString(before: end)
            case AnyValueTag.int, AnyValueTag.bool, AnyValueTag.stringIndex:
                _ = try cursor.varint(before: end)
            case AnyValueTag.double: _ = try cursor.fixed64(before: end)
            case AnyValueTag.array, AnyValueTag.keyValueList:
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkList(
                    before: next, depth: depth &+ 1, ofKeyValues: tag == AnyValueTag.keyValueList)
                cursor.offset = next
            case AnyValueTag.bytes: cursor.offset = try cursor.payloadEnd(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...8)
                try cursor.skip(tag, before: end, depth: depth)
            }
        }
    }

    /// `message ArrayValue { repeated AnyValue values = 1; }` and
    /// `message KeyValueList { repeated KeyValue values = 1; }`
    private func checkList(
        before end: Int, depth: Int, ofKeyValues: Bool
    ) throws(WireFailure) {
        guard depth <= Self.nestingLimit else { throw WireFailure(.nestedTooDeep, at: offset) }
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            guard tag == ListTag.values else {
                try cursor.refuse(tag, ifAnyOf: 1...1)
                try cursor.skip(tag, before: end, depth: depth)
                continue
            }
            let next = try cursor.payloadEnd(before: end)
            if ofKeyValues {
                try cursor.checkKeyValue(before: next, depth: depth &+ 1)
            } else {
                try cursor.checkAnyValue(before: next, depth: depth &+ 1)
            }
            cursor.offset = next
        }
    }
}
