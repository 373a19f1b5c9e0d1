import Primitives

/// Writing protobuf fields whose tags are known as bytes. Nothing here consumes from the front, so
/// offsets into the storage stay valid while a message is being written.
extension ByteBuffer {
    /// Room that every field but a string fits into: tag, length, a value of ten bytes, and the
    /// surplus of a store in words.
    @usableFromInline static var fieldRoom: Int { 32 }

    @inline(__always)
    mutating func makeFieldRoom() {
        if allocatedSize &- end < Self.fieldRoom { makeRoom(for: Self.fieldRoom) }
    }

    /// Stores a word at the end, of which `size` bytes count. There has to be room.
    @inline(__always)
    mutating func store(_ word: UInt64, size: Int) {
        precondition(allocatedSize &- end >= 8, "no room was made")
        storage.unsafelyUnwrapped.storeBytes(of: word, toByteOffset: end, as: UInt64.self)
        end &+= size
    }

    /// Appends a byte. As `append`, which is not inlined everywhere.
    @inline(__always)
    mutating func put(_ byte: UInt8) {
        if end == allocatedSize { makeRoom(for: 1) }
        storage.unsafelyUnwrapped.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end &+= 1
    }

    /// Stores a tag of one or two bytes; two-byte tags have the first byte's top bit set.
    @inline(__always)
    mutating func storeTag(_ tag: UInt16) {
        store(UInt64(tag), size: tag & 0x80 == 0 ? 1 : 2)
    }

    @inline(__always)
    mutating func storeVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            store(value & 0x7f | 0x80, size: 1)
            value >>= 7
        }
        store(value, size: 1)
    }

    @inline(__always)
    mutating func appendField(_ tag: UInt16, _ fixed: UInt64) {
        makeFieldRoom()
        storeTag(tag)
        store(fixed, size: 8)
    }

    @inline(__always)
    mutating func appendField(_ tag: UInt16, _ fixed: UInt32) {
        makeFieldRoom()
        storeTag(tag)
        store(UInt64(fixed), size: 4)
    }

    mutating func appendField(_ tag: UInt16, varint: UInt64) {
        makeFieldRoom()
        storeTag(tag)
        storeVarint(varint)
    }

    mutating func appendEmptyMessage(_ tag: UInt16) {
        makeFieldRoom()
        storeTag(tag)
        store(0, size: 1)
    }

    /// Writes the tag and keeps `lengthSize` bytes free; the result goes to `endMessage`.
    @inline(__always)
    mutating func beginMessage(_ tag: UInt16, lengthSize: Int) -> Int {
        makeFieldRoom()
        storeTag(tag)
        let start = end
        end &+= lengthSize
        return start
    }

    /// Writes the length of what was written since `beginMessage`.
    @inline(__always)
    mutating func endMessage(at start: Int, lengthSize: Int) {
        let size = end &- start &- lengthSize
        if lengthSize == 1 && size < 0x80 {
            storage.unsafelyUnwrapped.storeBytes(
                of: UInt8(truncatingIfNeeded: size), toByteOffset: start, as: UInt8.self)
        } else {
            endLongMessage(at: start, lengthSize: lengthSize, size: size)
        }
    }

    /// A length of several bytes. What does not fit the room kept for it is moved, and what leaves
    /// room is moved if it is short, so that records have the shortest form; otherwise the length
    /// is padded.
    @inline(never)
    private mutating func endLongMessage(at start: Int, lengthSize: Int, size: Int) {
        precondition(start >= 0 && size >= 0, "the message does not lie in the buffer")
        var width = 1
        while size >> (7 * width) != 0 { width += 1 }
        if width > lengthSize || lengthSize == 2 && width == 1 {
            let shift = width - lengthSize
            if allocatedSize - end < shift { makeRoom(for: shift) }
            let first = storage.unsafelyUnwrapped + start
            (first + width).copyMemory(from: first + lengthSize, byteCount: size)
            end += shift
        } else {
            width = lengthSize
        }
        let first = storage.unsafelyUnwrapped + start
        for index in 0..<width {
            let more: UInt8 = index < width - 1 ? 0x80 : 0
            let bits = UInt8(truncatingIfNeeded: size >> (7 * index)) & 0x7f
            first.storeBytes(of: bits | more, toByteOffset: index, as: UInt8.self)
        }
    }
}
