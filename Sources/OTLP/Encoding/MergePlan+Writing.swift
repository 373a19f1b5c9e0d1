import Primitives

extension MergePlan {
    func write(to gatherer: inout Gatherer) {
        for head in resourceHeads {
            if head.isVerbatim {
                gatherer.add(head.group.field, of: head.part)
            } else {
                write(head, to: &gatherer)
            }
        }
    }

    private func write(_ head: ResourceHead, to gatherer: inout Gatherer) {
        let (group, part) = (head.group, head.part)
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
        let (group, part) = (head.group, head.part)
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
        let piece = scopePieces[Int(piece)]
        let partIndex = Int(piece.part)
        let part = parts[partIndex]
        let slice = part.scopeSlice(at: Int(piece.position))
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
