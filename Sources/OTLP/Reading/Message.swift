import Primitives

/// A message that stands in a validated body: a span, a resource, an event. Read field by field,
/// from the bytes, whenever asked.
///
/// A view: it cannot outlive the batch it was taken from.
package struct Message: ~Escapable {
    /// The whole body.
    package let body: RawSpan
    /// Where the message's content lies in it.
    package let range: Range<Int>

    @inline(__always)
    @_lifetime(copy body)
    package init(_ body: RawSpan, _ range: Range<Int>) {
        self.body = body
        self.range = range
    }

    /// A message that stands alone: what was written, or a part of it.
    @_lifetime(copy content)
    package init(_ content: RawSpan) {
        self.init(content, 0..<content.byteCount)
    }

    /// The message's content.
    package var bytes: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(range) }
    }

    package var isEmpty: Bool { range.isEmpty }

    /// The last field with a tag (`SpanTag.name`): of a singular field, the one that counts.
    package func field(_ tag: UInt32) -> WireField? {
        var last: WireField?
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            if field.tag == tag { last = field }
        }
        return last
    }

    /// A string or bytes.
    @_lifetime(copy self)
    package func payload(_ tag: UInt32) -> RawSpan? {
        guard let field = field(tag) else { return nil }
        return body.extracting(field.payload)
    }

    @_lifetime(copy self)
    package func message(_ tag: UInt32) -> Message? {
        guard let field = field(tag) else { return nil }
        return Message(body, field.payload)
    }

    /// As `payload`; empty if there is none.
    @_lifetime(copy self)
    package func bytes(of tag: UInt32) -> RawSpan {
        body.extracting(field(tag)?.payload ?? 0..<0)
    }

    /// As `message`; empty if there is none.
    @_lifetime(copy self)
    package func part(_ tag: UInt32) -> Message {
        Message(body, field(tag)?.payload ?? 0..<0)
    }

    package func varint(_ tag: UInt32) -> UInt64? {
        guard let field = field(tag) else { return nil }
        var cursor = WireCursor(body, at: field.payload.lowerBound)
        return try? cursor.varint(before: field.payload.upperBound)
    }

    package func fixed64(_ tag: UInt32) -> UInt64? {
        guard let field = field(tag) else { return nil }
        var cursor = WireCursor(body, at: field.payload.lowerBound)
        return try? cursor.fixed64(before: field.payload.upperBound)
    }

    package func fixed32(_ tag: UInt32) -> UInt32? {
        guard let field = field(tag) else { return nil }
        var cursor = WireCursor(body, at: field.payload.lowerBound)
        return try? cursor.fixed32(before: field.payload.upperBound)
    }

    /// The messages of a repeated field, such as a span's events, in order.
    @_lifetime(copy self)
    package func messages(_ tag: UInt32) -> Messages {
        Messages(body, range, tag)
    }

    /// The attributes in a field, in order.
    @_lifetime(copy self)
    package func attributes(_ tag: UInt32) -> Attributes {
        Attributes(body, range, tag)
    }

    /// The value of the first attribute with a key.
    @_lifetime(copy self)
    package func attribute(_ key: RawSpan, in tag: UInt32) -> AnyValue? {
        guard let place = body.attribute(key, tag: tag, in: range) else { return nil }
        return AnyValue(body, place)
    }
}

/// The messages of a repeated field, one after the other.
package struct Messages: ~Escapable {
    private var cursor: WireCursor
    private let end: Int
    private let tag: UInt32

    @_lifetime(copy body)
    fileprivate init(_ body: RawSpan, _ range: Range<Int>, _ tag: UInt32) {
        cursor = WireCursor(body, at: range.lowerBound)
        end = range.upperBound
        self.tag = tag
    }

    @_lifetime(copy self)
    @_lifetime(self: copy self)
    package mutating func next() -> Message? {
        while let field = cursor.nextField(before: end) {
            if field.tag == tag { return Message(cursor.bytes, field.payload) }
        }
        return nil
    }
}
