import Primitives

/// The fields of a span that samplers decide on, found in one walk over it.
///
/// A view: it cannot outlive the batch it was taken from.
package struct SamplingFields: ~Escapable {
    private let body: RawSpan
    private let span: Range<Int>
    private var traceStateRange = 0..<0
    private var priorityRange: Range<Int>?
    /// Where the first field of the span that comes after its ids begins.
    private var insertionOffset: Int
    private var traceStateCount = 0

    /// - Parameter key: Of the attribute that is looked for: 2 to 100 bytes.
    @_lifetime(copy span)
    package init(of span: borrowing Message, attribute key: RawSpan) {
        body = span.body
        self.span = span.range
        insertionOffset = span.range.lowerBound
        walk(lookingFor: key)
    }

    /// `trace_state`; empty if there is none.
    package var traceState: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(traceStateRange) }
    }

    /// The value of the first attribute with the key.
    package var attribute: AnyValue? {
        @_lifetime(copy self)
        get {
            guard let priorityRange else { return nil }
            return Attribute(body, priorityRange).value
        }
    }

    /// Appends the span up to its `trace_state`, whose new content is to be appended then.
    package func beginSpan(in output: inout ByteBuffer) -> WireMark {
        output.append(body.extracting(span.lowerBound..<insertionOffset))
        return output.open(SpanTag.traceState)
    }

    /// Appends the rest of the span.
    package func endSpan(_ mark: WireMark, in output: inout ByteBuffer) {
        output.close(mark)
        if traceStateCount == 0 {
            output.append(body.extracting(insertionOffset..<span.upperBound))
        } else {
            appendOtherFields(to: &output)
        }
    }

    private func appendOtherFields(to output: inout ByteBuffer) {
        var cursor = WireCursor(body, at: insertionOffset)
        while let field = cursor.nextField(before: span.upperBound) {
            if field.tag != SpanTag.traceState { output.append(body.extracting(field.range)) }
        }
    }

    // MARK: - The walk

    /// Steps over the common fields without decoding them; a span has some twenty.
    @_lifetime(self: copy self)
    private mutating func walk(lookingFor key: RawSpan) {
        let end = span.upperBound
        let head = Self.head(of: key)
        var cursor = WireCursor(body, at: span.lowerBound)
        skipIDs(&cursor, before: end)
        insertionOffset = cursor.offset
        while cursor.offset < end {
            let tag = UInt32(cursor.byte(at: cursor.offset))
            if tag == SpanTag.attributes, let payload = cursor.shortPayload(before: end) {
                cursor.offset = payload.upperBound
                let first = cursor.halfWord(at: payload.lowerBound)
                // Nearly always, the key stands in front and is another one.
                if first == head || first & 0xff != KeyValueTag.key { check(payload, key) }
            } else if tag & 0x87 == WireType.fixed64, end &- cursor.offset > 8 {
                cursor.offset &+= 9
            } else if let field = cursor.nextField(before: end) {
                note(field, key)
            }
        }
    }

    /// Moves behind trace id and span id, where they stand in front.
    private func skipIDs(_ cursor: inout WireCursor, before end: Int) {
        while cursor.offset < end {
            let tag = UInt32(cursor.byte(at: cursor.offset))
            guard tag == SpanTag.traceID || tag == SpanTag.spanID,
                cursor.nextField(before: end) != nil
            else { return }
        }
    }

    /// The first four bytes of a key-value pair with a key.
    private static func head(of key: RawSpan) -> UInt32 {
        guard key.byteCount >= 2 else { return 0 }
        let first = UInt32(key.unsafeLoad(fromByteOffset: 0, as: UInt8.self))
        let second = UInt32(key.unsafeLoad(fromByteOffset: 1, as: UInt8.self))
        return KeyValueTag.key | UInt32(key.byteCount) << 8 | first << 16 | second << 24
    }

    @inline(never)
    @_lifetime(self: copy self)
    private mutating func note(_ field: WireField, _ key: RawSpan) {
        if field.tag == SpanTag.traceState {
            traceStateRange = field.payload
            traceStateCount += 1
        } else if field.tag == SpanTag.attributes {
            check(field.payload, key)
        }
    }

    @inline(never)
    @_lifetime(self: copy self)
    private mutating func check(_ payload: Range<Int>, _ key: RawSpan) {
        guard priorityRange == nil else { return }
        if Attribute(body, payload).key.hasSameBytes(as: key) { priorityRange = payload }
    }
}

extension WireCursor {
    /// The payload of the field at the cursor, if its tag and size have one byte each and it has at
    /// least four bytes.
    @inline(__always)
    fileprivate func shortPayload(before end: Int) -> Range<Int>? {
        guard end &- offset >= 6 else { return nil }
        let size = Int(byte(at: offset &+ 1))
        let start = offset &+ 2
        guard size < 0x80, size >= 4, end &- start >= size else { return nil }
        return start..<start &+ size
    }
}
