/// A value of an attribute, or the body of a log record. `message AnyValue`
package struct AnyValue: ~Escapable {
    /// Which member of the oneof is set.
    package enum Kind: UInt8, Sendable {
        case empty, string, bool, int, double, array, keyValueList, bytes
    }

    package let kind: Kind
    let body: RawSpan
    /// Where the member's value lies in the body.
    package let payload: Range<Int>

    /// Of the members of the oneof, the last one counts.
    @_lifetime(copy body)
    package init(_ body: RawSpan, _ range: Range<Int>) {
        self.body = body
        var kind = Kind.empty
        var payload = 0..<0
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            guard let member = Self.kind(field.tag) else { continue }
            kind = member
            payload = field.payload
        }
        self.kind = kind
        self.payload = payload
    }

    @_lifetime(copy body)
    init(_ body: RawSpan, _ place: ValuePlace) {
        self.body = body
        kind = place.kind
        payload = place.payload
    }

    @inline(__always)
    static func kind(_ tag: UInt32) -> Kind? {
        switch tag {
        case AnyValueTag.string: .string
        case AnyValueTag.bool: .bool
        case AnyValueTag.int: .int
        case AnyValueTag.double: .double
        case AnyValueTag.array: .array
        case AnyValueTag.keyValueList: .keyValueList
        case AnyValueTag.bytes: .bytes
        default: nil
        }
    }

    /// Of a string, its UTF-8; of bytes, those; of an array or a list, its encoded form.
    package var bytes: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(payload) }
    }

    package var string: RawSpan? {
        @_lifetime(copy self)
        get { kind == .string ? body.extracting(payload) : nil }
    }

    package var bool: Bool? { kind == .bool ? varint != 0 : nil }

    package var int: Int64? { kind == .int ? Int64(bitPattern: varint) : nil }

    package var double: Double? {
        guard kind == .double else { return nil }
        var cursor = WireCursor(body, at: payload.lowerBound)
        let bits = try? cursor.fixed64(before: payload.upperBound)
        return Double(bitPattern: bits ?? 0)
    }

    /// The elements of an array; none for other kinds.
    package var elements: AnyValues {
        @_lifetime(copy self)
        get { AnyValues(body, kind == .array ? payload : 0..<0) }
    }

    /// The pairs of a key-value list; none for other kinds.
    package var attributes: Attributes {
        @_lifetime(copy self)
        get { Attributes(body, kind == .keyValueList ? payload : 0..<0, ListTag.values) }
    }

    private var varint: UInt64 {
        var cursor = WireCursor(body, at: payload.lowerBound)
        return (try? cursor.varint(before: payload.upperBound)) ?? 0
    }
}

/// The elements of an array, one after the other. `message ArrayValue`
package struct AnyValues: ~Escapable {
    private var cursor: WireCursor
    private let end: Int

    @_lifetime(copy body)
    fileprivate init(_ body: RawSpan, _ range: Range<Int>) {
        cursor = WireCursor(body, at: range.lowerBound)
        end = range.upperBound
    }

    @_lifetime(copy self)
    @_lifetime(self: copy self)
    package mutating func next() -> AnyValue? {
        while let field = cursor.nextField(before: end) {
            if field.tag == ListTag.values { return AnyValue(cursor.bytes, field.payload) }
        }
        return nil
    }
}

extension Message {
    /// The message as an `AnyValue`, if it is one.
    package var asValue: AnyValue {
        @_lifetime(copy self)
        get { AnyValue(body, range) }
    }

    /// A field of type `AnyValue`, such as a log record's body.
    @_lifetime(copy self)
    package func value(_ tag: UInt32) -> AnyValue {
        AnyValue(body, field(tag)?.payload ?? 0..<0)
    }
}
