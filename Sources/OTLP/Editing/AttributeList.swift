import Primitives

/// The attributes of one message while they are changed: read in one walk, written in another, and
/// in between nothing but a list of where keys and values are.
///
/// Scratch memory, made once and loaded for message after message. It does not hold the message:
/// whoever asks for keys and values passes that along. New keys and values are kept in `values`.
///
/// Of several attributes with one key, functions that look for a key find the first.
package struct AttributeList: ~Copyable {
    /// Content of `AnyValue` messages and keys that the message does not have. Appended to by
    /// whoever sets a value.
    package var values = ByteBuffer()
    private var entries: [Entry] = []
    /// Attributes that are there, without the removed ones.
    package private(set) var count = 0
    package private(set) var isChanged = false

    /// One attribute.
    private struct Entry {
        /// The field in the message, with its tag; empty for a new one.
        var field: Slot
        var key: Slot
        /// The content of the `AnyValue`.
        var value: Slot
        var state = State.original
    }

    private enum State: UInt8 {
        case original, changed, removed
    }

    /// A range of the message's body, or of `values`.
    private struct Slot {
        var offset: UInt32 = 0
        var size: UInt32 = 0
        var isOwn = false

        @inline(__always)
        init(_ range: Range<Int>, isOwn: Bool = false) {
            offset = UInt32(truncatingIfNeeded: range.lowerBound)
            size = UInt32(truncatingIfNeeded: range.count)
            self.isOwn = isOwn
        }

        @inline(__always)
        var range: Range<Int> { Int(offset)..<Int(offset) &+ Int(size) }
    }

    package init() {}

    /// Forgets what it had and reads the attributes in a field of a message.
    package mutating func load(_ message: borrowing Message, _ tag: UInt32) {
        entries.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacityUpTo: 1 << 16)
        isChanged = false
        let bytes = message.body
        let end = message.range.upperBound
        var cursor = WireCursor(bytes, at: message.range.lowerBound)
        while let field = cursor.nextField(before: end) {
            guard field.tag == tag else { continue }
            entries.append(Self.entry(bytes, field))
        }
        count = entries.count
    }

    @inline(__always)
    private static func entry(_ bytes: RawSpan, _ field: WireField) -> Entry {
        var key = 0..<0
        var value = 0..<0
        var cursor = WireCursor(bytes, at: field.payload.lowerBound)
        while let part = cursor.nextField(before: field.payload.upperBound) {
            if part.tag == KeyValueTag.key { key = part.payload }
            if part.tag == KeyValueTag.value { value = part.payload }
        }
        return Entry(field: Slot(field.range), key: Slot(key), value: Slot(value))
    }
}

// MARK: - Reading

extension AttributeList {
    /// One past the largest index there is; some below it may be of removed attributes.
    package var endIndex: Int { entries.count }

    package func isPresent(_ index: Int) -> Bool { entries[index].state != .removed }

    /// The first attribute with a key.
    package func index(of key: RawSpan, in message: borrowing Message) -> Int? {
        let size = UInt32(truncatingIfNeeded: key.byteCount)
        for index in entries.indices where entries[index].key.size == size {
            guard entries[index].state != .removed else { continue }
            if self.key(at: index, in: message).hasSameBytes(as: key) { return index }
        }
        return nil
    }

    @_lifetime(borrow self, copy message)
    package func key(at index: Int, in message: borrowing Message) -> RawSpan {
        let slot = entries[index].key
        if slot.isOwn { return values.bytes.extracting(slot.range) }
        return message.body.extracting(slot.range)
    }

    @_lifetime(borrow self, copy message)
    package func value(at index: Int, in message: borrowing Message) -> AnyValue {
        let slot = entries[index].value
        if slot.isOwn { return AnyValue(values.bytes, slot.range) }
        return AnyValue(message.body, slot.range)
    }
}

// MARK: - Changing

extension AttributeList {
    /// Gives an attribute the value whose `AnyValue` content was appended to `values` from `start`
    /// to its end.
    package mutating func set(_ index: Int, valueFrom start: Int) {
        entries[index].value = Slot(start..<values.count, isOwn: true)
        entries[index].state = .changed
        isChanged = true
    }

    /// Gives an attribute a value from the content of an `AnyValue`.
    package mutating func set(_ index: Int, encodedValue: RawSpan) {
        let start = values.count
        values.append(encodedValue)
        set(index, valueFrom: start)
    }

    /// Gives an attribute the value of another one.
    package mutating func set(_ index: Int, valueOf other: Int) {
        entries[index].value = entries[other].value
        entries[index].state = .changed
        isChanged = true
    }

    /// Adds an attribute behind all others, with a value that was appended to `values` from `start`
    /// to its end.
    package mutating func append(_ key: RawSpan, valueFrom start: Int) {
        let valueEnd = values.count
        values.append(key)
        add(key: valueEnd..<values.count, value: Slot(start..<valueEnd, isOwn: true))
    }

    /// Adds an attribute from its key and the content of its `AnyValue`.
    package mutating func append(_ key: RawSpan, encodedValue: RawSpan) {
        let start = values.count
        values.append(encodedValue)
        append(key, valueFrom: start)
    }

    /// Adds an attribute with the value of another one.
    package mutating func append(_ key: RawSpan, valueOf other: Int) {
        let start = values.count
        values.append(key)
        add(key: start..<values.count, value: entries[other].value)
    }

    private mutating func add(key: Range<Int>, value: Slot) {
        entries.append(
            Entry(field: Slot(0..<0), key: Slot(key, isOwn: true), value: value, state: .changed))
        count &+= 1
        isChanged = true
    }

    package mutating func remove(_ index: Int) {
        guard entries[index].state != .removed else { return }
        entries[index].state = .removed
        count &-= 1
        isChanged = true
    }
}

// MARK: - Writing

extension AttributeList {
    /// Appends the content of the message it was loaded from, with the attributes as they are now
    /// and all other fields as they were. New attributes stand behind the last one there was.
    package func write(
        _ message: borrowing Message, _ tag: UInt32, into buffer: inout ByteBuffer
    ) {
        let bytes = message.body
        var start = message.range.lowerBound
        var index = 0
        var newStart = entries.count
        while newStart > 0, entries[newStart &- 1].field.size == 0 { newStart &-= 1 }
        while index < newStart {
            let entry = entries[index]
            index &+= 1
            if entry.state == .original { continue }
            buffer.append(bytes.extracting(start..<Int(entry.field.offset)))
            start = entry.field.range.upperBound
            if entry.state == .changed { write(entry, message, tag, into: &buffer) }
        }
        let lastEnd = newStart > 0 ? entries[newStart &- 1].field.range.upperBound : start
        if newStart == 0 { return writeWithoutAny(message, tag, into: &buffer) }
        buffer.append(bytes.extracting(start..<lastEnd))
        writeNew(from: newStart, message, tag, into: &buffer)
        buffer.append(bytes.extracting(lastEnd..<message.range.upperBound))
    }

    private func writeWithoutAny(
        _ message: borrowing Message, _ tag: UInt32, into buffer: inout ByteBuffer
    ) {
        buffer.append(message.bytes)
        writeNew(from: 0, message, tag, into: &buffer)
    }

    private func writeNew(
        from start: Int, _ message: borrowing Message, _ tag: UInt32,
        into buffer: inout ByteBuffer
    ) {
        for index in start..<entries.count where entries[index].state != .removed {
            write(entries[index], message, tag, into: &buffer)
        }
    }

    private func write(
        _ entry: Entry, _ message: borrowing Message, _ tag: UInt32,
        into buffer: inout ByteBuffer
    ) {
        let bytes = message.body
        let key =
            entry.key.isOwn
            ? values.bytes.extracting(entry.key.range) : bytes.extracting(entry.key.range)
        let value =
            entry.value.isOwn
            ? values.bytes.extracting(entry.value.range) : bytes.extracting(entry.value.range)
        buffer.appendAttribute(tag, key: key, value: value)
    }
}
