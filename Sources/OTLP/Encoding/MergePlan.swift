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
        let first: Int32
        var last: Int32
        /// Indices of the scope heads.
        var scopes: Range<Int> = 0..<0
        var contentSize = 0
        /// Alone and whole, so that it is written as it stands.
        var isVerbatim: Bool
        let isPlain: Bool
    }

    struct ScopeHead {
        let first: Int32
        var last: Int32
        var recordsSize: Int
        var contentSize = 0
        var isVerbatim: Bool
        let isPlain: Bool
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

    func resource(_ piece: Int32) -> (part: Int, slice: ResourceSlice) {
        let piece = resourcePieces[Int(piece)]
        let part = Int(piece.part)
        return (part, parts[part].resourceSlice(at: Int(piece.position)))
    }

    func scope(_ piece: Int32) -> (part: Int, slice: ScopeSlice) {
        let piece = scopePieces[Int(piece)]
        let part = Int(piece.part)
        return (part, parts[part].scopeSlice(at: Int(piece.position)))
    }
}

extension MergePlan {
    private mutating func noteResources(of index: Int) {
        let part = parts[index]
        var position = part.firstResourcePosition
        while position < part.upper {
            let slice = part.resourceSlice(at: position)
            if slice.group.isOpaque ? part.chosen == nil : part.hasRecords(in: slice) {
                note(slice, index)
            }
            position = Int(slice.group.end)
        }
    }

    private mutating func note(_ slice: ResourceSlice, _ part: Int) {
        let own = Int32(truncatingIfNeeded: resourcePieces.count)
        resourcePieces.append(
            Piece(
                part: Int32(truncatingIfNeeded: part),
                position: UInt32(truncatingIfNeeded: slice.position)))
        if slice.group.isPlain, let head = resourceHead(for: slice, part) {
            resourcePieces[Int(resourceHeads[head].last)].next = own
            resourceHeads[head].last = own
            resourceHeads[head].isVerbatim = false
        } else {
            resourceHeads.append(
                ResourceHead(
                    first: own, last: own, isVerbatim: slice.isWhole || slice.group.isOpaque,
                    isPlain: slice.group.isPlain))
        }
    }

    /// The head of the same resource. If there is none yet, the next head to come is entered as it.
    private mutating func resourceHead(for slice: ResourceSlice, _ part: Int) -> Int? {
        // Senders repeat themselves: often it is the resource of the group before.
        let next = resourceHeads.count
        if next > 0, isSame(slice, part, as: next - 1) { return next - 1 }
        let body = parts[part].index.body
        let hash = body.bytes.groupHash(
            slice.group.resource, slice.group.schemaURL, salt: 0)
        var probe = table.probe(hash)
        while let candidate = table.next(&probe) {
            if isSame(slice, part, as: Int(candidate)) { return Int(candidate) }
        }
        table.insert(Int32(truncatingIfNeeded: next), hash)
        return nil
    }

    private func isSame(_ slice: ResourceSlice, _ part: Int, as head: Int) -> Bool {
        guard resourceHeads[head].isPlain else { return false }
        let other = resource(resourceHeads[head].first)
        let body = parts[part].index.body
        let otherBody = parts[other.part].index.body
        let group = slice.group
        let otherGroup = other.slice.group
        return body.bytes.matches(group.resource, otherBody.bytes, otherGroup.resource)
            && body.bytes.matches(group.schemaURL, otherBody.bytes, otherGroup.schemaURL)
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
        var size = surroundingsSize(of: resourceHeads[head])
        for scope in firstScope..<scopeHeads.count {
            size += finishScope(scope)
        }
        resourceHeads[head].scopes = firstScope..<scopeHeads.count
        resourceHeads[head].contentSize = size
    }

    private mutating func noteScopes(of piece: Int32, from firstScope: Int) {
        let (partIndex, resource) = resource(piece)
        let part = parts[partIndex]
        var position = part.firstScopePosition(of: resource)
        while position < resource.upper {
            let slice = part.scopeSlice(at: position)
            let size = part.recordsSize(of: slice)
            if size > 0 { note(slice, partIndex, recordsSize: size, from: firstScope) }
            position = part.positionBehind(slice)
        }
    }

    private mutating func note(
        _ slice: ScopeSlice, _ part: Int, recordsSize: Int, from firstScope: Int
    ) {
        let own = Int32(truncatingIfNeeded: scopePieces.count)
        scopePieces.append(
            Piece(
                part: Int32(truncatingIfNeeded: part),
                position: UInt32(truncatingIfNeeded: slice.position)))
        if slice.group.isPlain, let head = scopeHead(for: slice, part, from: firstScope) {
            scopePieces[Int(scopeHeads[head].last)].next = own
            scopeHeads[head].last = own
            scopeHeads[head].recordsSize += recordsSize
            scopeHeads[head].isVerbatim = false
        } else {
            scopeHeads.append(
                ScopeHead(
                    first: own, last: own, recordsSize: recordsSize,
                    isVerbatim: slice.isWhole, isPlain: slice.group.isPlain))
        }
    }

    private mutating func scopeHead(
        for slice: ScopeSlice, _ part: Int, from firstScope: Int
    ) -> Int? {
        let next = scopeHeads.count
        if next > firstScope, isSame(slice, part, as: next - 1) { return next - 1 }
        let body = parts[part].index.body
        let hash = body.bytes.groupHash(
            slice.group.scope, slice.group.schemaURL, salt: UInt64(firstScope) + 1)
        var probe = scopeTable.probe(hash)
        while let candidate = scopeTable.next(&probe) {
            if Int(candidate) >= firstScope, isSame(slice, part, as: Int(candidate)) {
                return Int(candidate)
            }
        }
        scopeTable.insert(Int32(truncatingIfNeeded: next), hash)
        return nil
    }

    private func isSame(_ slice: ScopeSlice, _ part: Int, as head: Int) -> Bool {
        guard scopeHeads[head].isPlain else { return false }
        let other = scope(scopeHeads[head].first)
        let body = parts[part].index.body
        let otherBody = parts[other.part].index.body
        let group = slice.group
        let otherGroup = other.slice.group
        return body.bytes.matches(group.scope, otherBody.bytes, otherGroup.scope)
            && body.bytes.matches(group.schemaURL, otherBody.bytes, otherGroup.schemaURL)
    }

    /// Computes the size of what is written under a scope head and returns it with tag and size.
    private mutating func finishScope(_ head: Int) -> Int {
        let (part, slice) = scope(scopeHeads[head].first)
        if scopeHeads[head].isVerbatim { return slice.group.field.count }
        let size =
            scopeHeads[head].recordsSize
            + surroundingsSize(
                slice.group.scope, slice.group.schemaURL, slice.group.content,
                isPlain: slice.group.isPlain, part)
        scopeHeads[head].contentSize = size
        return Wire.headerSize(ResourceGroupTag.scopeGroups, size: size) + size
    }

    private func surroundingsSize(of head: ResourceHead) -> Int {
        let (part, slice) = resource(head.first)
        return surroundingsSize(
            slice.group.resource, slice.group.schemaURL, slice.group.content,
            isPlain: slice.group.isPlain, part)
    }

    private func surroundingsSize(
        _ subject: Extent, _ schemaURL: Extent, _ content: Extent, isPlain: Bool, _ part: Int
    ) -> Int {
        guard isPlain else {
            let body = parts[part].index.body
            return Envelope.surroundingsSize(in: body.bytes, content.range)
        }
        return subject.fieldSize + schemaURL.fieldSize
    }
}
