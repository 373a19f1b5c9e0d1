/// A place in protobuf bytes that moves forward as fields are read. (protobuf.dev, "Encoding".)
///
/// `offset` is absolute in the body, and every read is told the absolute `end` of the message it is
/// in. Loads are bounds-checked by `RawSpan`; nothing here traps on foreign bytes as long as `end`
/// lies within them. The rare cases are functions that change nothing and return the next offset,
/// so that a cursor in a local variable stays in registers.
///
/// Invariant: offset ≤ end ≤ bytes.byteCount, for the `end` of every call.
package struct WireCursor: ~Escapable {
    /// Levels of messages and groups below the outermost one: the limit of the official parsers for
    /// C++, Java and Python. Forwarding deeper ones would have a backend refuse a whole batch.
    package static let nestingLimit = 100

    /// Official parsers read no longer tags and sizes, even if the rest is padding.
    private static let tagSizeLimit = 5

    package let bytes: RawSpan
    package var offset: Int

    @inline(__always)
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func varint(before end: Int) throws(WireFailure) -> UInt64 {
        guard offset < end else { throw WireFailure(.truncated, at: offset) }
        let first = byte(at: offset)
        if first < 0x80 {
            offset &+= 1
            return UInt64(first)
        }
        let long = try longVarint(before: end, sizeLimit: 10)
        offset = long.next
        return long.value
    }

    /// The number and wire type of the next field.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func tag(before end: Int) throws(WireFailure) -> UInt32 {
        guard offset < end else { throw WireFailure(.truncated, at: offset) }
        let first = byte(at: offset)
        if first < 0x80 {
            guard first >= 8 else { throw WireFailure(.invalidFieldNumber, at: offset) }
            offset &+= 1
            return UInt32(first)
        }
        if let tag = twoByteVarint(first, before: end), tag >= 8 {
            offset &+= 2
            return tag
        }
        let long = try longTag(before: end)
        offset = long.next
        return long.tag
    }

    /// Reads a size prefix; the absolute end of the payload that follows it.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func payloadEnd(before end: Int) throws(WireFailure) -> Int {
        guard offset < end else { throw WireFailure(.truncated, at: offset) }
        let first = byte(at: offset)
        var size = UInt64(first)
        if first < 0x80 {
            offset &+= 1
        } else if let short = twoByteVarint(first, before: end) {
            size = UInt64(short)
            offset &+= 2
        } else {
            let long = try longVarint(before: end, sizeLimit: Self.tagSizeLimit)
            size = long.value
            offset = long.next
        }
        guard size <= UInt64(truncatingIfNeeded: end &- offset) else {
            throw WireFailure(.truncated, at: offset)
        }
        return offset &+ Int(truncatingIfNeeded: size)
    }

    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func fixed64(before end: Int) throws(WireFailure) -> UInt64 {
        guard end &- offset >= 8 else { throw WireFailure(.truncated, at: offset) }
        let value = word(at: offset)
        offset &+= 8
        return value
    }

    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func fixed32(before end: Int) throws(WireFailure) -> UInt32 {
        guard end &- offset >= 4 else { throw WireFailure(.truncated, at: offset) }
        let value = halfWord(at: offset)
        offset &+= 4
        return value
    }

    /// Reads a length-delimited payload and returns where it lies.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func payload(before end: Int) throws(WireFailure) -> Range<Int> {
        let payloadEnd = try payloadEnd(before: end)
        defer { offset = payloadEnd }
        return offset..<payloadEnd
    }

    /// Moves behind a string, which must be UTF-8.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func skipString(before end: Int) throws(WireFailure) {
        let stringEnd = try payloadEnd(before: end)
        try validateUTF8(before: stringEnd)
        offset = stringEnd
    }

    /// Moves behind a field that the schema does not know. `depth` is that of the field's message.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func skip(
        _ tag: UInt32, before end: Int, depth: Int = 0
    ) throws(WireFailure) {
        offset = try endOfUnknown(tag, before: end, depth: depth)
    }
}

extension WireCursor {
    @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes at `offset`, little-endian as on the wire.
    @inline(__always)
    package func word(at offset: Int) -> UInt64 {
        unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    package func halfWord(at offset: Int) -> UInt32 {
        unsafe UInt32(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The value of a varint of two bytes, or `nil`. The byte at the cursor, `first`, is no whole
    /// varint.
    @inline(__always)
    private func twoByteVarint(_ first: UInt8, before end: Int) -> UInt32? {
        guard end &- offset >= 2 else { return nil }
        let second = byte(at: offset &+ 1)
        guard second < 0x80 else { return nil }
        return UInt32(first & 0x7f) | UInt32(second) &<< 7
    }

    @inline(never)
    private func longVarint(
        before end: Int, sizeLimit: Int
    ) throws(WireFailure) -> (value: UInt64, next: Int) {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var next = offset
        let limit = min(end, offset &+ sizeLimit)
        while next < limit {
            let byte = byte(at: next)
            value |= UInt64(byte & 0x7f) &<< shift
            next &+= 1
            if byte < 0x80 {
                // The tenth byte holds bit 63 alone.
                if shift == 63 && byte > 1 { throw WireFailure(.varintTooLong, at: offset) }
                return (value, next)
            }
            shift &+= 7
        }
        throw WireFailure(next < end ? .varintTooLong : .truncated, at: offset)
    }

    private func longTag(before end: Int) throws(WireFailure) -> (tag: UInt32, next: Int) {
        let long = try longVarint(before: end, sizeLimit: Self.tagSizeLimit)
        guard long.value >= 8, long.value <= UInt64(UInt32.max) else {
            throw WireFailure(.invalidFieldNumber, at: offset)
        }
        return (UInt32(truncatingIfNeeded: long.value), long.next)
    }

    @inline(never)
    private func endOfUnknown(
        _ tag: UInt32, before end: Int, depth: Int
    ) throws(WireFailure) -> Int {
        var cursor = self
        switch tag & 7 {
        case 0: _ = try cursor.varint(before: end)
        case 1: _ = try cursor.fixed64(before: end)
        case 2: cursor.offset = try cursor.payloadEnd(before: end)
        case 3: try cursor.skipGroup(tag >> 3, before: end, depth: depth &+ 1)
        case 4: throw WireFailure(.unbalancedGroup, at: offset)
        case 5: _ = try cursor.fixed32(before: end)
        default: throw WireFailure(.wrongWireType, at: offset)
        }
        return cursor.offset
    }

    @_lifetime(self: copy self)
    private mutating func skipGroup(
        _ number: UInt32, before end: Int, depth: Int
    ) throws(WireFailure) {
        guard depth <= Self.nestingLimit else { throw WireFailure(.nestedTooDeep, at: offset) }
        while offset < end {
            let inner = try tag(before: end)
            if inner & 7 == 4 {
                guard inner >> 3 == number else { break }
                return
            }
            try skip(inner, before: end, depth: depth)
        }
        throw WireFailure(.unbalancedGroup, at: offset)
    }
}
