import Primitives

// Scope groups and records of the body that is written.

extension BodyWriter {
    mutating func begin(_ group: ScopeGroup) {
        scopeGroup = ScopeGroup()
        scopeGroup.isPlain = group.isPlain
        scope = open(
            ResourceGroupTag.scopeGroups, ScopeGroup.cellCount, size: Int(group.content.size))
        scopeGroup.scope = appendField(ScopeGroupTag.scope, group.scope)
        scopeGroup.schemaURL =
            group.isPlain
            ? appendField(ScopeGroupTag.schemaURL, group.schemaURL)
            : appendSurroundings(group.content)
        scopeGroup.firstFieldOffset = UInt32(truncatingIfNeeded: buffer.count)
    }

    mutating func endScope() {
        guard recordCount > scope.recordsBefore else { return cancel(scope) }
        let distance = close(scope)
        if distance != 0 {
            scopeGroup.scope.move(by: distance)
            moveBehindSubject(by: distance)
        }
        scopeGroup.fieldOffset = UInt32(truncatingIfNeeded: scope.fieldOffset)
        scopeGroup.content = Extent(scope.contentOffset &+ distance..<buffer.count)
        scopeGroup.resourcePosition = UInt32(truncatingIfNeeded: resource.position)
        scopeGroup.recordCount = UInt32(truncatingIfNeeded: recordCount &- scope.recordsBefore)
        scopeGroup.itemCount = UInt32(truncatingIfNeeded: itemCount &- scope.itemsBefore)
        scopeGroup.store(in: &cells, at: scope.position)
    }

    /// Puts another scope into the group that is open.
    mutating func replaceScope(_ content: borrowing ByteBuffer) {
        let distance = replaceSubject(
            scopeGroup.scope, at: scope.contentOffset, with: content.bytes)
        scopeGroup.scope = subject(at: scope.contentOffset, size: content.count)
        moveBehindSubject(by: distance)
    }

    mutating func removeScope() {
        let distance = removeSubject(scopeGroup.scope, at: scope.contentOffset)
        scopeGroup.scope = .absent
        moveBehindSubject(by: distance)
    }

    private mutating func moveBehindSubject(by distance: Int) {
        if distance == 0 { return }
        scopeGroup.schemaURL.move(by: distance)
        scopeGroup.firstFieldOffset = moved(scopeGroup.firstFieldOffset, by: distance)
        moveRecords(
            scope.position &+ ScopeGroup.cellCount..<cells.count, by: distance,
            under: scope.position)
    }

    /// Copies what a part has of the scopes of a resource group, up to a position.
    mutating func copyScopes(of slice: ResourceSlice, _ part: BatchPart, before limit: Int) {
        var position = part.firstScopePosition(of: slice)
        while position < min(limit, slice.upper) {
            let scope = part.scopeSlice(at: position)
            copy(scope, of: part)
            position = part.positionBehind(scope)
        }
    }

    /// Copies what a part has of a scope group into the resource group that is open.
    mutating func copy(_ slice: ScopeSlice, of part: BatchPart) {
        if part.chosen == nil && slice.isWhole {
            copyWhole(slice.group, at: slice.position)
        } else {
            begin(slice.group)
            copyRecords(of: slice, part, before: slice.upper)
            endScope()
        }
    }

    private mutating func copyWhole(_ group: ScopeGroup, at position: Int) {
        let newPosition = cells.count
        let distance = buffer.count &- Int(group.fieldOffset)
        let body = source.body
        buffer.append(body.bytes.extracting(group.field))
        let end = source.recordPositions(of: group, at: position).upperBound
        cells.append(contentsOf: source.cells[position..<end])
        moveScopes(from: newPosition, by: distance, under: resource.position)
        recordCount &+= Int(group.recordCount)
        itemCount &+= Int(group.itemCount)
    }
}

// MARK: - Records

extension BodyWriter {
    /// Copies the records that a part has of a scope group, up to a position.
    mutating func copyRecords(of slice: ScopeSlice, _ part: BatchPart, before limit: Int) {
        if part.chosen == nil && slice.group.isDense {
            return copyRun(slice.lower..<min(limit, slice.upper))
        }
        var position = part.nextRecord(from: slice.lower, in: slice)
        while position < min(limit, slice.upper) {
            copyRecord(at: position)
            position = part.nextRecord(from: position &+ source.recordCellCount, in: slice)
        }
    }

    /// Copies records that stand side by side.
    private mutating func copyRun(_ positions: Range<Int>) {
        if positions.isEmpty { return }
        let first = source.record(at: positions.lowerBound)
        let last = source.record(at: positions.upperBound &- source.recordCellCount)
        let start = Int(first.content.offset) &- first.headerSize
        let distance = buffer.count &- start
        let body = source.body
        buffer.append(body.bytes.extracting(start..<last.content.end))
        let newPosition = cells.count
        cells.append(contentsOf: source.cells[positions])
        moveRecords(newPosition..<cells.count, by: distance, under: scope.position)
        let stride = source.recordCellCount
        recordCount &+= positions.count / stride
        guard source.signal == .metrics else {
            itemCount &+= positions.count / stride
            return
        }
        for position in positions { itemCount &+= Int(source.record(at: position).detail) }
    }

    mutating func copyRecord(at position: Int) {
        var entry = source.record(at: position)
        let body = source.body
        buffer.appendField(
            ScopeGroupTag.records, bytes: body.bytes.extracting(entry.content.range))
        let distance = buffer.count &- entry.content.end
        entry.scopePosition = UInt32(truncatingIfNeeded: scope.position)
        entry.move(by: distance, source.signal)
        append(entry, timesAt: position)
    }

    /// Starts a record, whose content then is appended to `buffer`.
    mutating func openRecord(expectedSize: Int) -> (mark: WireMark, offset: Int) {
        let offset = buffer.count
        return (buffer.open(ScopeGroupTag.records, expectedSize: expectedSize), offset)
    }

    mutating func append(_ content: borrowing ByteBuffer) { buffer.append(content.bytes) }

    mutating func cancelRecord(_ start: (mark: WireMark, offset: Int)) {
        buffer.truncate(to: start.offset)
    }

    /// Ends a record that takes the place of one of the source.
    mutating func closeRecord(
        _ start: (mark: WireMark, offset: Int), _ position: Int, _ rewriting: Rewriting
    ) {
        let size = buffer.count &- start.mark.payloadOffset
        buffer.close(start.mark)
        let content = Extent(buffer.count &- size..<buffer.count)
        var entry = source.record(at: position)
        let old = entry
        entry.content = content
        // What was not there may have been added.
        entry.flags &= ~RecordEntry.noSamplingFieldsFlag
        entry.scopePosition = UInt32(truncatingIfNeeded: scope.position)
        if rewriting == .amend, findTraceID(of: old, &entry) {
            append(entry, timesAt: position)
        } else {
            appendReading(entry)
        }
    }

    /// Sets where the trace id of an amended record is, if it is as far from the record's start as
    /// it was.
    private func findTraceID(of old: RecordEntry, _ new: inout RecordEntry) -> Bool {
        if source.signal == .metrics || old.detail == 0 { return true }
        let distance = Int(old.detail) &- Int(old.content.offset)
        guard distance &+ 16 <= Int(new.content.size) else { return false }
        let offset = Int(new.content.offset) &+ distance
        let bytes = WireCursor(buffer.bytes)
        let oldBytes = WireCursor(source.body.bytes)
        new.detail = UInt32(truncatingIfNeeded: offset)
        return bytes.byte(at: offset &- 1) == 16
            && bytes.word(at: offset) == oldBytes.word(at: Int(old.detail))
            && bytes.word(at: offset &+ 8) == oldBytes.word(at: Int(old.detail) &+ 8)
    }

    /// Notes a record after reading from it what the index knows.
    private mutating func appendReading(_ entry: RecordEntry) {
        var entry = entry
        let times = WireCursor(buffer.bytes, at: Int(entry.content.offset))
            .readAgain(before: entry.content.end, &entry, source.signal)
        append(entry, times)
    }

    private mutating func append(_ entry: RecordEntry, timesAt position: Int) {
        let hasTimes = source.signal == .traces
        append(entry, hasTimes ? source.cells[position &+ 1] : IndexCell())
    }

    @inline(__always)
    private mutating func append(_ entry: RecordEntry, _ times: IndexCell) {
        cells.append(entry.cell)
        if source.signal == .traces { cells.append(times) }
        recordCount &+= 1
        itemCount &+= entry.itemCount(source.signal)
    }
}

// MARK: - Moving

extension BodyWriter {
    /// Moves the scope groups from a position to the last cell, with their records.
    mutating func moveScopes(from start: Int, by distance: Int, under resource: Int) {
        var position = start
        while position < cells.count {
            var group = ScopeGroup(
                cells[position], cells[position &+ 1], cells[position &+ 2])
            group.move(by: distance)
            group.resourcePosition = UInt32(truncatingIfNeeded: resource)
            group.store(in: &cells, at: position)
            let records = source.recordPositions(of: group, at: position)
            moveRecords(records, by: distance, under: position)
            position = records.upperBound
        }
    }

    func moved(_ offset: UInt32, by distance: Int) -> UInt32 {
        offset &+ UInt32(truncatingIfNeeded: distance)
    }

    private mutating func moveRecords(
        _ positions: Range<Int>, by distance: Int, under scope: Int
    ) {
        var position = positions.lowerBound
        while position < positions.upperBound {
            var entry = RecordEntry(cells[position])
            entry.move(by: distance, source.signal)
            entry.scopePosition = UInt32(truncatingIfNeeded: scope)
            cells[position] = entry.cell
            position &+= source.recordCellCount
        }
    }
}

extension Extent {
    mutating func move(by distance: Int) {
        if isPresent { offset &+= UInt32(truncatingIfNeeded: distance) }
    }
}

extension ResourceGroup {
    mutating func move(by distance: Int) {
        fieldOffset &+= UInt32(truncatingIfNeeded: distance)
        content.move(by: distance)
        resource.move(by: distance)
        schemaURL.move(by: distance)
    }
}

extension ScopeGroup {
    mutating func move(by distance: Int) {
        fieldOffset &+= UInt32(truncatingIfNeeded: distance)
        firstFieldOffset &+= UInt32(truncatingIfNeeded: distance)
        content.move(by: distance)
        scope.move(by: distance)
        schemaURL.move(by: distance)
    }
}

extension RecordEntry {
    @inline(__always)
    mutating func move(by distance: Int, _ signal: Signal) {
        content.offset &+= UInt32(truncatingIfNeeded: distance)
        if signal != .metrics, detail != 0 { detail &+= UInt32(truncatingIfNeeded: distance) }
    }
}
