import Primitives

extension JSONEncoder {
    // MARK: Scalars

    /// Writes a member with the value at `offset`, unless it is left out for being zero.
    mutating func scalar(
        _ entry: JSONLayouts.Entry, _ bytes: RawSpan, _ offset: Int, _ end: Int,
        isFirst: inout Bool
    ) throws(WireFailure) {
        let start = output.count
        var cursor = WireCursor(bytes, at: offset)
        let wasFirst = isFirst
        name(entry, isFirst: &isFirst)
        let isZero = try value(entry.kind, &cursor, end)
        if isZero && entry.presence == .nonzero {
            output.truncate(to: start)
            isFirst = wasFirst
        }
    }

    /// Writes a value; whether it is zero or empty.
    @inline(__always)
    private mutating func value(
        _ kind: JSONKind, _ cursor: inout WireCursor, _ end: Int
    ) throws(WireFailure) -> Bool {
        switch kind {
        case .string: return try text(&cursor, end)
        case .traceID, .spanID, .base64: return try binary(kind, &cursor, end)
        case .double:
            let bits = try cursor.fixed64(before: end)
            output.appendJSONDouble(Double(bitPattern: bits))
            return bits == 0
        case .fixed64:
            return quoted(try cursor.fixed64(before: end))
        case .sfixed64:
            return quoted(Int64(bitPattern: try cursor.fixed64(before: end)))
        case .uint64: return quoted(try cursor.varint(before: end))
        case .int64: return quoted(Int64(bitPattern: try cursor.varint(before: end)))
        default: return try small(kind, &cursor, end)
        }
    }

    /// Numbers of 32 bits and truth values.
    private mutating func small(
        _ kind: JSONKind, _ cursor: inout WireCursor, _ end: Int
    ) throws(WireFailure) -> Bool {
        if kind == .fixed32 {
            let value = try cursor.fixed32(before: end)
            output.appendDecimal(UInt64(value))
            return value == 0
        }
        let varint = try cursor.varint(before: end)
        switch kind {
        case .bool:
            // Any varint but zero is true.
            output.append(varint != 0 ? "true" : "false" as StaticString)
            return varint == 0
        case .uint32: output.appendDecimal(UInt64(UInt32(truncatingIfNeeded: varint)))
        case .sint32:
            let zigzag = UInt64(UInt32(truncatingIfNeeded: varint))
            output.appendDecimal(Wire.zigZagDecoded(zigzag))
        default: output.appendDecimal(Int64(Int32(truncatingIfNeeded: varint)))
        }
        return UInt32(truncatingIfNeeded: varint) == 0
    }

    /// Numbers of 64 bits stand in quotes.
    private mutating func quoted(_ value: UInt64) -> Bool {
        output.put(UInt8(ascii: "\""))
        output.appendDecimal(value)
        output.put(UInt8(ascii: "\""))
        return value == 0
    }

    private mutating func quoted(_ value: Int64) -> Bool {
        output.put(UInt8(ascii: "\""))
        output.appendDecimal(value)
        output.put(UInt8(ascii: "\""))
        return value == 0
    }

    @inline(__always)
    private mutating func text(
        _ cursor: inout WireCursor, _ end: Int
    ) throws(WireFailure) -> Bool {
        let payload = try cursor.payload(before: end)
        output.appendJSONString(cursor.bytes.extracting(payload))
        return payload.isEmpty
    }

    private mutating func binary(
        _ kind: JSONKind, _ cursor: inout WireCursor, _ end: Int
    ) throws(WireFailure) -> Bool {
        let payload = try cursor.payload(before: end)
        output.put(UInt8(ascii: "\""))
        if kind == .base64 {
            output.appendBase64(cursor.bytes.extracting(payload))
        } else {
            output.appendHexadecimal(cursor.bytes.extracting(payload))
        }
        output.put(UInt8(ascii: "\""))
        return payload.isEmpty
    }

    // MARK: Repeated numbers

    /// Writes repeated numbers, packed or not, unless there are none.
    mutating func packedArray(
        _ entry: JSONLayouts.Entry, _ firstTag: UInt32, _ bytes: RawSpan,
        _ place: ClosedRange<Int>, _ end: Int, isFirst: inout Bool
    ) throws(WireFailure) {
        let start = output.count
        let wasFirst = isFirst
        name(entry, isFirst: &isFirst)
        output.put(UInt8(ascii: "["))
        var isEmpty = true
        var cursor = WireCursor(bytes, at: place.lowerBound)
        var tag = firstTag
        while true {
            let isLast = cursor.offset >= place.upperBound
            if tag >> 3 == entry.number {
                try numbers(entry.kind, tag & 7, &cursor, end, isEmpty: &isEmpty)
            } else {
                try cursor.skip(tag, before: end)
            }
            if isLast { break }
            tag = try cursor.tag(before: end)
        }
        if isEmpty {
            isFirst = wasFirst
            return output.truncate(to: start)
        }
        output.put(UInt8(ascii: "]"))
    }

    /// Writes the numbers of one occurrence: many in a payload, or one.
    private mutating func numbers(
        _ kind: JSONKind, _ wireType: UInt32, _ cursor: inout WireCursor, _ end: Int,
        isEmpty: inout Bool
    ) throws(WireFailure) {
        let numbersEnd = wireType == 2 ? try cursor.payloadEnd(before: end) : end
        while cursor.offset < numbersEnd {
            if !isEmpty { output.put(UInt8(ascii: ",")) }
            isEmpty = false
            switch kind {
            case .packedFixed64: _ = quoted(try cursor.fixed64(before: numbersEnd))
            case .packedUInt64: _ = quoted(try cursor.varint(before: numbersEnd))
            default:
                let bits = try cursor.fixed64(before: numbersEnd)
                output.appendJSONDouble(Double(bitPattern: bits))
            }
            if wireType != 2 { return }
        }
    }

    // MARK: Attributes

    /// `{"key":…,"value":…}`: what most of all messages are, so it has a way of its own.
    mutating func keyValue(_ bytes: RawSpan, _ range: Range<Int>) throws(WireFailure) {
        var cursor = WireCursor(bytes, at: range.lowerBound)
        var key = 0..<0
        var value = -1..<0
        while cursor.offset < range.upperBound {
            let tag = try cursor.tag(before: range.upperBound)
            switch tag {
            case KeyValueTag.key: key = try cursor.payload(before: range.upperBound)
            case KeyValueTag.value:
                if value.lowerBound >= 0 { return try object(.keyValue, bytes, range) }
                value = try cursor.payload(before: range.upperBound)
            default: try cursor.skip(tag, before: range.upperBound)
            }
        }
        if key.isEmpty {
            output.append(0x22_7b, bytes: 2)  // {"
        } else {
            output.append(0x3a22_7965_6b22_7b, bytes: 7)  // {"key":
            output.appendJSONString(bytes.extracting(key))
            output.append(0x222c, bytes: 2)  // ,"
        }
        output.append(0x3a22_6575_6c61_76, bytes: 7)  // value":
        if value.lowerBound < 0 {
            output.append(0x7d7b, bytes: 2)  // {}
        } else {
            try anyValue(bytes, value)
        }
        output.put(UInt8(ascii: "}"))
    }

    /// A value with a string alone, or any other.
    private mutating func anyValue(
        _ bytes: RawSpan, _ range: Range<Int>
    ) throws(WireFailure) {
        var cursor = WireCursor(bytes, at: range.lowerBound)
        if cursor.offset < range.upperBound,
            try cursor.tag(before: range.upperBound) == AnyValueTag.string
        {
            let text = try cursor.payload(before: range.upperBound)
            if text.upperBound == range.upperBound {
                output.append(0x676e_6972_7473_227b, bytes: 8)  // {"string
                output.append(0x3a22_6575_6c61_56, bytes: 7)  // Value":
                output.appendJSONString(bytes.extracting(text))
                return output.put(UInt8(ascii: "}"))
            }
        }
        try object(.anyValue, bytes, range)
    }
}
