import Primitives

/// A value without lists or maps, as it is written to an attribute.
package enum PlainValue: Sendable, Equatable {
    case string(String)
    case bool(Bool)
    case int(Int64)
    case double(Double)
}

/// Writing attributes: `message KeyValue` and `message AnyValue`. Text must be UTF-8.
extension ByteBuffer {
    /// The content of an `AnyValue` that is a string.
    package mutating func appendValue(string: RawSpan) {
        appendField(AnyValueTag.string, bytes: string)
    }

    package mutating func appendValue(string: String) {
        appendField(AnyValueTag.string, string: string)
    }

    package mutating func appendValue(bool: Bool) {
        appendField(AnyValueTag.bool, varint: bool ? 1 : 0)
    }

    package mutating func appendValue(int: Int64) {
        appendField(AnyValueTag.int, varint: UInt64(bitPattern: int))
    }

    package mutating func appendValue(double: Double) {
        appendField(AnyValueTag.double, fixed64: double.bitPattern)
    }

    package mutating func appendValue(bytes: RawSpan) {
        appendField(AnyValueTag.bytes, bytes: bytes)
    }

    package mutating func appendValue(_ value: PlainValue) {
        switch value {
        case .string(let text): appendValue(string: text)
        case .bool(let bool): appendValue(bool: bool)
        case .int(let int): appendValue(int: int)
        case .double(let double): appendValue(double: double)
        }
    }

    /// A whole attribute in a field, from its key and the content of its `AnyValue`.
    package mutating func appendAttribute(_ tag: UInt32, key: RawSpan, value: RawSpan) {
        appendAttribute(tag, key, 0..<key.byteCount, value, 0..<value.byteCount)
    }

    /// The same, where key and value are ranges of what they stand in.
    @inline(__always)
    mutating func appendAttribute(
        _ tag: UInt32, _ keys: RawSpan, _ key: Range<Int>, _ values: RawSpan, _ value: Range<Int>
    ) {
        let size = key.count &+ value.count &+ 4
        guard tag < 0x80, size < 0x80 else {
            return appendLongAttribute(tag, keys.extracting(key), values.extracting(value))
        }
        // All sizes take one byte.
        append(
            UInt64(tag) | UInt64(size) &<< 8 | UInt64(KeyValueTag.key) &<< 16
                | UInt64(key.count) &<< 24, bytes: 4)
        append(keys, key)
        append(UInt64(KeyValueTag.value) | UInt64(value.count) &<< 8, bytes: 2)
        append(values, value)
    }

    @inline(never)
    private mutating func appendLongAttribute(_ tag: UInt32, _ key: RawSpan, _ value: RawSpan) {
        let keySize = Wire.headerSize(KeyValueTag.key, size: key.byteCount) &+ key.byteCount
        let valueSize =
            Wire.headerSize(KeyValueTag.value, size: value.byteCount) &+ value.byteCount
        appendHeader(tag, size: keySize &+ valueSize)
        appendField(KeyValueTag.key, bytes: key)
        appendField(KeyValueTag.value, bytes: value)
    }
}

/// Copying messages with some fields left out or replaced.
extension ByteBuffer {
    /// The fields of a message except those with a tag, in order.
    package mutating func append(_ message: borrowing Message, without tag: UInt32) {
        let bytes = message.body
        var start = message.range.lowerBound
        var cursor = WireCursor(bytes, at: start)
        while let field = cursor.nextField(before: message.range.upperBound) {
            guard field.tag == tag else { continue }
            append(bytes.extracting(start..<field.range.lowerBound))
            start = field.range.upperBound
        }
        append(bytes.extracting(start..<message.range.upperBound))
    }

    /// The message with another string, bytes or message in a singular field, which stands where it
    /// stood, or at the end if there was none.
    package mutating func append(
        _ message: borrowing Message, replacing tag: UInt32, with payload: RawSpan
    ) {
        var isWritten = false
        let bytes = message.body
        var start = message.range.lowerBound
        var cursor = WireCursor(bytes, at: start)
        while let field = cursor.nextField(before: message.range.upperBound) {
            guard field.tag == tag else { continue }
            append(bytes.extracting(start..<field.range.lowerBound))
            start = field.range.upperBound
            if !isWritten { appendField(tag, bytes: payload) }
            isWritten = true
        }
        append(bytes.extracting(start..<message.range.upperBound))
        if !isWritten { appendField(tag, bytes: payload) }
    }
}
