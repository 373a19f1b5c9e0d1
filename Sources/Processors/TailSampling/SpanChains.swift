import OTLP
import Primitives

/// The spans of each trace: a chain of entries of 12 bytes, from the span that arrived last to the
/// first, so that one that arrives touches no memory of those before.
///
///     chunks:  [ entry | entry | … ]  [ entry | entry | – ]  [ free ]
///               all in use or gone     the one being filled
///
/// Entries are given out in the order of memory. A chunk is filled again when all of its entries
/// are gone, which is soon: spans leave about in the order in which they come.
struct SpanChains: Sendable {
    private struct Entry: Sendable {
        let place: SpanStock.Place
        /// The one before in the chain.
        let previous: UInt32
    }

    private struct Chunk: Sendable {
        var entries: [Entry] = []
        var liveCount = 0
    }

    static let none = UInt32.max
    private static let chunkShift = 8
    /// So many free chunks keep their memory, or an eighth of all.
    private static let spareLimit = 4

    private var chunks: [Chunk] = []
    private var freeChunks: [Int] = []
    /// The chunk being filled, −1 if there is none.
    private var current = -1
    private(set) var count = 0
    /// Chunks with entries that are in use.
    private var liveChunkCount = 0

    /// The memory of all entries, with those already gone whose chunks are still needed.
    var byteCount: Int { liveChunkCount &* MemoryLayout<Entry>.stride &<< Self.chunkShift }

    /// Appends to the chain that ends at `last` and moves that to the new end; starts a chain if it
    /// is `none`.
    @inline(__always)
    mutating func append(_ place: SpanStock.Place, to last: inout UInt32) {
        if current < 0 || chunks[current].entries.count == 1 &<< Self.chunkShift { beginChunk() }
        let index = current &<< Self.chunkShift | chunks[current].entries.count
        chunks[current].entries.append(Entry(place: place, previous: last))
        if chunks[current].liveCount == 0 { liveChunkCount &+= 1 }
        chunks[current].liveCount &+= 1
        count &+= 1
        last = UInt32(truncatingIfNeeded: index)
    }

    /// Removes the last entry of a chain and moves `last` to the one before.
    @inline(__always)
    mutating func removeLast(_ last: inout UInt32) -> SpanStock.Place? {
        guard last != Self.none else { return nil }
        let chunk = Int(last &>> Self.chunkShift)
        let entry = chunks[chunk].entries[Int(last) & (1 &<< Self.chunkShift &- 1)]
        last = entry.previous
        count &-= 1
        chunks[chunk].liveCount &-= 1
        if chunks[chunk].liveCount == 0 { free(chunk) }
        return entry.place
    }

    @inline(never)
    private mutating func beginChunk() {
        if let chunk = freeChunks.popLast() {
            current = chunk
        } else {
            current = chunks.count
            chunks.append(Chunk())
        }
        chunks[current].entries.reserveCapacity(1 << Self.chunkShift)
    }

    @inline(never)
    private mutating func free(_ chunk: Int) {
        liveChunkCount &-= 1
        // After a burst, most chunks are not needed again soon.
        let isSpare = freeChunks.count < max(Self.spareLimit, chunks.count / 8)
        chunks[chunk].entries.removeAll(keepingCapacity: isSpare)
        if chunk != current { freeChunks.append(chunk) }
    }
}
