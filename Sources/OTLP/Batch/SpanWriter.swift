import Primitives

/// Copies chosen spans of bodies into a new body, each with its resource and scope, which are
/// written once for neighbours that share them.
///
/// The index of the new body is derived from those of the old ones, so nothing is validated again.
struct SpanWriter: ~Copyable {
    private var buffer = ByteBuffer()
    private var cells: [IndexCell] = []
    /// The sizes of the contents of a resource group's scope groups; kept for their memory.
    private var scopeSizes: [Int] = []
    private var spanCount = 0
    private var resourceCount = 0

    var byteCount: Int { buffer.count }

    /// What was written, as a part of a batch; `nil` if that is nothing.
    consuming func finish() -> BatchPart? {
        let cells = self.cells
        guard !cells.isEmpty else { return nil }
        let index = BodyIndex(body: buffer.freeze(), signal: .traces, cells: cells)
        return BatchPart(
            wholeOf: index, items: spanCount, records: spanCount, resources: resourceCount)
    }

    /// Appends the spans at ascending positions of an index, which have `size` bytes.
    mutating func append(
        _ positions: ArraySlice<UInt32>, size: Int, of index: borrowing BodyIndex
    ) {
        buffer.reserve(size)
        var rest = positions
        while let first = rest.first {
            let scope = index.scopeGroup(at: Int(index.record(at: Int(first)).scopePosition))
            let group = index.resourceGroup(at: Int(scope.resourcePosition))
            let end = rest.firstIndex { $0 >= group.end } ?? rest.endIndex
            append(rest[..<end], in: group, of: index)
            rest = rest[end...]
        }
    }
}

extension SpanWriter {
    private mutating func append(
        _ positions: ArraySlice<UInt32>, in group: ResourceGroup, of index: borrowing BodyIndex
    ) {
        let size = contentSize(of: positions, in: group, of: index)
        spanCount += positions.count
        resourceCount += 1
        let position = cells.count
        for _ in 0..<ResourceGroup.cellCount { cells.append(IndexCell()) }
        var new = ResourceGroup()
        new.fieldOffset = UInt32(truncatingIfNeeded: buffer.count)
        buffer.appendHeader(RequestTag.resourceGroups, size: size)
        new.content = Extent(buffer.count..<buffer.count + size)
        new.isPlain = group.isPlain
        openSurroundings(
            group.isPlain, group.content, index, &new.resource, group.resource, &new.schemaURL)
        appendScopes(positions, under: position, of: index)
        if group.isPlain { new.schemaURL = appendSchemaURL(group.schemaURL, index) }
        new.end = UInt32(truncatingIfNeeded: cells.count)
        new.recordCount = UInt32(truncatingIfNeeded: positions.count)
        new.itemCount = new.recordCount
        new.store(in: &cells, at: position)
    }

    /// The size of a resource group's content; fills `scopeSizes`.
    private mutating func contentSize(
        of positions: ArraySlice<UInt32>, in group: ResourceGroup, of index: borrowing BodyIndex
    ) -> Int {
        scopeSizes.removeAll(keepingCapacity: true)
        var size = surroundingsSize(
            group.isPlain, group.content, group.resource, group.schemaURL, index)
        var scopePosition: UInt32 = 0
        var scopeSize = 0
        for position in positions {
            let record = index.record(at: Int(position))
            if record.scopePosition != scopePosition {
                if scopePosition > 0 { size &+= noteScope(scopeSize) }
                scopePosition = record.scopePosition
                let scope = index.scopeGroup(at: Int(scopePosition))
                scopeSize = surroundingsSize(
                    scope.isPlain, scope.content, scope.scope, scope.schemaURL, index)
            }
            scopeSize &+= record.fieldSize
        }
        return size &+ noteScope(scopeSize)
    }

    private mutating func noteScope(_ size: Int) -> Int {
        scopeSizes.append(size)
        return Wire.headerSize(ResourceGroupTag.scopeGroups, size: size) &+ size
    }

    private mutating func appendScopes(
        _ positions: ArraySlice<UInt32>, under resource: Int, of index: borrowing BodyIndex
    ) {
        var rest = positions
        var number = 0
        while let first = rest.first {
            let scopePosition = index.record(at: Int(first)).scopePosition
            let group = index.scopeGroup(at: Int(scopePosition))
            let upper = index.recordPositions(of: group, at: Int(scopePosition)).upperBound
            let end = rest.firstIndex { Int($0) >= upper } ?? rest.endIndex
            append(
                rest[..<end], in: group, size: scopeSizes[number], under: resource, of: index)
            number += 1
            rest = rest[end...]
        }
    }

    private mutating func append(
        _ positions: ArraySlice<UInt32>, in group: ScopeGroup, size: Int, under resource: Int,
        of index: borrowing BodyIndex
    ) {
        let position = cells.count
        for _ in 0..<ScopeGroup.cellCount { cells.append(IndexCell()) }
        var new = ScopeGroup()
        new.fieldOffset = UInt32(truncatingIfNeeded: buffer.count)
        buffer.appendHeader(ResourceGroupTag.scopeGroups, size: size)
        new.content = Extent(buffer.count..<buffer.count + size)
        new.isPlain = group.isPlain
        openSurroundings(
            group.isPlain, group.content, index, &new.scope, group.scope, &new.schemaURL)
        new.firstFieldOffset = UInt32(truncatingIfNeeded: buffer.count)
        appendRecords(positions, isDense: group.isDense, under: position, of: index)
        if group.isPlain { new.schemaURL = appendSchemaURL(group.schemaURL, index) }
        new.resourcePosition = UInt32(truncatingIfNeeded: resource)
        new.recordCount = UInt32(truncatingIfNeeded: positions.count)
        new.itemCount = new.recordCount
        new.store(in: &cells, at: position)
    }

    /// Spans that lie side by side are copied in one go.
    private mutating func appendRecords(
        _ positions: ArraySlice<UInt32>, isDense: Bool, under scope: Int,
        of index: borrowing BodyIndex
    ) {
        var next = positions.startIndex
        while next < positions.endIndex {
            let start = next
            let first = index.record(at: Int(positions[start]))
            var last = first
            next += 1
            while isDense, next < positions.endIndex,
                positions[next] == positions[next - 1] &+ 2
            {
                last = index.record(at: Int(positions[next]))
                next += 1
            }
            let distance = appendRun(from: first, to: last, of: index)
            for position in positions[start..<next] {
                appendCells(Int(position), movedBy: distance, under: scope, of: index)
            }
        }
    }

    /// - Returns: How far the records have moved, modulo 2^32.
    private mutating func appendRun(
        from first: RecordEntry, to last: RecordEntry, of index: borrowing BodyIndex
    ) -> UInt32 {
        buffer.appendHeader(ScopeGroupTag.records, size: Int(first.content.size))
        let distance = UInt32(truncatingIfNeeded: buffer.count) &- first.content.offset
        let body = index.body
        buffer.append(body.bytes.extracting(Int(first.content.offset)..<last.content.end))
        return distance
    }

    private mutating func appendCells(
        _ position: Int, movedBy distance: UInt32, under scope: Int,
        of index: borrowing BodyIndex
    ) {
        var record = index.record(at: position)
        record.content.offset &+= distance
        record.scopePosition = UInt32(truncatingIfNeeded: scope)
        if record.detail > 0 { record.detail &+= distance }
        cells.append(record.cell)
        cells.append(index.cells[position &+ 1])
    }
}

extension SpanWriter {
    private func surroundingsSize(
        _ isPlain: Bool, _ content: Extent, _ subject: Extent, _ schemaURL: Extent,
        _ index: borrowing BodyIndex
    ) -> Int {
        if isPlain { return subject.fieldSize &+ schemaURL.fieldSize }
        let body = index.body
        return Envelope.surroundingsSize(in: body.bytes, content.range)
    }

    /// Appends what stands before a list: the resource or scope, of groups with fields that the
    /// schema does not know all of them; and says where subject and schema URL are now.
    private mutating func openSurroundings(
        _ isPlain: Bool, _ content: Extent, _ index: borrowing BodyIndex,
        _ subject: inout Extent, _ oldSubject: Extent, _ schemaURL: inout Extent
    ) {
        let body = index.body
        if isPlain {
            guard oldSubject.isPresent else { return }
            buffer.appendField(
                ResourceGroupTag.resource, bytes: body.bytes.extracting(oldSubject.range))
            subject = Extent(buffer.count - Int(oldSubject.size)..<buffer.count)
            return
        }
        var cursor = WireCursor(body.bytes, at: content.range.lowerBound)
        while let field = cursor.nextField(before: content.end) {
            if field.number == Envelope.listField { continue }
            buffer.append(body.bytes.extracting(field.range))
            let extent = Extent(buffer.count - field.payload.count..<buffer.count)
            if field.tag == ResourceGroupTag.resource { subject = extent }
            if field.tag == ResourceGroupTag.schemaURL { schemaURL = extent }
        }
    }

    private mutating func appendSchemaURL(
        _ extent: Extent, _ index: borrowing BodyIndex
    ) -> Extent {
        guard extent.isPresent else { return .absent }
        let body = index.body
        buffer.appendField(
            ResourceGroupTag.schemaURL, bytes: body.bytes.extracting(extent.range))
        return Extent(buffer.count - Int(extent.size)..<buffer.count)
    }
}
