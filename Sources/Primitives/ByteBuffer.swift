import Glibc

/// Bytes being collected: growable, owned by exactly one place, never copied by accident.
///
///     storage:  [ consumed | readable | spare ]
///               0          start      end     capacity
///
/// Invariant: 0 ≤ start ≤ end ≤ capacity.
///
/// Growth doubles, so appending n bytes costs O(n). The buffer itself knows no limit: whoever reads
/// from outside bounds what is appended. `freeze()` turns it into a shared immutable `Body` without
/// copying.
@usableFromInline package struct ByteBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline package var storage: UnsafeMutableRawPointer?
    @usableFromInline package var start = 0
    @usableFromInline package var end = 0
    @usableFromInline package var allocatedSize = 0

    @inlinable
    package init() {}

    /// A buffer that can take `capacity` bytes before it grows.
    package init(capacity: Int) {
        if capacity > 0 { reallocate(to: capacity) }
    }

    package init(copying bytes: RawSpan) {
        self.init(capacity: bytes.byteCount)
        append(bytes)
    }

    deinit { ByteMemory.free(block) }

    /// The number of readable bytes.
    @inlinable
    package var count: Int { end &- start }

    @inlinable
    package var isEmpty: Bool { end == start }

    package var capacity: Int { allocatedSize }

    /// The readable bytes, valid while the buffer is not changed.
    @inlinable
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let readable = UnsafeRawBufferPointer(
                start: storage.map { UnsafeRawPointer($0 + start) }, count: end &- start)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: readable), borrowing: self)
        }
    }

    @inlinable
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(
            UnsafeRawBufferPointer(
                start: storage.map { UnsafeRawPointer($0 + start) }, count: end &- start))
    }

    /// Overwrites bytes already written, `offset` counted from the first readable byte.
    @inlinable
    package mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(
            UnsafeMutableRawBufferPointer(start: storage.map { $0 + start }, count: end &- start))
    }

    @inlinable
    package mutating func append(_ byte: UInt8) {
        if end == allocatedSize { makeRoom(for: 1) }
        storage.unsafelyUnwrapped.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end &+= 1
    }

    @inlinable
    package mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }

    @inlinable
    package mutating func append(contentsOf source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress, source.count > 0 else { return }
        if allocatedSize &- end < source.count { makeRoom(for: source.count) }
        (storage.unsafelyUnwrapped + end).copyMemory(from: base, byteCount: source.count)
        end &+= source.count
    }

    /// Appends a range of bytes. A short one is copied in steps of sixteen bytes, with some of
    /// those behind it, where there are such: that costs less than a call.
    @inlinable @inline(__always)
    package mutating func append(_ source: RawSpan, _ range: Range<Int>) {
        let count = range.count
        let copiedEnd = range.lowerBound &+ (count &+ 15) & ~15
        guard count <= 96, range.lowerBound >= 0, copiedEnd <= source.byteCount,
            allocatedSize &- end >= 96
        else { return append(source.extracting(range)) }
        let target = storage.unsafelyUnwrapped + end
        var offset = 0
        while offset < count {
            let piece = unsafe source.unsafeLoadUnaligned(
                fromByteOffset: range.lowerBound &+ offset, as: SIMD16<UInt8>.self)
            target.storeBytes(of: piece, toByteOffset: offset, as: SIMD16<UInt8>.self)
            offset &+= 16
        }
        end &+= count
    }

    /// Appends the first bytes of a word, the lowest one first.
    ///
    /// - Parameter count: At most 8.
    @inlinable @inline(__always)
    package mutating func append(_ word: UInt64, bytes count: Int) {
        if allocatedSize &- end < 8 { makeRoom(for: 8) }
        storage.unsafelyUnwrapped.storeBytes(
            of: word.littleEndian, toByteOffset: end, as: UInt64.self)
        end &+= count
    }

    @inlinable
    package mutating func append(_ text: StaticString) {
        append(
            contentsOf: UnsafeRawBufferPointer(
                start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    /// Lets `fill` write into at least `room` spare bytes; it returns how many it wrote.
    @inlinable
    package mutating func appendUninitialized<Failure: Error>(
        room: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        if allocatedSize &- end < room { makeRoom(for: room) }
        let spare = UnsafeMutableRawBufferPointer(
            start: storage.map { $0 + end }, count: allocatedSize &- end)
        let written = try fill(spare)
        precondition(written >= 0 && written <= spare.count, "more was written than there is room")
        end &+= written
        return written
    }

    /// Makes sure that `room` more bytes can be appended without growing.
    package mutating func reserve(_ room: Int) {
        if allocatedSize &- end < room { makeRoom(for: room) }
    }

    /// Makes sure that `room` more bytes can be appended without growing, where `wanted` are
    /// expected in all. They have their place at once if that costs nothing before they come.
    package mutating func reserve(_ room: Int, wanted: Int) {
        guard allocatedSize &- end < room else { return }
        if start > 0 { compact() }
        reallocate(to: end + room, wanted: end + wanted)
    }

    /// Drops bytes from the front, as after parsing them.
    @inlinable
    package mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= end &- start, "more was removed than there is")
        start &+= count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Drops bytes from the back.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= end - start, "truncation cannot grow the buffer")
        end = start + count
    }

    /// Empties the buffer and keeps its memory, unless that is larger than `capacityLimit`.
    package mutating func removeAll(keepingCapacityUpTo capacityLimit: Int = .max) {
        start = 0
        end = 0
        if allocatedSize > capacityLimit {
            ByteMemory.free(takeBlock())
        }
    }

    /// The readable bytes as an immutable, shareable body. No copy; slack above a quarter is given
    /// back, since bodies may be held for long.
    package consuming func freeze() -> Body {
        if start > 0 { compact() }
        if end < allocatedSize - allocatedSize / 4 { reallocate(to: end) }
        let count = end
        return Body(adopting: takeBlock(), count: count)
    }

    private var block: ByteMemory.Block { ByteMemory.Block(storage: storage, size: allocatedSize) }

    /// The memory, whose owner is the caller from now on. The buffer is empty then.
    mutating func takeBlock() -> ByteMemory.Block {
        defer {
            storage = nil
            start = 0
            end = 0
            allocatedSize = 0
        }
        return block
    }

    @inlinable @inline(never)
    package mutating func makeRoom(for room: Int) {
        if start > 0 { compact() }
        if allocatedSize &- end < room {
            reallocate(to: max(end + room, allocatedSize * 2, 64))
        }
    }

    @usableFromInline
    package mutating func compact() {
        if let storage, start > 0 { memmove(storage, storage + start, end - start) }
        end -= start
        start = 0
    }

    @usableFromInline
    package mutating func reallocate(to size: Int, wanted: Int? = nil) {
        let block = ByteMemory.resize(block, to: size, wanted: wanted, keeping: min(end, size))
        storage = block.storage
        allocatedSize = block.size
    }
}
