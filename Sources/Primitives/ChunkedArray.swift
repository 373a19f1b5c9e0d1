/// An array in pieces of equal size: it grows without moving what it has, so that a large one
/// never needs room for two.
@usableFromInline package struct ChunkedArray<Element> {
    /// All but the last are full.
    @usableFromInline var chunks: [[Element]] = []
    @usableFromInline let shift: Int
    @usableFromInline var elementCount = 0

    /// - Parameter chunkSize: Elements of a piece, rounded up to a power of two.
    @inlinable @inline(__always)
    package init(chunkSize: Int) {
        shift = Int.bitWidth - max(chunkSize - 1, 1).leadingZeroBitCount
    }

    @inlinable @inline(__always)
    package var count: Int { elementCount }

    /// Elements for which there is memory.
    @inlinable @inline(__always)
    package var capacity: Int { chunks.count &<< shift }

    @inlinable @inline(__always)
    package subscript(index: Int) -> Element {
        _read { yield chunks[index &>> shift][index & (1 &<< shift &- 1)] }
        _modify { yield &chunks[index &>> shift][index & (1 &<< shift &- 1)] }
    }

    @inlinable @inline(__always)
    package mutating func append(_ element: Element) {
        if elementCount == capacity { appendChunk() }
        chunks[chunks.count &- 1].append(element)
        elementCount &+= 1
    }

    @inlinable @inline(__always)
    package mutating func removeAll() {
        chunks = []
        elementCount = 0
    }

    @inlinable @inline(never)
    mutating func appendChunk() {
        var chunk: [Element] = []
        chunk.reserveCapacity(1 &<< shift)
        chunks.append(chunk)
    }
}

extension ChunkedArray: Sendable where Element: Sendable {}
