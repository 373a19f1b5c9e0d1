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
        var scope = head.firstScope
        while scope >= 0 {
            write(scopeHeads[Int(scope)], to: &gatherer)
            scope = scopeHeads[Int(scope)].next
        }
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
        var next = head.firstPiece
        while next >= 0 {
            let piece = pieces[Int(next)]
            if piece.run.isPresent {
                gatherer.add(piece.run.range, of: Int(piece.part))
            } else {
                writeRecords(of: piece, to: &gatherer)
            }
            next = piece.next
        }
        if group.isPlain { gatherer.add(ScopeGroupTag.schemaURL, group.schemaURL, of: part) }
    }

    private func writeRecords(of piece: Piece, to gatherer: inout Gatherer) {
        let part = parts[Int(piece.part)]
        let slice = part.scopeSlice(at: Int(piece.position))
        var position = part.nextRecord(from: slice.lower, in: slice)
        while position < slice.upper {
            let record = part.index.record(at: position)
            if slice.group.isDense {
                let start = Int(record.content.offset) - record.headerSize
                gatherer.add(start..<record.content.end, of: Int(piece.part))
            } else {
                gatherer.add(ScopeGroupTag.records, record.content, of: Int(piece.part))
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
