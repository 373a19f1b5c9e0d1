/// Immutable bytes that may be shared between threads: a request's body, or what a stage wrote.
///
/// Everything that was received stays in bodies; other types speak of ranges of them. A body is
/// freed when the last range that keeps it is gone.
@usableFromInline package final class Body: @unchecked Sendable {  // Immutable after init.
    @usableFromInline package let storage: UnsafeRawPointer
    /// Size in bytes.
    @usableFromInline package let count: Int
    /// What it takes of memory, in bytes: a little more, for what is not worth giving back.
    package let allocatedSize: Int

    /// Takes over a block, of which `count` bytes are the body.
    init(adopting block: ByteMemory.Block, count: Int) {
        let block = block.storage == nil ? ByteMemory.resize(block, to: 1, keeping: 0) : block
        storage = UnsafeRawPointer(block.storage.unsafelyUnwrapped)
        allocatedSize = block.size
        self.count = count
        MemoryUse.bodies.wrappingAdd(count, ordering: .relaxed)
    }

    package convenience init(copying bytes: RawSpan) {
        self.init(ByteBuffer(copying: bytes))
    }

    package convenience init(_ bytes: [UInt8]) {
        self.init(copying: bytes.span.bytes)
    }

    package convenience init(_ buffer: consuming ByteBuffer) {
        if buffer.start > 0 { buffer.compact() }
        let count = buffer.end
        self.init(adopting: buffer.takeBlock(), count: count)
    }

    deinit {
        MemoryUse.bodies.wrappingSubtract(count, ordering: .relaxed)
        ByteMemory.free(
            ByteMemory.Block(
                storage: UnsafeMutableRawPointer(mutating: storage), size: allocatedSize))
    }

    @inlinable
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let all = UnsafeRawBufferPointer(start: storage, count: count)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: all), borrowing: self)
        }
    }

    @inlinable
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: storage, count: count))
    }
}

extension Body: CustomStringConvertible {
    @usableFromInline package var description: String { "Body(\(count) bytes)" }
}
