extension Batch {
    /// Visits all records in order.
    package func forEachRecord<Failure: Error>(
        _ visit: (borrowing Record) throws(Failure) -> Void
    ) throws(Failure) {
        for part in parts {
            try part.forEachPosition { (position: Int) throws(Failure) in
                try visit(Record(part.index.body.bytes, part.index.cells.span, at: position))
            }
        }
    }

    /// The records for which `isIncluded` holds. Resources and scopes without records vanish; if
    /// all are included, this is the batch itself.
    package func selecting<Failure: Error>(
        _ isIncluded: (borrowing Record) throws(Failure) -> Bool
    ) throws(Failure) -> Batch {
        var selection = Batch(signal)
        for part in parts {
            let selected = try part.selecting(isIncluded)
            if selected.recordCount > 0 { selection.append(selected) }
        }
        return selection
    }
}

extension BatchPart {
    @inline(__always)
    func forEachPosition<Failure: Error>(
        _ visit: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        var resourcePosition = firstResourcePosition
        while resourcePosition < upper {
            let resource = resourceSlice(at: resourcePosition)
            resourcePosition = Int(resource.group.end)
            if resource.group.isOpaque { continue }
            var scopePosition = firstScopePosition(of: resource)
            while scopePosition < resource.upper {
                let scope = scopeSlice(at: scopePosition)
                var position = nextRecord(from: scope.lower, in: scope)
                while position < scope.upper {
                    try visit(position)
                    position = nextRecord(from: position &+ index.recordCellCount, in: scope)
                }
                scopePosition = positionBehind(scope)
            }
        }
    }

    fileprivate func selecting<Failure: Error>(
        _ isIncluded: (borrowing Record) throws(Failure) -> Bool
    ) throws(Failure) -> BatchPart {
        var bits = [UInt64](repeating: 0, count: (index.cells.count + 63) / 64)
        var count = 0
        try forEachPosition { (position: Int) throws(Failure) in
            let record = Record(index.body.bytes, index.cells.span, at: position)
            guard try isIncluded(record) else { return }
            bits[position &>> 6] |= 1 &<< UInt64(position & 63)
            count += 1
        }
        if count == recordCount { return self }
        return BatchPart(index, from: lower, to: upper, chosen: bits)
    }
}
