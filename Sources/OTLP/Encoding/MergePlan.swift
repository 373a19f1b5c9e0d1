import Primitives

/// Which groups of a batch become one when it is encoded, and what sizes that gives.
///
/// Made for one encoding. A head stands for what becomes one group; its pieces are chained in the
/// order of the batch. The cost is per group, not per record, unless records were chosen singly.
struct MergePlan: ~Copyable {
    /// A resource group or scope group of a part.
    struct Piece {
        let part: Int32
        let position: UInt32
        var next: Int32 = -1
    }

    struct ResourceHead {
        let part: Int
        let group: ResourceGroup
        let first: Int32
        var last: Int32
        /// Indices of the scope heads.
        var scopes: Range<Int> = 0..<0
        var contentSize = 0
        /// Alone and whole, so that it is written as it stands.
        var isVerbatim: Bool
    }

    struct ScopeHead {
        let part: Int
        let group: ScopeGroup
        let first: Int32
        var last: Int32
        var recordsSize: Int
        var contentSize = 0
        var isVerbatim: Bool
    }

    let parts: [BatchPart]
    private(set) var resourcePieces: [Piece] = []
    private(set) var scopePieces: [Piece] = []
    private(set) var resourceHeads: [ResourceHead] = []
    private(set) var scopeHeads: [ScopeHead] = []
    private var table = GroupTable()
    private var scopeTable = GroupTable()

    init(_ parts: [BatchPart]) {
        self.parts = parts
        resourcePieces.reserveCapacity(parts.count)
    }

    mutating func merge() {
        for part in parts.indices { noteResources(of: part) }
        for head in resourceHeads.indices where !resourceHeads[head].isVerbatim {
            mergeScopes(under: head)
        }
    }
}

extension MergePlan {
    private mutating func noteResources(of index: Int) {
        let part = parts[index]
        var position = part.firstResourcePosition
        while position < part.upper {
            let slice = part.resourceSlice(at: position)
            if slice.group.isOpaque ? part.chosen == nil : part.hasRecords(in: slice) {
                note(slice, part.index.body, index)
            }
            position = Int(slice.group.end)
        }
    }

    private mutating func note(_ slice: ResourceSlice, _ body: Body, _ part: Int) {
        let own = Int32(truncatingIfNeeded: resourcePieces.count)
        resourcePieces.append(
            Piece(
                part: Int32(truncatingIfNeeded: part),
                position: UInt32(truncatingIfNeeded: slice.position)))
        if slice.group.isPlain, let head = resourceHead(for: slice.group, body) {
            resourcePieces[Int(resourceHeads[head].last)].next = own
            resourceHeads[head].last = own
            resourceHeads[head].isVerbatim = false
        } else {
            resourceHeads.append(
                ResourceHead(
                    part: part, group: slice.group, first: own, last: own,
                    isVerbatim: slice.isWhole || slice.group.isOpaque))
        }
    }

    /// The head of the same resource. If there is none yet, the next head to come is entered as it.
    private mutating func resourceHead(for group: ResourceGroup, _ body: Body) -> Int? {
        // Senders repeat themselves: often it is the resource of the group before.
        let next = resourceHeads.count
        if next > 0, isSame(group, body, as: next - 1) { return next - 1 }
        let hash = body.bytes.groupHash(group.resource, group.schemaURL, salt: 0)
        var probe = table.probe(hash)
        while let candidate = table.next(&probe) {
            if isSame(group, body, as: Int(candidate)) { return Int(candidate) }
        }
        table.insert(Int32(truncatingIfNeeded: next), hash)
        return nil
    }

    private func isSame(_ group: ResourceGroup, _ body: Body, as index: Int) -> Bool {
        let head = resourceHeads[index]
        guard head.group.isPlain, head.group.resource.size == group.resource.size else {
            return false
        }
        let other = parts[head.part].index.body
        return body.bytes.matches(group.resource, other.bytes, head.group.resource)
            && body.bytes.matches(group.schemaURL, other.bytes, head.group.schemaURL)
    }
}

extension MergePlan {
    private mutating func mergeScopes(under head: Int) {
        let firstScope = scopeHeads.count
        var next = resourceHeads[head].first
        while next >= 0 {
            noteScopes(of: next, from: firstScope)
            next = resourcePieces[Int(next)].next
        }
        let group = resourceHeads[head].group
        var size = surroundingsSize(
            group.resource, group.schemaURL, group.content, isPlain: group.isPlain,
            resourceHeads[head].part)
        for scope in firstScope..<scopeHeads.count {
            size += finishScope(scope)
        }
        resourceHeads[head].scopes = firstScope..<scopeHeads.count
        resourceHeads[head].contentSize = size
    }

    private mutating func noteScopes(of piece: Int32, from firstScope: Int) {
        let piece = resourcePieces[Int(piece)]
        let part = parts[Int(piece.part)]
        let resource = part.resourceSlice(at: Int(piece.position))
        var position = part.firstScopePosition(of: resource)
        while position < resource.upper {
            let slice = part.scopeSlice(at: position)
            let size = part.recordsSize(of: slice)
            if size > 0 {
                note(slice, part.index.body, piece.part, recordsSize: size, from: firstScope)
            }
            position = part.positionBehind(slice)
        }
    }

    private mutating func note(
        _ slice: ScopeSlice, _ body: Body, _ part: Int32, recordsSize: Int, from firstScope: Int
    ) {
        let own = Int32(truncatingIfNeeded: scopePieces.count)
        scopePieces.append(
            Piece(part: part, position: UInt32(truncatingIfNeeded: slice.position)))
        if slice.group.isPlain, let head = scopeHead(for: slice.group, body, from: firstScope) {
            scopePieces[Int(scopeHeads[head].last)].next = own
            scopeHeads[head].last = own
            scopeHeads[head].recordsSize += recordsSize
            scopeHeads[head].isVerbatim = false
        } else {
            scopeHeads.append(
                ScopeHead(
                    part: Int(part), group: slice.group, first: own, last: own,
                    recordsSize: recordsSize, isVerbatim: slice.isWhole))
        }
    }

    private mutating func scopeHead(
        for group: ScopeGroup, _ body: Body, from firstScope: Int
    ) -> Int? {
        let next = scopeHeads.count
        if next > firstScope, isSame(group, body, as: next - 1) { return next - 1 }
        let hash = body.bytes.groupHash(
            group.scope, group.schemaURL, salt: UInt64(firstScope) + 1)
        var probe = scopeTable.probe(hash)
        while let candidate = scopeTable.next(&probe) {
            if Int(candidate) >= firstScope, isSame(group, body, as: Int(candidate)) {
                return Int(candidate)
            }
        }
        scopeTable.insert(Int32(truncatingIfNeeded: next), hash)
        return nil
    }

    private func isSame(_ group: ScopeGroup, _ body: Body, as index: Int) -> Bool {
        let head = scopeHeads[index]
        guard head.group.isPlain, head.group.scope.size == group.scope.size else { return false }
        let other = parts[head.part].index.body
        return body.bytes.matches(group.scope, other.bytes, head.group.scope)
            && body.bytes.matches(group.schemaURL, other.bytes, head.group.schemaURL)
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
