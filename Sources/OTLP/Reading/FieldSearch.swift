import Primitives

/// Where the value of an attribute, or a field of type `AnyValue`, lies in a body.
package struct ValuePlace: Sendable {
    package let kind: AnyValue.Kind
    /// Of a string, its UTF-8; of bytes, those; of an array or a list, its encoded form; of numbers
    /// the varint or double.
    package let payload: Range<Int>

    @inline(__always)
    init(kind: AnyValue.Kind, payload: Range<Int>) {
        self.kind = kind
        self.payload = payload
    }
}

/// Searches of a message's bytes, for callers in other modules that look at every record: one call
/// for one answer.
extension RawSpan {
    /// The value of the first attribute with a key, in the fields `tag` of the message at `range`.
    package func attribute(_ key: RawSpan, tag: UInt32, in range: Range<Int>) -> ValuePlace? {
        guard range.upperBound <= byteCount else { return nil }
        var walk = FieldWalk(self, range)
        let canBeShort = 1..<0x80 ~= key.byteCount && tag < 0x80
        // Nearly all attributes are written as tag, size, 0x0a, size of the key, and the key.
        let head = tag | UInt32(0x0a) << 16 | UInt32(truncatingIfNeeded: key.byteCount) << 24
        while true {
            if canBeShort, walk.findAttribute(key, head) {
                return place(inAttributeAt: walk.start..<walk.end)
            }
            guard walk.next() else { return nil }
            guard walk.tag == tag else { continue }
            let attribute = Attribute(self, walk.start..<walk.end)
            if attribute.key.hasSameBytes(as: key) {
                return place(inAttributeAt: walk.start..<walk.end)
            }
        }
    }

    private func place(inAttributeAt range: Range<Int>) -> ValuePlace {
        var walk = FieldWalk(self, range)
        var value = 0..<0
        while walk.next() {
            if walk.tag == KeyValueTag.value { value = walk.start..<walk.end }
        }
        return self.value(at: value)
    }

    /// Reads a `message AnyValue`: of the members of the oneof, the last one counts.
    package func value(at range: Range<Int>) -> ValuePlace {
        guard range.upperBound <= byteCount else {
            return ValuePlace(kind: .empty, payload: 0..<0)
        }
        var walk = FieldWalk(self, range)
        var kind = AnyValue.Kind.empty
        var start = 0
        var end = 0
        while walk.next() {
            guard let member = AnyValue.kind(walk.tag) else { continue }
            kind = member
            start = walk.start
            end = walk.end
        }
        return ValuePlace(kind: kind, payload: start..<end)
    }

    /// Where the last field with a tag has its payload, in the message at `range`.
    package func field(_ tag: UInt32, in range: Range<Int>) -> Range<Int>? {
        guard range.upperBound <= byteCount else { return nil }
        var walk = FieldWalk(self, range)
        var start = -1
        var end = -1
        while walk.next() {
            guard walk.tag == tag else { continue }
            start = walk.start
            end = walk.end
        }
        return start < 0 ? nil : start..<end
    }

    /// A varint at the start of a payload.
    package func varint(at range: Range<Int>) -> UInt64 {
        var cursor = WireCursor(self, at: range.lowerBound)
        return (try? cursor.varint(before: range.upperBound)) ?? 0
    }

    /// Eight bytes at the start of a payload, little-endian.
    package func fixed64(at range: Range<Int>) -> UInt64 {
        range.count >= 8 ? WireCursor(self).word(at: range.lowerBound) : 0
    }
}

/// A walk over the fields of a message that has been validated, as short as it can be: what is
/// rare goes through `WireCursor`. Bytes that were not validated end it early.
///
/// Invariant: offset ≤ limit ≤ bytes.byteCount, so every load below the limit is within bounds.
private struct FieldWalk: ~Escapable {
    private let bytes: RawSpan
    private var offset: Int
    private let limit: Int
    /// Of the field that `next` came to: its tag, and where its payload or value lies.
    private(set) var tag: UInt32 = 0
    private(set) var start = 0
    private(set) var end = 0

    /// The range has to be within the bytes.
    @inline(__always)
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        limit = range.upperBound
    }

    @inline(__always)
    private func byte(at offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Goes on to the next field, if there is one.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func next() -> Bool {
        let offset = offset
        guard limit &- offset >= 2 else { return takeRare(Self.rare(bytes, offset, limit)) }
        let head = halfWord(at: offset)
        var start = offset &+ 2
        var end = start
        if head & 0x8087 == 2 {
            end &+= Int(head >> 8)
        } else if head & 0x87 == 1 {
            start = offset &+ 1
            end = offset &+ 9
        } else if head & 0x8087 == 0 {
            start = offset &+ 1
        } else if head & 0x8087 == 0x85 {
            return takeLongTag(head)
        } else {
            return takeRare(Self.rare(bytes, offset, limit))
        }
        guard end <= limit else { return takeRare(Self.rare(bytes, offset, limit)) }
        tag = UInt32(head & 0xff)
        self.start = start
        self.end = end
        self.offset = end
        return true
    }

    /// Moves over attributes in their usual form (a tag and sizes of one byte, the key first) up to
    /// the one with a key. `false` at anything that is not in that form, which `next` then reads.
    ///
    /// `head` is what the wanted one starts with, its own size apart. An attribute that is too
    /// small for a key only seems to be in the usual form; it has no key, and to move on is right.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func findAttribute(_ key: RawSpan, _ head: UInt32) -> Bool {
        let usual = head & 0x00ff_00ff
        var position = offset
        while limit &- position >= 4 {
            let word = unsafe UInt32(
                littleEndian: bytes.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: position, as: UInt32.self))
            if word & 0x80ff_80ff != usual { break }
            let size = Int(word >> 8 & 0x7f)
            let next = position &+ 2 &+ size
            if next > limit { break }
            if word >> 16 == head >> 16, size &- 2 >= key.byteCount,
                hasBytes(of: key, at: position &+ 4)
            {
                start = position &+ 2
                end = next
                offset = next
                return true
            }
            position = next
        }
        offset = position
        return false
    }

    /// A field of four bytes with a number above 15: flags, which every span has.
    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func takeLongTag(_ head: UInt16) -> Bool {
        guard limit &- offset >= 6 else { return takeRare(Self.rare(bytes, offset, limit)) }
        tag = UInt32(head & 0x7f) | UInt32(head >> 8) << 7
        start = offset &+ 2
        end = offset &+ 6
        offset = end
        return true
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func takeRare(_ rare: WireField?) -> Bool {
        guard let rare else {
            offset = limit
            return false
        }
        offset = rare.range.upperBound
        tag = rare.tag
        start = rare.payload.lowerBound
        end = rare.payload.upperBound
        return true
    }

    /// Takes no part of the walk itself, so that it can stay in registers.
    @inline(never)
    private static func rare(_ bytes: RawSpan, _ offset: Int, _ limit: Int) -> WireField? {
        var cursor = WireCursor(bytes, at: offset)
        return cursor.nextField(before: limit)
    }

    /// Two bytes, little-endian, which have to be there.
    @inline(__always)
    private func halfWord(at offset: Int) -> UInt16 {
        unsafe UInt16(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// Whether the bytes at `offset`, of which there are enough, are those of a key.
    @inline(__always)
    func hasBytes(of key: RawSpan, at offset: Int) -> Bool {
        var position = 0
        while key.byteCount &- position >= 8 {
            let left = unsafe bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset &+ position, as: UInt64.self)
            let right = unsafe key.unsafeLoadUnaligned(
                fromUncheckedByteOffset: position, as: UInt64.self)
            if left != right { return false }
            position &+= 8
        }
        while position < key.byteCount {
            let right = unsafe key.unsafeLoad(
                fromUncheckedByteOffset: position, as: UInt8.self)
            if byte(at: offset &+ position) != right { return false }
            position &+= 1
        }
        return true
    }
}
