import Primitives

/// The attributes of one message while they are changed: read in one walk, written in another, and
/// in between nothing but a list of where keys and values are.
///
/// Scratch memory, made once and loaded for message after message. It does not hold the message:
/// whoever asks for keys and values passes that along. New keys and values are kept in `values`.
///
/// Of several attributes with one key, functions that look for a key find the first.
package struct AttributeList: ~Copyable {
    /// Content of `AnyValue` messages and keys that the message does not have: first the constants,
    /// then what is appended by whoever sets a value.
    package var values = ByteBuffer()
    private let constants: [UInt8]
    private var entries = Entries()
    /// Where the message's last attribute ends, 0 if it has none.
    private var lastEnd = 0
    /// Attributes that are there, without the removed ones and those that were not loaded.
    package private(set) var count = 0
    package private(set) var isChanged = false

    /// One attribute, in 28 bytes, since there may be as many as fit in a request.
    struct Entry {
        /// The field in the message, with its tag; empty for a new one.
        var field: Slot
        var key: Slot
        /// The content of the `AnyValue`.
        var value: Slot
        var state = State.original
        var hasOwnKey = false
        var hasOwnValue = false
    }

    /// An array that checks no uniqueness, since the list has it for itself.
    struct Entries: ~Copyable {
        private var storage: UnsafeMutablePointer<Entry>?
        private(set) var count = 0
        private var capacity = 0

        deinit { storage?.deallocate() }

        @inline(__always)
        subscript(index: Int) -> Entry {
            get {
                precondition(index >= 0 && index < count, "there is no such attribute")
                return storage.unsafelyUnwrapped[index]
            }
            set {
                precondition(index >= 0 && index < count, "there is no such attribute")
                storage.unsafelyUnwrapped[index] = newValue
            }
        }

        @inline(__always)
        mutating func append(_ entry: Entry) {
            if count == capacity { grow() }
            storage.unsafelyUnwrapped[count] = entry
            count &+= 1
        }

        mutating func removeAll() { count = 0 }

        @inline(never)
        private mutating func grow() {
            capacity = max(32, capacity * 2)
            let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
            if let storage {
                larger.initialize(from: storage, count: count)
                storage.deallocate()
            }
            storage = larger
        }
    }

    enum State: UInt8 {
        case original, changed, removed
    }

    /// A range of the message's body; of keys and values that the list owns, of `values`.
    struct Slot {
        var offset: UInt32 = 0
        var size: UInt32 = 0

        @inline(__always)
        init(_ range: Range<Int>) {
            offset = UInt32(truncatingIfNeeded: range.lowerBound)
            size = UInt32(truncatingIfNeeded: range.count)
        }

        @inline(__always)
        var range: Range<Int> { Int(offset)..<Int(offset) &+ Int(size) }
    }

    /// - Parameter constants: Keys and values that will be written again and again.
    package init(constants: [UInt8] = []) {
        self.constants = constants
        values = ByteBuffer(copying: constants.span.bytes)
    }

    /// Forgets all values but the constants, and memory that an unusual message needed.
    private mutating func forgetValues() {
        if values.capacity <= constants.count &+ 1 << 16 {
            return values.truncate(to: constants.count)
        }
        values = ByteBuffer(copying: constants.span.bytes)
    }

    /// Forgets what it had and reads the attributes in a field of a message.
    ///
    /// - Parameter sizes: Attributes whose keys have other sizes may be left out: they stay in the
    ///   message as they are, but are not in the list.
    package mutating func load(
        _ message: borrowing Message, _ tag: UInt32, keysOf sizes: KeySizes = .all
    ) {
        entries.removeAll()
        forgetValues()
        isChanged = false
        lastEnd = 0
        let bytes = message.body
        let end = message.range.upperBound
        var cursor = WireCursor(bytes, at: message.range.lowerBound)
        while cursor.offset < end {
            if let next = loadShortField(cursor, tag, before: end, keysOf: sizes) {
                cursor.offset = next
            } else if let field = cursor.nextField(before: end), field.tag == tag {
                lastEnd = field.range.upperBound
                entries.append(Self.anyEntry(bytes, field.range, field.payload))
            }
        }
        count = entries.count
    }

    /// Reads the field at the cursor and returns its end, if it is a common one: its tag has one
    /// byte, and it is a payload with a size of one byte, or a number of one or eight bytes. `nil`
    /// says nothing.
    @inline(__always)
    private mutating func loadShortField(
        _ cursor: borrowing WireCursor, _ tag: UInt32, before end: Int, keysOf sizes: KeySizes
    ) -> Int? {
        let start = cursor.offset
        guard end &- start >= 9 else { return nil }
        // Tag and size; of an attribute also tag and size of the key.
        let head = cursor.halfWord(at: start)
        let next = start &+ 2 &+ Int(head &>> 8 & 0xff)
        if head & 0x8087 == WireType.bytes {
            guard next <= end else { return nil }
            if head & 0xff == tag { append(cursor, head, start..<next, keysOf: sizes) }
            return next
        }
        if head & 0x87 == WireType.fixed64 { return start &+ 9 }
        return head & 0x8087 == WireType.varint ? start &+ 2 : nil
    }

    /// Appends an attribute whose field starts with `head`: mostly a key and a value, both shorter
    /// than 128 bytes.
    @inline(__always)
    private mutating func append(
        _ cursor: borrowing WireCursor, _ head: UInt32, _ field: Range<Int>, keysOf sizes: KeySizes
    ) {
        lastEnd = field.upperBound
        let keySize = Int(head &>> 24)
        let keyStart = field.lowerBound &+ 4
        let keyEnd = keyStart &+ keySize
        if head & 0x80ff_0000 == KeyValueTag.key &<< 16, field.upperBound &- keyEnd >= 4 {
            let tail = cursor.halfWord(at: keyEnd)
            let valueStart = keyEnd &+ 2
            let valueEnd = valueStart &+ Int(tail &>> 8 & 0xff)
            if tail & 0x80ff == KeyValueTag.value, valueEnd == field.upperBound {
                guard sizes.contains(keySize) else { return }
                return entries.append(
                    Entry(
                        field: Slot(field), key: Slot(keyStart..<keyEnd),
                        value: Slot(valueStart..<valueEnd)))
            }
        }
        let payload = field.lowerBound &+ 2..<field.upperBound
        entries.append(Self.anyEntry(cursor.bytes, field, payload))
    }

    @inline(never)
    private static func anyEntry(
        _ bytes: RawSpan, _ field: Range<Int>, _ payload: Range<Int>
    ) -> Entry {
        var key = 0..<0
        var value = 0..<0
        var cursor = WireCursor(bytes, at: payload.lowerBound)
        while let part = cursor.nextField(before: payload.upperBound) {
            if part.tag == KeyValueTag.key { key = part.payload }
            if part.tag == KeyValueTag.value { value = part.payload }
        }
        return Entry(field: Slot(field), key: Slot(key), value: Slot(value))
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
        for index in 0..<entries.count where entries[index].key.size == size {
            guard entries[index].state != .removed else { continue }
            if self.key(at: index, in: message).hasSameBytes(as: key) { return index }
        }
        return nil
    }

    @_lifetime(borrow self, copy message)
    package func key(at index: Int, in message: borrowing Message) -> RawSpan {
        let entry = entries[index]
        if entry.hasOwnKey { return values.bytes.extracting(entry.key.range) }
        return message.body.extracting(entry.key.range)
    }

    @_lifetime(borrow self, copy message)
    package func value(at index: Int, in message: borrowing Message) -> AnyValue {
        let entry = entries[index]
        if entry.hasOwnValue { return AnyValue(values.bytes, entry.value.range) }
        return AnyValue(message.body, entry.value.range)
    }
}

// MARK: - Changing

extension AttributeList {
    /// Gives an attribute the value whose `AnyValue` content was appended to `values` from `start`
    /// to its end.
    package mutating func set(_ index: Int, valueFrom start: Int) {
        setValue(of: index, Slot(start..<values.count), isOwn: true)
    }

    private mutating func setValue(of index: Int, _ value: Slot, isOwn: Bool) {
        entries[index].value = value
        entries[index].hasOwnValue = isOwn
        entries[index].state = .changed
        isChanged = true
    }

    /// Gives an attribute a value whose `AnyValue` content is a range of the constants.
    package mutating func set(_ index: Int, constant value: Range<Int>) {
        setValue(of: index, Slot(value), isOwn: true)
    }

    /// Gives an attribute a value from the content of an `AnyValue`.
    package mutating func set(_ index: Int, encodedValue: RawSpan) {
        let start = values.count
        values.append(encodedValue)
        set(index, valueFrom: start)
    }

    /// Gives an attribute the value of another one.
    package mutating func set(_ index: Int, valueOf other: Int) {
        setValue(of: index, entries[other].value, isOwn: entries[other].hasOwnValue)
    }

    /// Adds an attribute behind all others, with a value that was appended to `values` from `start`
    /// to its end.
    package mutating func append(_ key: RawSpan, valueFrom start: Int) {
        let valueEnd = values.count
        values.append(key)
        add(key: valueEnd..<values.count, value: Slot(start..<valueEnd), isOwn: true)
    }

    /// Gives the attribute with a key a value that was appended to `values` from `start` to its
    /// end, and adds it if it is not there.
    package mutating func put(
        _ key: RawSpan, valueFrom start: Int, in message: borrowing Message
    ) {
        if let index = index(of: key, in: message) {
            set(index, valueFrom: start)
        } else {
            append(key, valueFrom: start)
        }
    }

    /// Adds an attribute whose key and value are ranges of the constants.
    package mutating func append(constantKey key: Range<Int>, value: Range<Int>) {
        add(key: key, value: Slot(value), isOwn: true)
    }

    /// Adds an attribute with the value of another one.
    package mutating func append(constantKey key: Range<Int>, valueOf other: Int) {
        add(key: key, value: entries[other].value, isOwn: entries[other].hasOwnValue)
    }

    private mutating func add(key: Range<Int>, value: Slot, isOwn: Bool) {
        var entry = Entry(field: Slot(0..<0), key: Slot(key), value: value, state: .changed)
        entry.hasOwnKey = true
        entry.hasOwnValue = isOwn
        entries.append(entry)
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
            buffer.append(bytes, start..<Int(entry.field.offset))
            start = entry.field.range.upperBound
            if entry.state == .changed { write(entry, bytes, tag, into: &buffer) }
        }
        // Without any, new ones stand at the end.
        let lastEnd = lastEnd == 0 ? message.range.upperBound : lastEnd
        buffer.append(bytes, start..<lastEnd)
        for index in newStart..<entries.count where entries[index].state != .removed {
            write(entries[index], bytes, tag, into: &buffer)
        }
        buffer.append(bytes, lastEnd..<message.range.upperBound)
    }

    @inline(__always)
    private func write(
        _ entry: Entry, _ body: RawSpan, _ tag: UInt32, into buffer: inout ByteBuffer
    ) {
        let own = values.bytes
        buffer.appendAttribute(
            tag, entry.hasOwnKey ? own : body, entry.key.range, entry.hasOwnValue ? own : body,
            entry.value.range)
    }
}
