import Primitives

/// Writing protobuf. Tags are those of `Schema` (`SpanTag.traceID`): field number and wire type.
extension ByteBuffer {
    package mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// A tag, or any other unsigned 32-bit number.
    package mutating func appendTag(_ tag: UInt32) {
        appendVarint(UInt64(tag))
    }

    package mutating func appendField(_ tag: UInt32, varint value: UInt64) {
        appendTag(tag)
        appendVarint(value)
    }

    package mutating func appendField(_ tag: UInt32, zigZag value: Int64) {
        appendField(tag, varint: UInt64(bitPattern: value &<< 1 ^ value &>> 63))
    }

    package mutating func appendField(_ tag: UInt32, fixed64 value: UInt64) {
        appendTag(tag)
        appendFixed64(value)
    }

    package mutating func appendField(_ tag: UInt32, fixed32 value: UInt32) {
        appendTag(tag)
        append(UInt64(value), bytes: 4)
    }

    package mutating func appendField(_ tag: UInt32, bytes: RawSpan) {
        appendHeader(tag, size: bytes.byteCount)
        append(bytes)
    }

    package mutating func appendField(_ tag: UInt32, string: String) {
        appendHeader(tag, size: string.utf8.count)
        append(string)
    }

    package mutating func appendFixed64(_ value: UInt64) {
        append(value, bytes: 8)
    }

    /// What stands before a payload of `size` bytes.
    package mutating func appendHeader(_ tag: UInt32, size: Int) {
        appendTag(tag)
        appendVarint(UInt64(size))
    }

    /// Starts a payload whose size is not known yet; `close` fills it in. Marks nest.
    ///
    /// `expectedSize` only decides how many bytes are set aside for the size: if the payload comes
    /// out so different that it needs another number of bytes, it is moved once.
    package mutating func open(_ tag: UInt32, expectedSize: Int = 0) -> WireMark {
        let prefixSize = Wire.varintSize(UInt64(expectedSize))
        if tag < 0x80 && prefixSize <= 3 {
            // In one store: the tag, and zeros where the size will be.
            append(UInt64(tag), bytes: prefixSize &+ 1)
        } else {
            appendTag(tag)
            for _ in 0..<prefixSize { append(0) }
        }
        return WireMark(payloadOffset: count, prefixSize: prefixSize)
    }

    package mutating func close(_ mark: WireMark) {
        let size = count - mark.payloadOffset
        let prefixSize = Wire.varintSize(UInt64(size))
        if prefixSize != mark.prefixSize {
            movePayload(of: mark, by: prefixSize - mark.prefixSize)
        }
        let prefixOffset = mark.payloadOffset - mark.prefixSize
        var rest = UInt64(size)
        unsafe withUnsafeMutableBytes { bytes in
            if prefixSize == 2 {
                let pair = UInt16(truncatingIfNeeded: (rest & 0x7f) | 0x80 | (rest &>> 7) &<< 8)
                return unsafe bytes.storeBytes(
                    of: pair.littleEndian, toByteOffset: prefixOffset, as: UInt16.self)
            }
            for index in 0..<prefixSize {
                let more: UInt8 = index == prefixSize - 1 ? 0 : 0x80
                unsafe bytes[prefixOffset + index] = UInt8(truncatingIfNeeded: rest & 0x7f) | more
                rest >>= 7
            }
        }
    }

    /// Takes back a payload that turned out to be superfluous, with its tag of `tag`.
    package mutating func cancel(_ mark: WireMark, _ tag: UInt32) {
        truncate(to: mark.payloadOffset - mark.prefixSize - Wire.varintSize(UInt64(tag)))
    }

    mutating func movePayload(of mark: WireMark, by distance: Int) {
        let size = count - mark.payloadOffset
        for _ in 0..<max(distance, 0) { append(0) }
        unsafe withUnsafeMutableBytes { bytes in
            let source = unsafe UnsafeRawBufferPointer(
                rebasing: bytes[mark.payloadOffset..<mark.payloadOffset + size])
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: bytes[(mark.payloadOffset + distance)...])
            unsafe target.copyMemory(from: source)
        }
        if distance < 0 { truncate(to: count + distance) }
    }
}

/// A payload that has been opened and not closed.
package struct WireMark {
    /// Counted from the buffer's first readable byte, so nothing may be removed in between.
    let payloadOffset: Int
    fileprivate let prefixSize: Int
}

/// Arithmetic of the wire format.
package enum Wire {
    /// How many bytes `value` takes as a varint: 1 to 10.
    @inline(__always)
    package static func varintSize(_ value: UInt64) -> Int {
        (70 &- (value | 1).leadingZeroBitCount) / 7
    }

    /// How many bytes stand before a payload of `size` bytes.
    package static func headerSize(_ tag: UInt32, size: Int) -> Int {
        varintSize(UInt64(tag)) + varintSize(UInt64(size))
    }

    package static func zigZagDecoded(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
    }
}
