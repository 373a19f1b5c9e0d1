/// One key-value pair. `message KeyValue { string key = 1; AnyValue value = 2; }`
package struct Attribute: ~Escapable {
    private let body: RawSpan
    /// Where key and value lie in the body.
    package private(set) var keyRange = 0..<0
    package private(set) var valueRange = 0..<0

    @_lifetime(copy body)
    init(_ body: RawSpan, _ range: Range<Int>) {
        self.body = body
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            if field.tag == KeyValueTag.key { keyRange = field.payload }
            if field.tag == KeyValueTag.value { valueRange = field.payload }
        }
    }

    /// UTF-8; empty if the sender left it out.
    package var key: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(keyRange) }
    }

    package var value: AnyValue {
        @_lifetime(copy self)
        get { AnyValue(body, valueRange) }
    }
}

/// The key-value pairs of a repeated field, one after the other.
package struct Attributes: ~Escapable {
    private var cursor: WireCursor
    private let end: Int
    private let tag: UInt32

    @_lifetime(copy body)
    init(_ body: RawSpan, _ range: Range<Int>, _ tag: UInt32) {
        cursor = WireCursor(body, at: range.lowerBound)
        end = range.upperBound
        self.tag = tag
    }

    @_lifetime(copy self)
    @_lifetime(self: copy self)
    package mutating func next() -> Attribute? {
        while let field = cursor.nextField(before: end) {
            if field.tag == tag { return Attribute(cursor.bytes, field.payload) }
        }
        return nil
    }
}
