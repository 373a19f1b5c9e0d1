/// An array in pieces of equal size: it grows without moving what it has, so that a large one
/// never needs room for two.
///
/// Each module that reads it per record has its own: across modules it would not be specialized,
/// and each access cost a call through metadata and an allocation.
struct ChunkedArray<Element> {
    /// All but the last are full.
    var chunks: [[Element]] = []
    let shift: Int
    var elementCount = 0

    /// - Parameter chunkSize: Elements of a piece, rounded up to a power of two.
    @inline(__always)
    init(chunkSize: Int) {
        shift = Int.bitWidth - max(chunkSize - 1, 1).leadingZeroBitCount
    }

    @inline(__always)
    var count: Int { elementCount }

    /// Elements for which there is memory.
    @inline(__always)
    var capacity: Int { chunks.count &<< shift }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read { yield chunks[index &>> shift][index & (1 &<< shift &- 1)] }
        _modify { yield &chunks[index &>> shift][index & (1 &<< shift &- 1)] }
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if elementCount == capacity { appendChunk() }
        chunks[chunks.count &- 1].append(element)
        elementCount &+= 1
    }

    @inline(__always)
    mutating func removeAll() {
        chunks = []
        elementCount = 0
    }

    @inline(never)
    mutating func appendChunk() {
        var chunk: [Element] = []
        chunk.reserveCapacity(1 &<< shift)
        chunks.append(chunk)
    }
}

extension ChunkedArray: Sendable where Element: Sendable {}
