import Primitives

/// Records of one body that belong to a batch.
///
/// All records between two positions of the index, or those of them whose bit is set. A part that
/// starts at position 0 starts with whatever comes before the first record; otherwise it starts at
/// a record. It ends anywhere. Resource groups without records go with what stands before them.
///
/// Invariant: 0 ≤ lower ≤ upper ≤ index.cells.count.
struct BatchPart: Sendable {
    let index: BodyIndex
    let lower: Int
    let upper: Int
    /// One bit for each cell of the index, or `nil` for all records between the bounds.
    let chosen: [UInt64]?
    private var counts: Counts

    /// What batches add up. Bodies have at most 1 GiB, and so have these.
    private struct Counts {
        var items: UInt32 = 0
        var records: UInt32 = 0
        var resources: UInt32 = 0
        var bytes: UInt32 = 0
    }

    var itemCount: Int { Int(counts.items) }
    var recordCount: Int { Int(counts.records) }
    var resourceCount: Int { Int(counts.resources) }
    var byteCount: Int { Int(counts.bytes) }

    /// All of a body.
    init(_ body: Body, _ indexer: consuming Indexer) {
        counts = Counts(
            items: UInt32(truncatingIfNeeded: indexer.itemCount),
            records: UInt32(truncatingIfNeeded: indexer.recordCount),
            resources: UInt32(truncatingIfNeeded: indexer.resourceCount),
            bytes: UInt32(truncatingIfNeeded: body.count))
        index = indexer.finish(body)
        lower = 0
        upper = index.cells.count
        chosen = nil
    }

    /// All of a body whose index was made with it.
    init(wholeOf index: BodyIndex, items: Int, records: Int, resources: Int) {
        counts = Counts(
            items: UInt32(truncatingIfNeeded: items),
            records: UInt32(truncatingIfNeeded: records),
            resources: UInt32(truncatingIfNeeded: resources),
            bytes: UInt32(truncatingIfNeeded: index.body.count))
        self.index = index
        lower = 0
        upper = index.cells.count
        chosen = nil
    }

    init(_ index: BodyIndex, from lower: Int, to upper: Int, chosen: [UInt64]? = nil) {
        self.index = index
        self.lower = lower
        self.upper = upper
        self.chosen = chosen
        counts = Counts()
        counts = counted()
    }

    /// A body that this program wrote, and that therefore is valid; nothing if it is empty.
    static func parts(of body: Body, as signal: Signal) -> [BatchPart] {
        var indexer = Indexer(signal, bodySize: body.count)
        guard (try? indexer.readRequest(body.bytes)) != nil else { return [] }
        return indexer.recordCount > 0 ? [BatchPart(body, indexer)] : []
    }

    /// Whether the part is its body, byte by byte.
    var isWhole: Bool { lower == 0 && upper == index.cells.count && chosen == nil }
}

extension BatchPart {
    private func counted() -> Counts {
        var counts = Counts()
        forEachResource { slice in
            if slice.group.isOpaque {
                let size = chosen == nil ? slice.group.field.count : 0
                counts.bytes &+= UInt32(truncatingIfNeeded: size)
                return
            }
            let recordsBefore = counts.records
            var size = surroundingsSize(of: slice)
            forEachScope(of: slice) { scope in
                counts.records &+= UInt32(truncatingIfNeeded: recordCount(in: scope))
                counts.items &+= UInt32(truncatingIfNeeded: itemCount(in: scope))
                // A whole group may be written as it stands, in more bytes than it needs.
                let shortest = recordsSize(of: scope) + surroundingsSize(of: scope)
                size += scope.isWhole ? max(shortest, scope.group.field.count) : shortest
            }
            guard counts.records > recordsBefore else { return }
            counts.resources &+= 1
            let largest = slice.isWhole ? max(size, slice.group.field.count) : size
            counts.bytes &+= UInt32(truncatingIfNeeded: largest)
        }
        return counts
    }

    /// The size of what stands around the records of a scope group, its tag and size included.
    private func surroundingsSize(of slice: ScopeSlice) -> Int {
        let group = slice.group
        return group.isPlain
            ? Self.largestHeaderSize * 3 + Int(group.scope.size) + Int(group.schemaURL.size)
            : Self.largestHeaderSize
                + Envelope.surroundingsSize(in: index.body.bytes, group.content.range)
    }

    private func surroundingsSize(of slice: ResourceSlice) -> Int {
        let group = slice.group
        return group.isPlain
            ? Self.largestHeaderSize * 3 + Int(group.resource.size) + Int(group.schemaURL.size)
            : Self.largestHeaderSize
                + Envelope.surroundingsSize(in: index.body.bytes, group.content.range)
    }

    /// A tag of one byte, a size of five.
    private static let largestHeaderSize = 6
}
