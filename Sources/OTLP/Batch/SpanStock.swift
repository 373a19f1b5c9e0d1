import Primitives

/// Spans that wait, in the bodies in which they arrived.
///
///     slots:  [ part, dead bits ]  [ part, dead bits, moved ]  …
///                  ▲                    ▲
///     places:   (slot, position)     (slot, position)  …        kept by whoever waits
///
/// A part is admitted with all of its spans. Each of them is released or taken once, by its place;
/// the part goes with its last one. A part of which few spans are left is compacted: they are
/// copied to a body of their own, and their places stay valid.
package struct SpanStock: Sendable {
    /// Where a span is, for as long as it is in the stock.
    package struct Place: Sendable {
        package let slot: UInt32
        package let position: UInt32

        @inline(__always)
        package init(slot: UInt32, position: UInt32) {
            self.slot = slot
            self.position = position
        }
    }

    /// A part with less than this share of its spans left is compacted: one in …
    static let sparseness = 4
    /// Bytes of spans already gone that may stay in memory before anything is compacted …
    package static let tolerableWaste = 2 << 20
    /// … and beyond it, one in so many.
    static let tolerableShare = 8
    /// What a part costs besides body and index, about.
    static let partOverhead = 256

    struct Slot: Sendable {
        var part: BatchPart?
        var liveCount: UInt32 = 0
        /// Of the part, or of a free slot the next free one.
        var spanCount: UInt32 = 0
        var isSparse = false
        var pinnedBytes = 0
        var bytesPerSpan = 0
        /// A bit for each cell whose span is gone; empty if none is.
        var dead: [UInt64] = []
        /// After a compaction: the positions that places have, ascending, and those of the spans.
        var oldPositions: [UInt32] = []
        var newPositions: [UInt32] = []
        /// Order of admission.
        var number: UInt64 = 0
    }

    private(set) var slots = ChunkedArray<Slot>(chunkSize: 256)
    private var firstFree = UInt32.max
    private var admissionCount: UInt64 = 0
    /// Parts to compact, and such as were.
    var sparse: [UInt32] = []

    /// Spans in the stock.
    package private(set) var spanCount = 0
    /// The memory of all parts: bodies, indices and what they need here.
    package private(set) var pinnedBytes = 0
    /// The share of it that belongs to spans already gone, about.
    package private(set) var wastedBytes = 0

    package init() {}

    /// Takes in all spans of one part of a batch.
    package mutating func admit(_ batch: Batch, part index: Int) -> UInt32 {
        let part = batch.parts[index]
        let slot = freeSlot()
        admissionCount += 1
        slots[Int(slot)].number = admissionCount
        spanCount += part.recordCount
        install(part, in: slot)
        return slot
    }

    private mutating func freeSlot() -> UInt32 {
        guard firstFree != .max else {
            slots.append(Slot())
            return UInt32(truncatingIfNeeded: slots.count - 1)
        }
        let slot = firstFree
        firstFree = slots[Int(slot)].spanCount
        return slot
    }

    private mutating func install(_ part: BatchPart, in slot: UInt32) {
        let bytes = Self.memory(of: part)
        pinnedBytes += bytes
        let count = UInt32(truncatingIfNeeded: part.recordCount)
        slots[Int(slot)].part = part
        slots[Int(slot)].pinnedBytes = bytes
        slots[Int(slot)].bytesPerSpan = bytes / max(part.recordCount, 1)
        slots[Int(slot)].liveCount = count
        slots[Int(slot)].spanCount = count
        slots[Int(slot)].isSparse = false
        slots[Int(slot)].dead = []
        if count == 0 { free(slot) }
    }

    /// A body that several stocks share is divided among them.
    private static func memory(of part: BatchPart) -> Int {
        let cells = part.index.cells.capacity * MemoryLayout<IndexCell>.size
        let all = part.index.body.allocatedSize + cells
        if part.isWhole { return all + partOverhead }
        let own = part.byteCount + part.recordCount * 2 * MemoryLayout<IndexCell>.size
        return min(all, own) + (part.chosen?.count ?? 0) * 8 + partOverhead
    }

    /// Puts the spans that are left of a part into its place.
    mutating func replace(
        _ slot: UInt32, _ part: BatchPart, _ oldPositions: [UInt32], _ newPositions: [UInt32]
    ) {
        pinnedBytes -= slots[Int(slot)].pinnedBytes
        wastedBytes -= slots[Int(slot)].wastedBytes
        slots[Int(slot)].oldPositions = oldPositions
        slots[Int(slot)].newPositions = newPositions
        install(part, in: slot)
    }

    private mutating func free(_ slot: UInt32) {
        pinnedBytes -= slots[Int(slot)].pinnedBytes
        wastedBytes -= slots[Int(slot)].wastedBytes
        slots[Int(slot)] = Slot()
        slots[Int(slot)].spanCount = firstFree
        firstFree = slot
    }
}

extension SpanStock {
    /// Gives up a span.
    package mutating func release(_ place: Place) {
        let slot = Int(place.slot)
        note(slots[slot].release(slots[slot].position(now: place.position)), place.slot)
    }

    /// Takes spans, at positions that they have now, out of the stock.
    mutating func removeAll(_ positions: [UInt32], of slot: UInt32) {
        if positions.count == Int(slots[Int(slot)].liveCount) {
            spanCount -= positions.count
            return free(slot)
        }
        for position in positions { note(slots[Int(slot)].release(position), slot) }
    }

    private mutating func note(_ release: Slot.Release, _ slot: UInt32) {
        spanCount &-= 1
        switch release {
        case .last: return free(slot)
        case .more: break
        case .nowSparse: sparse.append(slot)
        }
        wastedBytes &+= slots[Int(slot)].bytesPerSpan
    }
}

extension SpanStock.Slot {
    enum Release {
        /// The part has nothing left.
        case last
        case more
        /// Fewer than one in `sparseness` of its spans are left.
        case nowSparse
    }

    /// Of spans already gone, about.
    var wastedBytes: Int { Int(spanCount &- liveCount) &* bytesPerSpan }

    /// Gives up the span at a position that it has now.
    mutating func release(_ position: UInt32) -> Release {
        liveCount &-= 1
        if liveCount == 0 {
            // For the books: it is freed as one that has all of its spans wasted but this.
            liveCount = 1
            return .last
        }
        if dead.isEmpty, let part {
            dead = [UInt64](repeating: 0, count: (part.index.cells.count + 63) / 64)
        }
        dead[Int(position &>> 6)] |= 1 &<< UInt64(position & 63)
        if isSparse || Int(liveCount) &* SpanStock.sparseness >= Int(spanCount) { return .more }
        isSparse = true
        return .nowSparse
    }

    func isDead(_ position: Int) -> Bool {
        !dead.isEmpty && dead[position &>> 6] & 1 &<< UInt64(position & 63) != 0
    }

    /// Where the span with a place's position is now.
    func position(now position: UInt32) -> UInt32 {
        if oldPositions.isEmpty { return position }
        var lower = 0
        var upper = oldPositions.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if oldPositions[middle] <= position { lower = middle } else { upper = middle }
        }
        return newPositions[lower]
    }
}
