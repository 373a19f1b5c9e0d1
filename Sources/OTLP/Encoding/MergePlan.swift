import Primitives

/// Which groups of a batch become one when it is encoded, and what sizes that gives.
///
/// Made for one encoding, in one pass over the parts. A head stands for what becomes one group. The
/// cost is per group, not per record, unless records were chosen singly.
struct MergePlan: ~Copyable {
    /// What becomes one resource group.
    struct ResourceHead {
        /// The first group, whose resource is written.
        let part: Int
        let group: ResourceGroup
        /// The scope heads, chained by `next`; −1 at their ends.
        var firstScope: Int32 = -1
        var lastScope: Int32 = -1
        var contentSize = 0
        /// Alone and whole, so that it is written as it stands.
        var isVerbatim: Bool
    }

    /// What becomes one scope group of a resource head.
    struct ScopeHead {
        let resource: Int32
        var next: Int32 = -1
        let part: Int
        let group: ScopeGroup
        /// The pieces, chained by `next`.
        var firstPiece: Int32 = -1
        var lastPiece: Int32 = -1
        var recordsSize = 0
        var contentSize = 0
        var isVerbatim: Bool
    }

    /// The records that a part has of one scope group.
    struct Piece {
        let part: Int32
        var next: Int32 = -1
        let position: UInt32
        /// Where they lie, if they lie side by side; else empty.
        let run: Extent
    }

    let parts: [BatchPart]
    private(set) var resourceHeads: [ResourceHead] = []
    private(set) var scopeHeads: [ScopeHead] = []
    private(set) var pieces: [Piece] = []
    private var resourceTable = GroupTable()
    private var scopeTable = GroupTable()

    init(_ parts: [BatchPart]) {
        self.parts = parts
        pieces.reserveCapacity(parts.count)
    }

    mutating func merge() {
        for index in parts.indices { note(parts[index], index) }
        for index in resourceHeads.indices where !resourceHeads[index].isVerbatim {
            finishResource(index)
        }
    }
}

extension MergePlan {
    private mutating func note(_ part: BatchPart, _ index: Int) {
        let body = part.index.body
        var position = part.firstResourcePosition
        while position < part.upper {
            let slice = part.resourceSlice(at: position)
            if slice.group.isOpaque ? part.chosen == nil : part.hasRecords(in: slice) {
                let head = head(for: slice, body, index)
                noteScopes(of: slice, part, index, under: head)
            }
            position = Int(slice.group.end)
        }
    }

    private mutating func head(for slice: ResourceSlice, _ body: Body, _ part: Int) -> Int32 {
        if slice.group.isPlain, let head = mergedHead(for: slice.group, body) {
            resourceHeads[Int(head)].isVerbatim = false
            return head
        }
        resourceHeads.append(
            ResourceHead(
                part: part, group: slice.group,
                isVerbatim: slice.isWhole || slice.group.isOpaque))
        return Int32(truncatingIfNeeded: resourceHeads.count - 1)
    }

    /// The head of the same resource. If there is none yet, the next head to come is entered as it.
    private mutating func mergedHead(for group: ResourceGroup, _ body: Body) -> Int32? {
        let next = Int32(truncatingIfNeeded: resourceHeads.count)
        // Senders repeat themselves: often it is the resource of the group before.
        if next > 0, isSame(group, body, as: next - 1) { return next - 1 }
        let hash = body.bytes.groupHash(group.resource, group.schemaURL, salt: 0)
        var probe = resourceTable.probe(hash)
        while let candidate = resourceTable.next(&probe) {
            if isSame(group, body, as: candidate) { return candidate }
        }
        resourceTable.insert(next, hash)
        return nil
    }

    private func isSame(_ group: ResourceGroup, _ body: Body, as index: Int32) -> Bool {
        let head = resourceHeads[Int(index)]
        guard head.group.isPlain, head.group.resource.size == group.resource.size else {
            return false
        }
        let other = parts[head.part].index.body
        return body.bytes.matches(group.resource, other.bytes, head.group.resource)
            && body.bytes.matches(group.schemaURL, other.bytes, head.group.schemaURL)
    }
}

extension MergePlan {
    private mutating func noteScopes(
        of resource: ResourceSlice, _ part: BatchPart, _ index: Int, under head: Int32
    ) {
        if resource.group.isOpaque { return }
        let body = part.index.body
        var position = part.firstScopePosition(of: resource)
        while position < resource.upper {
            let slice = part.scopeSlice(at: position)
            position = part.positionBehind(slice)
            let isRun = slice.group.isDense && part.chosen == nil
            let run = isRun ? Extent(part.denseRange(of: slice)) : .absent
            let size = isRun ? Int(run.size) : part.recordsSize(of: slice)
            if size == 0 { continue }
            let piece = Piece(
                part: Int32(truncatingIfNeeded: index),
                position: UInt32(truncatingIfNeeded: slice.position), run: run)
            chain(piece, of: size, under: scopeHead(for: slice, body, index, under: head))
        }
    }

    private mutating func chain(_ piece: Piece, of size: Int, under head: Int32) {
        let own = Int32(truncatingIfNeeded: pieces.count)
        pieces.append(piece)
        let last = scopeHeads[Int(head)].lastPiece
        if last < 0 {
            scopeHeads[Int(head)].firstPiece = own
        } else {
            pieces[Int(last)].next = own
        }
        scopeHeads[Int(head)].lastPiece = own
        scopeHeads[Int(head)].recordsSize += size
    }

    private mutating func scopeHead(
        for slice: ScopeSlice, _ body: Body, _ part: Int, under resource: Int32
    ) -> Int32 {
        if slice.group.isPlain,
            let head = mergedScopeHead(for: slice.group, body, under: resource)
        {
            scopeHeads[Int(head)].isVerbatim = false
            return head
        }
        let own = Int32(truncatingIfNeeded: scopeHeads.count)
        scopeHeads.append(
            ScopeHead(
                resource: resource, part: part, group: slice.group, isVerbatim: slice.isWhole))
        let last = resourceHeads[Int(resource)].lastScope
        if last < 0 {
            resourceHeads[Int(resource)].firstScope = own
        } else {
            scopeHeads[Int(last)].next = own
        }
        resourceHeads[Int(resource)].lastScope = own
        return own
    }

    private mutating func mergedScopeHead(
        for group: ScopeGroup, _ body: Body, under resource: Int32
    ) -> Int32? {
        let last = resourceHeads[Int(resource)].lastScope
        if last >= 0, isSame(group, body, as: last) { return last }
        let hash = body.bytes.groupHash(
            group.scope, group.schemaURL, salt: UInt64(truncatingIfNeeded: resource) + 1)
        var probe = scopeTable.probe(hash)
        while let candidate = scopeTable.next(&probe) {
            if scopeHeads[Int(candidate)].resource == resource,
                isSame(group, body, as: candidate)
            {
                return candidate
            }
        }
        scopeTable.insert(Int32(truncatingIfNeeded: scopeHeads.count), hash)
        return nil
    }

    private func isSame(_ group: ScopeGroup, _ body: Body, as index: Int32) -> Bool {
        let head = scopeHeads[Int(index)]
        guard head.group.isPlain, head.group.scope.size == group.scope.size else { return false }
        let other = parts[head.part].index.body
        return body.bytes.matches(group.scope, other.bytes, head.group.scope)
            && body.bytes.matches(group.schemaURL, other.bytes, head.group.schemaURL)
    }
}

extension MergePlan {
    private mutating func finishResource(_ index: Int) {
        let head = resourceHeads[index]
        var size = surroundingsSize(
            head.group.resource, head.group.schemaURL, head.group.content,
            isPlain: head.group.isPlain, head.part)
        var scope = head.firstScope
        while scope >= 0 {
            size += finishScope(Int(scope))
            scope = scopeHeads[Int(scope)].next
        }
        resourceHeads[index].contentSize = size
    }

    /// Computes the size of what is written under a scope head and returns it with tag and size.
    private mutating func finishScope(_ index: Int) -> Int {
        let head = scopeHeads[index]
        if head.isVerbatim { return head.group.field.count }
        let size =
            head.recordsSize
            + surroundingsSize(
                head.group.scope, head.group.schemaURL, head.group.content,
                isPlain: head.group.isPlain, head.part)
        scopeHeads[index].contentSize = size
        return Wire.headerSize(ResourceGroupTag.scopeGroups, size: size) + size
    }

    private func surroundingsSize(
        _ subject: Extent, _ schemaURL: Extent, _ content: Extent, isPlain: Bool, _ part: Int
    ) -> Int {
        if isPlain { return subject.fieldSize + schemaURL.fieldSize }
        let body = parts[part].index.body
        return Envelope.surroundingsSize(in: body.bytes, content.range)
    }
}
