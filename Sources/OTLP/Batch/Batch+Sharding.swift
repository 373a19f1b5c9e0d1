extension TraceID {
    /// Which of `count` shards the trace belongs to, from all bits of the id: ids need not be
    /// random everywhere. (The finalizer of SplitMix64.)
    @inline(__always)
    package func shard(of count: Int) -> Int {
        var hash = high &+ low &* 0x9e37_79b9_7f4a_7c15
        hash = (hash ^ hash &>> 30) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash &>> 27) &* 0x94d0_49bb_1331_11eb
        hash ^= hash &>> 31
        return Int(hash.multipliedFullWidth(by: UInt64(count)).high)
    }
}

extension Batch {
    /// The spans of each shard, in order; all spans of a trace go to the same one. Those without a
    /// trace id go to the first.
    package func split(byTraceInto count: Int) -> [Batch] {
        var batches = [Batch](repeating: Batch(signal), count: count)
        for part in parts {
            for (shard, selection) in part.split(byTraceInto: count).enumerated() {
                if let selection { batches[shard].append(selection) }
            }
        }
        return batches
    }
}

extension BatchPart {
    /// What each shard gets, `nil` if nothing.
    fileprivate func split(byTraceInto count: Int) -> [BatchPart?] {
        let wordCount = (index.cells.count + 63) / 64
        // One allocation: the bits of all shards, one after the other.
        var bits = [UInt64](repeating: 0, count: wordCount * count)
        var counts = [Int](repeating: 0, count: count)
        forEachPosition { position in
            let record = Record(index.body.bytes, index.cells.span, at: position)
            let shard = record.traceID?.shard(of: count) ?? 0
            bits[shard &* wordCount &+ position &>> 6] |= 1 &<< UInt64(position & 63)
            counts[shard] &+= 1
        }
        return (0..<count).map { shard in
            if counts[shard] == 0 { return nil }
            if counts[shard] == recordCount { return self }
            let chosen = Array(bits[shard * wordCount..<(shard + 1) * wordCount])
            return BatchPart(index, from: lower, to: upper, chosen: chosen)
        }
    }
}
