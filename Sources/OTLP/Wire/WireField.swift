/// One field of a message, and where it stands in the body.
package struct WireField: Equatable {
    /// Number and wire type.
    package let tag: UInt32
    /// With its tag.
    package let range: Range<Int>
    /// Of a length-delimited field, what it contains; of others, the value.
    package let payload: Range<Int>

    @inline(__always)
    package var number: UInt32 { tag >> 3 }
}

extension WireCursor {
    /// The next field of a message that has been validated, or `nil` at its end.
    ///
    /// Bytes that were not validated end the walk early rather than go wrong.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func nextField(before end: Int) -> WireField? {
        guard offset < end else { return nil }
        let start = offset
        do throws(WireFailure) {
            let tag = try tag(before: end)
            let payload: Range<Int>
            if tag & 7 == WireType.bytes {
                payload = try self.payload(before: end)
            } else {
                let valueStart = offset
                try skip(tag, before: end)
                payload = valueStart..<offset
            }
            return WireField(tag: tag, range: start..<offset, payload: payload)
        } catch {
            offset = end
            return nil
        }
    }
}
