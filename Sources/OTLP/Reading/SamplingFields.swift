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

    /// - Parameter key: Of the attribute that is looked for, not longer than 100 bytes.
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
        var cursor = WireCursor(body, at: span.lowerBound)
        var isInFront = true
        while cursor.offset < end {
            let tag = UInt32(cursor.byte(at: cursor.offset))
            if isInFront, tag != SpanTag.traceID, tag != SpanTag.spanID {
                insertionOffset = cursor.offset
                isInFront = false
            }
            if tag == SpanTag.attributes, let payload = cursor.shortPayload(before: end) {
                if priorityRange == nil, cursor.mayHaveKey(key, payload) {
                    check(payload, key)
                }
                cursor.offset = payload.upperBound
            } else if tag & 0x87 == WireType.fixed64, end &- cursor.offset > 8 {
                cursor.offset &+= 9
            } else if let field = cursor.nextField(before: end) {
                note(field, key)
            }
        }
        if isInFront { insertionOffset = end }
    }

    @_lifetime(self: copy self)
    private mutating func note(_ field: WireField, _ key: RawSpan) {
        if field.tag == SpanTag.traceState {
            traceStateRange = field.payload
            traceStateCount += 1
        } else if field.tag == SpanTag.attributes, priorityRange == nil {
            check(field.payload, key)
        }
    }

    @_lifetime(self: copy self)
    private mutating func check(_ payload: Range<Int>, _ key: RawSpan) {
        if Attribute(body, payload).key.hasSameBytes(as: key) { priorityRange = payload }
    }
}

extension WireCursor {
    /// The payload of the field at the cursor, if its tag and size have one byte each.
    @inline(__always)
    fileprivate func shortPayload(before end: Int) -> Range<Int>? {
        guard end &- offset >= 2 else { return nil }
        let size = byte(at: offset &+ 1)
        let start = offset &+ 2
        guard size < 0x80, end &- start >= Int(size) else { return nil }
        return start..<start &+ Int(size)
    }

    /// Whether a key-value pair's key can be `key`: not if it stands in front, as it does nearly
    /// always, and has another length.
    @inline(__always)
    fileprivate func mayHaveKey(_ key: RawSpan, _ payload: Range<Int>) -> Bool {
        guard payload.count >= 2, UInt32(byte(at: payload.lowerBound)) == KeyValueTag.key else {
            return true
        }
        return Int(byte(at: payload.lowerBound &+ 1)) == key.byteCount
    }
}
