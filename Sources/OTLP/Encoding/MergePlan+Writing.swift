import Primitives

extension MergePlan {
    func write(to gatherer: inout Gatherer) {
        for head in resourceHeads {
            let (part, slice) = resource(head.first)
            if head.isVerbatim {
                gatherer.add(slice.group.field, of: part)
            } else {
                write(head, slice.group, part, to: &gatherer)
            }
        }
    }

    private func write(
        _ head: ResourceHead, _ group: ResourceGroup, _ part: Int, to gatherer: inout Gatherer
    ) {
        gatherer.addHeader(RequestTag.resourceGroups, size: head.contentSize)
        if group.isPlain {
            gatherer.add(ResourceGroupTag.resource, group.resource, of: part)
        } else {
            writeSurroundings(group.content.range, part, to: &gatherer)
        }
        for scope in head.scopes { write(scopeHeads[scope], to: &gatherer) }
        if group.isPlain { gatherer.add(ResourceGroupTag.schemaURL, group.schemaURL, of: part) }
    }

    private func write(_ head: ScopeHead, to gatherer: inout Gatherer) {
        let (part, slice) = scope(head.first)
        let group = slice.group
        if head.isVerbatim { return gatherer.add(group.field, of: part) }
        gatherer.addHeader(ResourceGroupTag.scopeGroups, size: head.contentSize)
        if group.isPlain {
            gatherer.add(ScopeGroupTag.scope, group.scope, of: part)
        } else {
            writeSurroundings(group.content.range, part, to: &gatherer)
        }
        var next = head.first
        while next >= 0 {
            writeRecords(of: next, to: &gatherer)
            next = scopePieces[Int(next)].next
        }
        if group.isPlain { gatherer.add(ScopeGroupTag.schemaURL, group.schemaURL, of: part) }
    }

    private func writeRecords(of piece: Int32, to gatherer: inout Gatherer) {
        let (partIndex, slice) = scope(piece)
        let part = parts[partIndex]
        if slice.group.isDense && part.chosen == nil {
            return gatherer.add(part.denseRange(of: slice), of: partIndex)
        }
        var position = part.nextRecord(from: slice.lower, in: slice)
        while position < slice.upper {
            let record = part.index.record(at: position)
            if slice.group.isDense {
                let start = Int(record.content.offset) - record.headerSize
                gatherer.add(start..<record.content.end, of: partIndex)
            } else {
                gatherer.add(ScopeGroupTag.records, record.content, of: partIndex)
            }
            position = part.nextRecord(from: position + part.index.recordCellCount, in: slice)
        }
    }

    /// All fields of a group but its list, as they stand: some of them are not known here.
    private func writeSurroundings(
        _ content: Range<Int>, _ part: Int, to gatherer: inout Gatherer
    ) {
        let body = parts[part].index.body
        var cursor = WireCursor(body.bytes, at: content.lowerBound)
        while let field = cursor.nextField(before: content.upperBound) {
            if field.number != Envelope.listField { gatherer.add(field.range, of: part) }
        }
    }
}
