/// An array in pieces of equal size: it grows without moving what it has, so that a large one
/// never needs room for two.
///
/// `@inlinable` because it is used per record in other modules, where generic code is slow
/// otherwise.
package struct ChunkedArray<Element> {
    /// All but the last are full.
    @usableFromInline package var chunks: [[Element]] = []
    @usableFromInline package let shift: Int
    @usableFromInline package var elementCount = 0

    /// - Parameter chunkSize: Elements of a piece, rounded up to a power of two.
    @inlinable
    package init(chunkSize: Int) {
        shift = Int.bitWidth - max(chunkSize - 1, 1).leadingZeroBitCount
    }

    @inlinable
    package var count: Int { elementCount }

    /// Elements for which there is memory.
    @inlinable
    package var capacity: Int { chunks.count &<< shift }

    @inlinable
    package subscript(index: Int) -> Element {
        _read { yield chunks[index &>> shift][index & (1 &<< shift &- 1)] }
        _modify { yield &chunks[index &>> shift][index & (1 &<< shift &- 1)] }
    }

    @inlinable
    package mutating func append(_ element: Element) {
        if elementCount == capacity { appendChunk() }
        chunks[chunks.count &- 1].append(element)
        elementCount &+= 1
    }

    @inlinable
    package mutating func removeAll() {
        chunks = []
        elementCount = 0
    }

    @inlinable @inline(never)
    package mutating func appendChunk() {
        var chunk: [Element] = []
        chunk.reserveCapacity(1 &<< shift)
        chunks.append(chunk)
    }
}

extension ChunkedArray: Sendable where Element: Sendable {}
