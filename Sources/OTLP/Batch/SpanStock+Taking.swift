import Primitives

extension SpanStock {
    /// What is copied is cut into bodies of this size, or of one part's spans if those are more.
    /// (See `ByteMemory`: larger ones are mappings, which are for what arrives and is held.)
    private static let bodySize = 28 * 1024

    /// From this size on a part is passed on as it is, if nearly all of it is taken.
    private static let passingSize = 4096

    /// Takes spans out and appends them to a batch, in the order in which they arrived.
    ///
    /// They are copied, with their resources and scopes, so that what leaves does not keep alive
    /// what stays or goes; unless they make up three quarters of their body.
    package mutating func take(_ places: [Place], into batch: inout Batch) {
        let keys = sorted(places)
        var writer = SpanWriter()
        var positions: [UInt32] = []
        var start = 0
        while start < keys.count {
            let slot = keys[start].slot
            positions.removeAll(keepingCapacity: true)
            while start < keys.count, keys[start].slot == slot {
                positions.append(slots[Int(slot)].position(now: keys[start].position))
                start += 1
            }
            take(positions, of: slot, into: &batch, &writer)
        }
        if let part = writer.finish() { batch.append(part) }
    }

    /// A place that can be compared.
    private struct Key {
        let number: UInt64
        let position: UInt32
        let slot: UInt32

        @inline(__always)
        static func < (left: Key, right: Key) -> Bool {
            left.number == right.number
                ? left.position < right.position : left.number < right.number
        }
    }

    private func sorted(_ places: [Place]) -> [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(places.count)
        var isSorted = true
        for place in places {
            let key = Key(
                number: slots[Int(place.slot)].number, position: place.position,
                slot: place.slot)
            if let last = keys.last, key < last { isSorted = false }
            keys.append(key)
        }
        if !isSorted { keys.sort { $0 < $1 } }
        return keys
    }

    private mutating func take(
        _ positions: [UInt32], of slot: UInt32, into batch: inout Batch,
        _ writer: inout SpanWriter
    ) {
        guard let part = slots[Int(slot)].part else { return }
        let size = positions.reduce(0) { $0 &+ part.index.record(at: Int($1)).fieldSize }
        if size >= Self.passingSize, size * 4 >= part.index.body.count * 3 {
            flush(&writer, into: &batch)
            batch.append(part.selecting(positions))
        } else {
            if writer.byteCount > 0, writer.byteCount + size > Self.bodySize {
                flush(&writer, into: &batch)
            }
            writer.append(positions[...], size: size, of: part.index)
        }
        removeAll(positions, of: slot)
    }

    private func flush(_ writer: inout SpanWriter, into batch: inout Batch) {
        guard writer.byteCount > 0 else { return }
        var full = SpanWriter()
        swap(&full, &writer)
        if let part = full.finish() { batch.append(part) }
    }
}

extension SpanStock {
    /// Gives back memory of bodies of which little is needed, if there is much of it.
    package mutating func compact() {
        let tolerable = max(Self.tolerableWaste, pinnedBytes / Self.tolerableShare)
        if wastedBytes > tolerable { compactAll() } else { forgetGone() }
    }

    /// The same, however little it is.
    package mutating func compactAll() {
        let candidates = sparse
        sparse.removeAll(keepingCapacity: true)
        for slot in candidates where slots[Int(slot)].isSparse { compact(slot) }
    }

    /// The list of sparse parts must not grow for ever while nothing has to be compacted.
    private mutating func forgetGone() {
        guard sparse.count > 2 * slots.count else { return }
        sparse.removeAll(keepingCapacity: true)
        for slot in 0..<slots.count where slots[slot].isSparse {
            sparse.append(UInt32(truncatingIfNeeded: slot))
        }
    }

    private mutating func compact(_ slot: UInt32) {
        guard let part = slots[Int(slot)].part else { return }
        var positions: [UInt32] = []
        positions.reserveCapacity(Int(slots[Int(slot)].liveCount))
        part.forEachPosition { position in
            if slots[Int(slot)].isDead(position) { return }
            positions.append(UInt32(truncatingIfNeeded: position))
        }
        var writer = SpanWriter()
        let size = positions.reduce(0) { $0 &+ part.index.record(at: Int($1)).fieldSize }
        writer.append(positions[...], size: size, of: part.index)
        guard let compacted = writer.finish() else { return }
        let oldPositions = survivors(of: positions, in: slot)
        var newPositions: [UInt32] = []
        newPositions.reserveCapacity(positions.count)
        compacted.forEachPosition { newPositions.append(UInt32(truncatingIfNeeded: $0)) }
        replace(slot, compacted, oldPositions, newPositions)
    }

    /// The positions that the places of a part's spans have.
    private func survivors(of positions: [UInt32], in slot: UInt32) -> [UInt32] {
        let index = Int(slot)
        if slots[index].oldPositions.isEmpty { return positions }
        return slots[index].oldPositions.indices.compactMap { number in
            slots[index].isDead(Int(slots[index].newPositions[number]))
                ? nil : slots[index].oldPositions[number]
        }
    }
}

extension BatchPart {
    /// The records at positions, all of which belong to the part.
    fileprivate func selecting(_ positions: [UInt32]) -> BatchPart {
        if positions.count == recordCount { return self }
        var bits = [UInt64](repeating: 0, count: (index.cells.count + 63) / 64)
        for position in positions { bits[Int(position &>> 6)] |= 1 &<< UInt64(position & 63) }
        return BatchPart(index, from: lower, to: upper, chosen: bits)
    }
}
