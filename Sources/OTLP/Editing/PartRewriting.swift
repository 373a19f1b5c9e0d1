import Primitives

/// One part of a batch on its way through a rewriter.
///
/// At first nothing is written: what is removed is a bit. With the first message that is replaced,
/// all that has been kept up to there is copied, and from then on everything is written.
struct PartRewriting: ~Copyable {
    private let part: BatchPart
    private let removesEmptyGroups: Bool
    private var writer: BodyWriter
    private var isWriting = false
    /// What a message becomes as long as nothing is written, and a subject afterwards.
    private var scratch = ByteBuffer()
    /// A bit for each cell of a record that stays; `nil` as long as all do.
    private var kept: [UInt64]?

    init(_ part: BatchPart, removingEmptyGroups: Bool) {
        self.part = part
        removesEmptyGroups = removingEmptyGroups
        writer = BodyWriter(part.index, removingEmptyGroups: removingEmptyGroups)
    }

    mutating func run(_ rewriter: inout (some Rewriter & ~Copyable)) {
        var position = part.firstResourcePosition
        while position < part.upper {
            let slice = part.resourceSlice(at: position)
            position = Int(slice.group.end)
            if slice.group.isOpaque {
                if isWriting { writer.copy(slice, of: part) }
            } else if part.hasRecords(in: slice) {
                visit(slice, &rewriter)
            }
        }
    }

    /// The part as it has become; nothing if it has no more records.
    consuming func finish() throws(OTLPError) -> BatchPart? {
        if isWriting { return try writer.finish() }
        var result = part
        if let kept {
            result = BatchPart(part.index, from: part.lower, to: part.upper, chosen: kept)
        } else if removesEmptyGroups, part.chosen == nil, part.hasEmptyGroups {
            let all = [UInt64](repeating: .max, count: part.index.cells.count / 64 + 1)
            result = BatchPart(part.index, from: part.lower, to: part.upper, chosen: all)
        }
        if result.recordCount == 0, removesEmptyGroups || kept != nil { return nil }
        return result
    }
}

extension PartRewriting {
    private mutating func visit(
        _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let body = part.index.body
        let resource = Message(body.bytes, slice.group.resource.range)
        let schemaURL = body.bytes.extracting(slice.group.schemaURL.range)
        switch rewriter.enterResource(resource, schemaURL: schemaURL) {
        case .visit:
            if isWriting { writer.begin(slice.group) }
            var position = part.firstScopePosition(of: slice)
            while position < slice.upper {
                let scope = part.scopeSlice(at: position)
                visit(scope, slice, &rewriter)
                position = part.positionBehind(scope)
            }
            leave(slice, &rewriter)
            if isWriting { writer.endResource() }
        case .keep: keep(slice, &rewriter)
        case .remove: if !isWriting { remove(slice.lower..<slice.upper) }
        }
    }

    private mutating func leave(
        _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let body = part.index.body
        scratch.removeAll()
        let resource = Message(body.bytes, slice.group.resource.range)
        switch rewriter.leaveResource(resource, into: &scratch) {
        case .keep: return
        case .replace, .amend:
            startWriting(behind: slice)
            writer.replaceResource(scratch)
        case .remove:
            guard slice.group.resource.isPresent else { return }
            startWriting(behind: slice)
            writer.removeResource()
        }
    }

    private mutating func keep(
        _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let body = part.index.body
        scratch.removeAll()
        let resource = Message(body.bytes, slice.group.resource.range)
        let rewriting = rewriter.leaveResource(resource, into: &scratch)
        if rewriting == .keep || rewriting == .remove && !slice.group.resource.isPresent {
            if isWriting { writer.copy(slice, of: part) }
            return
        }
        startWriting(before: slice)
        writer.begin(slice.group)
        if rewriting == .remove {
            writer.removeResource()
        } else {
            writer.replaceResource(scratch)
        }
        writer.copyScopes(of: slice, part, before: slice.upper)
        writer.endResource()
    }
}

extension PartRewriting {
    private mutating func visit(
        _ scope: ScopeSlice, _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        guard part.nextRecord(from: scope.lower, in: scope) < scope.upper else { return }
        let bytes = part.index.body
        let visit = rewriter.enterScope(
            Message(bytes.bytes, scope.group.scope.range),
            schemaURL: bytes.bytes.extracting(scope.group.schemaURL.range),
            of: Message(bytes.bytes, slice.group.resource.range),
            resourceSchemaURL: bytes.bytes.extracting(slice.group.schemaURL.range))
        switch visit {
        case .visit:
            if isWriting { writer.begin(scope.group) }
            visitRecords(of: scope, slice, &rewriter)
            leave(scope, slice, &rewriter)
            if isWriting { writer.endScope() }
        case .keep: keep(scope, slice, &rewriter)
        case .remove: if !isWriting { remove(scope.lower..<scope.upper) }
        }
    }

    private mutating func leave(
        _ scope: ScopeSlice, _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let body = part.index.body
        scratch.removeAll()
        let subject = Message(body.bytes, scope.group.scope.range)
        switch rewriter.leaveScope(subject, into: &scratch) {
        case .keep: return
        case .replace, .amend:
            startWriting(in: slice, scope, before: scope.upper)
            writer.replaceScope(scratch)
        case .remove:
            guard scope.group.scope.isPresent else { return }
            startWriting(in: slice, scope, before: scope.upper)
            writer.removeScope()
        }
    }

    private mutating func keep(
        _ scope: ScopeSlice, _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let body = part.index.body
        scratch.removeAll()
        let subject = Message(body.bytes, scope.group.scope.range)
        let rewriting = rewriter.leaveScope(subject, into: &scratch)
        if rewriting == .keep || rewriting == .remove && !scope.group.scope.isPresent {
            if isWriting { writer.copy(scope, of: part) }
            return
        }
        startWriting(before: scope, in: slice)
        writer.begin(scope.group)
        if rewriting == .remove {
            writer.removeScope()
        } else {
            writer.replaceScope(scratch)
        }
        writer.copyRecords(of: scope, part, before: scope.upper)
        writer.endScope()
    }

    private mutating func visitRecords(
        of scope: ScopeSlice, _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let index = part.index
        var position = part.nextRecord(from: scope.lower, in: scope)
        while position < scope.upper {
            // What is already too large is not made larger: `finish` refuses it.
            if writer.buffer.count > Batch.bodySizeLimit { return }
            if isWriting {
                rewrite(position, of: index, &rewriter)
            } else {
                visit(position, of: index, scope, slice, &rewriter)
            }
            position = part.nextRecord(from: position &+ index.recordCellCount, in: scope)
        }
    }

    /// Shows a record while nothing is written yet.
    @inline(__always)
    private mutating func visit(
        _ position: Int, of index: borrowing BodyIndex, _ scope: ScopeSlice,
        _ slice: ResourceSlice, _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        scratch.removeAll()
        let record = Record(index.body.bytes, index.cells.span, at: position)
        let rewriting = rewriter.rewriteRecord(record, into: &scratch)
        switch rewriting {
        case .keep: break
        case .replace, .amend:
            startWriting(in: slice, scope, before: position)
            let start = writer.openRecord(expectedSize: scratch.count)
            writer.append(scratch)
            writer.closeRecord(start, position, rewriting)
        case .remove: remove(position..<position + 1)
        }
    }

    @inline(__always)
    private mutating func rewrite(
        _ position: Int, of index: borrowing BodyIndex,
        _ rewriter: inout (some Rewriter & ~Copyable)
    ) {
        let start = writer.openRecord(expectedSize: Int(index.record(at: position).content.size))
        let record = Record(index.body.bytes, index.cells.span, at: position)
        let rewriting = rewriter.rewriteRecord(record, into: &writer.buffer)
        switch rewriting {
        case .replace, .amend: writer.closeRecord(start, position, rewriting)
        case .keep:
            writer.cancelRecord(start)
            writer.copyRecord(at: position)
        case .remove: writer.cancelRecord(start)
        }
    }

    private mutating func remove(_ positions: Range<Int>) {
        var bits =
            kept ?? part.chosen
            ?? [UInt64](repeating: .max, count: part.index.cells.count / 64 + 1)
        kept = nil
        for position in positions { bits[position &>> 6] &= ~(1 &<< UInt64(position & 63)) }
        kept = bits
    }
}

extension PartRewriting {
    /// What of the part has been kept, if what was not shown yet is.
    private var keptPart: BatchPart {
        guard let kept else { return part }
        return BatchPart(part.index, from: part.lower, to: part.upper, chosen: kept)
    }

    /// Copies all before a resource.
    private mutating func startWriting(before slice: ResourceSlice) {
        if isWriting { return }
        _ = startWriting(from: keptPart, before: slice)
    }

    /// Copies all before a scope of a resource.
    private mutating func startWriting(before scope: ScopeSlice, in slice: ResourceSlice) {
        if isWriting { return }
        let source = startWriting(from: keptPart, before: slice)
        writer.begin(slice.group)
        writer.copyScopes(of: slice, source, before: scope.position)
    }

    /// Copies all before a record of a scope.
    private mutating func startWriting(
        in slice: ResourceSlice, _ scope: ScopeSlice, before limit: Int
    ) {
        if isWriting { return }
        let source = startWriting(from: keptPart, before: slice)
        writer.begin(slice.group)
        writer.copyScopes(of: slice, source, before: scope.position)
        writer.begin(scope.group)
        if limit > scope.lower { writer.copyRecords(of: scope, source, before: limit) }
    }

    /// Copies all up to the end of a resource, which stays open.
    private mutating func startWriting(behind slice: ResourceSlice) {
        if isWriting { return }
        let source = startWriting(from: keptPart, before: slice)
        writer.begin(slice.group)
        writer.copyScopes(of: slice, source, before: slice.upper)
    }

    private mutating func startWriting(
        from source: consuming BatchPart, before slice: ResourceSlice
    ) -> BatchPart {
        isWriting = true
        writer.reserve(part.byteCount, cells: part.upper - part.lower + 6)
        var position = source.firstResourcePosition
        while position < slice.position {
            let previous = source.resourceSlice(at: position)
            position = Int(previous.group.end)
            writer.copy(previous, of: source)
        }
        return source
    }
}

extension BatchPart {
    /// Whether there are resource groups or scope groups without records in the part.
    var hasEmptyGroups: Bool {
        var hasEmpty = false
        forEachResource { slice in
            if !hasEmpty {
                hasEmpty =
                    slice.group.isOpaque
                    ? index.hasGroup(in: slice.group.field) : index.hasEmptyScope(slice)
            }
        }
        return hasEmpty
    }
}

extension BodyIndex {
    /// Whether a stretch of the request has any resource group.
    fileprivate func hasGroup(in range: Range<Int>) -> Bool {
        var cursor = WireCursor(body.bytes, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            if field.tag == RequestTag.resourceGroups { return true }
        }
        return false
    }

    /// Whether a resource group has scope groups that are not in the index.
    func hasEmptyScope(_ slice: ResourceSlice) -> Bool {
        var count = 0
        var cursor = WireCursor(body.bytes, at: Int(slice.group.content.offset))
        while let field = cursor.nextField(before: slice.group.content.end) {
            if field.tag == ResourceGroupTag.scopeGroups { count += 1 }
        }
        var position = slice.position + ResourceGroup.cellCount
        while position < Int(slice.group.end) {
            count -= 1
            position = recordPositions(of: scopeGroup(at: position), at: position).upperBound
        }
        return count > 0
    }
}
