import Primitives

/// Writes validated protobuf messages as OTLP/JSON, in the order and with the rules of otelcol's
/// encoder, without white space.
///
/// A message is read twice: once to find where its fields stand, since they may come in any order
/// and JSON wants those of an array together, and once to write them. Nothing is allocated but the
/// output. Fields that the schema does not know cannot be written to JSON and are left out.
///
/// The bytes have passed the validator, which bounds the nesting; an error cannot occur, and would
/// end the text early.
struct JSONEncoder: ~Copyable {
    var output: ByteBuffer
    let layouts = JSONLayouts.shared

    init(appendingTo output: consuming ByteBuffer) {
        self.output = output
    }

    /// Where a field's values stand in a message. Offsets are those of values, behind their tags.
    private struct Occurrences {
        var first: Int32 = -1
        var last: Int32 = -1
        /// Of the first value; that of repeated numbers tells whether they are packed.
        var firstWireType: UInt32 = 0
    }

    /// A message's fields by their position in the layout.
    private struct Fields {
        var occurrences = InlineArray<16, Occurrences>(repeating: Occurrences())
        /// The last member of the oneof.
        var member = -1
        /// Whether a message that may occur once occurs several times; it is then their union.
        var hasRepeatedSingular = false
    }

    /// Writes the message in `range` as an object.
    mutating func object(
        _ message: JSONMessage, _ bytes: RawSpan, _ range: Range<Int>
    ) throws(WireFailure) {
        output.put(UInt8(ascii: "{"))
        _ = try members(message, bytes, range, isFirst: true)
        output.put(UInt8(ascii: "}"))
    }

    /// Writes the members of the message in `range`; whether nothing has been written still.
    mutating func members(
        _ message: JSONMessage, _ bytes: RawSpan, _ range: Range<Int>, isFirst: Bool
    ) throws(WireFailure) -> Bool {
        let fields = try locate(message, bytes, range)
        var isFirst = isFirst
        let entries = layouts.ranges[Int(message.rawValue)]
        for index in entries {
            let entry = layouts.entries[index]
            let position = index &- entries.lowerBound
            let found = fields.occurrences[position]
            if found.first < 0 {
                guard entry.presence == .always else { continue }
                name(entry, isFirst: &isFirst)
                output.append(0x7d7b, bytes: 2)  // {}
                continue
            }
            if entry.isOneofMember && fields.member != position { continue }
            let place = Int(found.first)...Int(found.last)
            if entry.kind.isPacked {
                let tag = entry.number << 3 | found.firstWireType
                try packedArray(
                    entry, tag, bytes, place, range.upperBound, isFirst: &isFirst)
            } else if entry.kind.isRepeated {
                try array(entry, bytes, place, range.upperBound, isFirst: &isFirst)
            } else if entry.kind == .message {
                name(entry, isFirst: &isFirst)
                try single(entry, message, fields, bytes, range, place)
            } else {
                try scalar(entry, bytes, place.upperBound, range.upperBound, isFirst: &isFirst)
            }
        }
        return isFirst
    }

    /// Finds the fields of a message.
    @inline(__always)
    private func locate(
        _ message: JSONMessage, _ bytes: RawSpan, _ range: Range<Int>
    ) throws(WireFailure) -> Fields {
        var fields = Fields()
        var cursor = WireCursor(bytes, at: range.lowerBound)
        let first = layouts.ranges[Int(message.rawValue)].lowerBound
        while cursor.offset < range.upperBound {
            let tag = try cursor.tag(before: range.upperBound)
            let offset = Int32(truncatingIfNeeded: cursor.offset)
            if let position = layouts.position(of: tag >> 3, in: message) {
                let entry = layouts.entries[first &+ position]
                if entry.isOneofMember { fields.member = position }
                if fields.occurrences[position].first < 0 {
                    fields.occurrences[position].first = offset
                    fields.occurrences[position].firstWireType = tag & 7
                } else if entry.kind == .message {
                    fields.hasRepeatedSingular = true
                }
                fields.occurrences[position].last = offset
            }
            try cursor.skipValue(tag, before: range.upperBound)
        }
        return fields
    }

    /// Writes a member's name, behind a comma unless it is the first.
    @inline(__always)
    mutating func name(_ entry: JSONLayouts.Entry, isFirst: inout Bool) {
        if !isFirst { output.put(UInt8(ascii: ",")) }
        isFirst = false
        output.append(entry.name)
    }

    // MARK: Messages

    /// Writes a message that may occur once.
    private mutating func single(
        _ entry: JSONLayouts.Entry, _ parent: JSONMessage, _ fields: borrowing Fields,
        _ bytes: RawSpan, _ range: Range<Int>, _ place: ClosedRange<Int>
    ) throws(WireFailure) {
        if fields.hasRepeatedSingular && place.lowerBound < place.upperBound {
            return try union(entry, parent, bytes, range)
        }
        var cursor = WireCursor(bytes, at: place.lowerBound)
        try object(entry.message, bytes, cursor.payload(before: range.upperBound))
    }

    /// Writes a message of which several are there. The union of messages is what their bytes say
    /// one after the other; another member of a oneof in between starts anew.
    @inline(never)
    private mutating func union(
        _ entry: JSONLayouts.Entry, _ parent: JSONMessage, _ bytes: RawSpan, _ range: Range<Int>
    ) throws(WireFailure) {
        var joined = ByteBuffer()
        var cursor = WireCursor(bytes, at: range.lowerBound)
        let first = layouts.ranges[Int(parent.rawValue)].lowerBound
        while cursor.offset < range.upperBound {
            let tag = try cursor.tag(before: range.upperBound)
            if tag == entry.number << 3 | 2 {
                joined.append(bytes.extracting(try cursor.payload(before: range.upperBound)))
                continue
            }
            if entry.isOneofMember,
                let position = layouts.position(of: tag >> 3, in: parent),
                layouts.entries[first &+ position].isOneofMember
            {
                joined.removeAll()
            }
            try cursor.skip(tag, before: range.upperBound)
        }
        try object(entry.message, joined.bytes, 0..<joined.count)
    }

    // MARK: Arrays

    /// Writes all values of a repeated field, unless there are none.
    private mutating func array(
        _ entry: JSONLayouts.Entry, _ bytes: RawSpan, _ place: ClosedRange<Int>, _ end: Int,
        isFirst: inout Bool
    ) throws(WireFailure) {
        var cursor = WireCursor(bytes, at: place.lowerBound)
        var tag = UInt32(entry.number << 3 | 2)
        name(entry, isFirst: &isFirst)
        output.put(UInt8(ascii: "["))
        while true {
            if tag == entry.number << 3 | 2 {
                let payload = try cursor.payload(before: end)
                try element(entry, bytes, payload)
                if payload.upperBound > place.upperBound { break }
                output.put(UInt8(ascii: ","))
            } else {
                try cursor.skip(tag, before: end)
            }
            tag = try cursor.tag(before: end)
        }
        output.put(UInt8(ascii: "]"))
    }

    @inline(__always)
    private mutating func element(
        _ entry: JSONLayouts.Entry, _ bytes: RawSpan, _ payload: Range<Int>
    ) throws(WireFailure) {
        switch entry.message {
        case _ where entry.kind == .strings: output.appendJSONString(bytes.extracting(payload))
        case .keyValue: try keyValue(bytes, payload)
        default: try object(entry.message, bytes, payload)
        }
    }
}

extension WireCursor {
    /// Moves behind a field's value. As `skip`, with the usual cases inline.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skipValue(_ tag: UInt32, before end: Int) throws(WireFailure) {
        switch tag & 7 {
        case WireType.varint: _ = try varint(before: end)
        case WireType.fixed64: _ = try fixed64(before: end)
        case WireType.bytes: offset = try payloadEnd(before: end)
        default: try skip(tag, before: end)
        }
    }
}

extension ByteBuffer {
    /// Appends a validated message as one line of OTLP/JSON.
    mutating func appendJSON(_ message: JSONMessage, _ bytes: RawSpan) {
        writeJSON { (encoder) throws(WireFailure) in
            try encoder.object(message, bytes, 0..<bytes.byteCount)
        }
    }

    /// Lends the buffer to an encoder.
    mutating func writeJSON(_ write: (inout JSONEncoder) throws(WireFailure) -> Void) {
        var own = ByteBuffer()
        swap(&own, &self)
        var encoder = JSONEncoder(appendingTo: own)
        // What was validated cannot fail; if it did, the text would end early, and no more.
        try? write(&encoder)
        self = encoder.output
    }
}
