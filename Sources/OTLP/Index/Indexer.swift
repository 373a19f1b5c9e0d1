import Primitives

/// Reads a request once: validates it completely and writes the index.
///
///     ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
///     ResourceSpans {
///         Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
///     ScopeSpans {
///         InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
///
/// and the same with metrics and logs (opentelemetry-proto 1.11).
struct Indexer: ~Copyable {
    /// A body of many tiny records has an index larger than itself. This much is always allowed …
    static let smallIndexLimit = 1 << 16
    /// … and beyond it, so many bytes of index for a byte of body.
    static let indexToBodyLimit = 4

    let signal: Signal
    private(set) var cells: [IndexCell] = []
    private(set) var resourceCount = 0
    private(set) var recordCount = 0
    private(set) var itemCount = 0
    /// Whether there are forms that `NormalForm` replaces before the body is used.
    private(set) var needsNormalForm = false
    private let cellLimit: Int
    /// Of the last opaque group, −1 if there is none.
    private var opaquePosition = -1

    init(_ signal: Signal, bodySize: Int) {
        self.signal = signal
        cellLimit = max(
            Self.smallIndexLimit, bodySize / MemoryLayout<IndexCell>.size * Self.indexToBodyLimit)
        // Two cells a span of 500 bytes; the array grows if records are smaller.
        cells.reserveCapacity(bodySize / 250 + 8)
    }

    mutating func readRequest(_ bytes: RawSpan) throws(WireFailure) {
        var cursor = WireCursor(bytes)
        let end = bytes.byteCount
        while cursor.offset < end {
            let fieldOffset = cursor.offset
            let tag = try cursor.tag(before: end)
            if tag == RequestTag.resourceGroups {
                let next = try cursor.payloadEnd(before: end)
                try readResourceGroup(cursor, before: next, fieldOffset: fieldOffset)
                cursor.offset = next
            } else {
                try cursor.refuse(tag, ifAnyOf: 1...1)
                try cursor.skip(tag, before: end)
                try appendOpaque(fieldOffset..<cursor.offset)
            }
        }
    }

    private mutating func readResourceGroup(
        _ start: WireCursor, before end: Int, fieldOffset: Int
    ) throws(WireFailure) {
        let position = try appendCells(ResourceGroup.cellCount, at: fieldOffset)
        let itemsBefore = itemCount
        let recordsBefore = recordCount
        var group = ResourceGroup()
        var hasScopeGroups = false
        var hasLegacyGroups = false
        var cursor = start
        while cursor.offset < end {
            let scopeFieldOffset = cursor.offset
            let tag = try cursor.tag(before: end)
            switch tag {
            case ResourceGroupTag.resource:
                let range = try cursor.payload(before: end)
                try WireCursor(cursor.bytes, at: range.lowerBound)
                    .checkResource(before: range.upperBound)
                needsNormalForm = needsNormalForm || group.resource.isPresent
                group.resource = Extent(range)
            case ResourceGroupTag.scopeGroups:
                hasScopeGroups = true
                let next = try cursor.payloadEnd(before: end)
                try readScopeGroup(
                    cursor, before: next, fieldOffset: scopeFieldOffset, resource: position)
                cursor.offset = next
            case ResourceGroupTag.schemaURL:
                needsNormalForm = needsNormalForm || group.schemaURL.isPresent
                group.schemaURL = try cursor.checkedString(before: end)
            case ResourceGroupTag.legacyScopeGroups:
                hasLegacyGroups = true
                let next = try cursor.payloadEnd(before: end)
                try checkLegacyGroup(cursor, before: next)
                cursor.offset = next
                group.isPlain = false
            default:
                try cursor.refuse(tag, ifAnyOf: 1...3)
                try cursor.skip(tag, before: end, depth: 1)
                group.isPlain = false
            }
        }
        if hasLegacyGroups && !hasScopeGroups { needsNormalForm = true }
        group.fieldOffset = UInt32(truncatingIfNeeded: fieldOffset)
        group.content = Extent(start.offset..<end)
        group.recordCount = UInt32(truncatingIfNeeded: recordCount &- recordsBefore)
        group.itemCount = UInt32(truncatingIfNeeded: itemCount &- itemsBefore)
        try finish(group, at: position)
    }

    /// Validates a scope group that is not indexed, since it does not count where it is.
    private mutating func checkLegacyGroup(
        _ start: WireCursor, before end: Int
    ) throws(WireFailure) {
        let before = (cells.count, recordCount, itemCount)
        try readScopeGroup(start, before: end, fieldOffset: start.offset, resource: 0)
        cells.removeLast(cells.count - before.0)
        (recordCount, itemCount) = (before.1, before.2)
    }

    private mutating func finish(
        _ group: ResourceGroup, at position: Int
    ) throws(WireFailure) {
        guard group.recordCount > 0 else {
            cells.removeLast(ResourceGroup.cellCount)
            return try appendOpaque(group.field)
        }
        var group = group
        group.end = UInt32(truncatingIfNeeded: cells.count)
        group.store(in: &cells, at: position)
        resourceCount &+= 1
    }

    private mutating func readScopeGroup(
        _ start: WireCursor, before end: Int, fieldOffset: Int, resource: Int
    ) throws(WireFailure) {
        let position = try appendCells(ScopeGroup.cellCount, at: fieldOffset)
        let itemsBefore = itemCount
        let recordsBefore = recordCount
        var group = ScopeGroup()
        var previousEnd = 0
        var cursor = start
        while cursor.offset < end {
            let recordFieldOffset = cursor.offset
            let tag = try cursor.tag(before: end)
            switch tag {
            case ScopeGroupTag.records:
                let next = try cursor.payloadEnd(before: end)
                let headerSize = 1 &+ Wire.varintSize(UInt64(next &- cursor.offset))
                if cursor.offset &- recordFieldOffset != headerSize { group.isDense = false }
                if previousEnd == 0 {
                    group.firstFieldOffset = UInt32(truncatingIfNeeded: recordFieldOffset)
                } else if recordFieldOffset != previousEnd {
                    group.isDense = false
                }
                try readRecord(cursor, before: next, scope: position)
                previousEnd = next
                cursor.offset = next
            case ScopeGroupTag.scope:
                let range = try cursor.payload(before: end)
                try WireCursor(cursor.bytes, at: range.lowerBound)
                    .checkScope(before: range.upperBound)
                needsNormalForm = needsNormalForm || group.scope.isPresent
                group.scope = Extent(range)
            case ScopeGroupTag.schemaURL:
                needsNormalForm = needsNormalForm || group.schemaURL.isPresent
                group.schemaURL = try cursor.checkedString(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...3)
                try cursor.skip(tag, before: end, depth: 2)
                group.isPlain = false
            }
        }
        guard recordCount > recordsBefore else {
            cells.removeLast(ScopeGroup.cellCount)
            return
        }
        group.fieldOffset = UInt32(truncatingIfNeeded: fieldOffset)
        group.content = Extent(start.offset..<end)
        group.resourcePosition = UInt32(truncatingIfNeeded: resource)
        group.recordCount = UInt32(truncatingIfNeeded: recordCount &- recordsBefore)
        group.itemCount = UInt32(truncatingIfNeeded: itemCount &- itemsBefore)
        group.store(in: &cells, at: position)
    }

    @inline(__always)
    private mutating func readRecord(
        _ cursor: WireCursor, before end: Int, scope: Int
    ) throws(WireFailure) {
        guard cells.count < cellLimit else {
            throw WireFailure(.tooManyTinyRecords, at: cursor.offset)
        }
        var entry = RecordEntry(
            content: Extent(cursor.offset..<end),
            scopePosition: UInt32(truncatingIfNeeded: scope), flags: 0, detail: 0)
        switch signal {
        case .traces:
            let times = try cursor.readSpan(before: end, &entry)
            cells.append(entry.cell)
            cells.append(times)
            itemCount &+= 1
        case .metrics:
            entry.detail = try cursor.readMetric(before: end)
            cells.append(entry.cell)
            itemCount &+= Int(entry.detail)
        case .logs:
            entry.detail = try cursor.readLogRecord(before: end)
            cells.append(entry.cell)
            itemCount &+= 1
        }
        recordCount &+= 1
    }

    private mutating func appendCells(_ count: Int, at offset: Int) throws(WireFailure) -> Int {
        let position = cells.count
        guard position < cellLimit else { throw WireFailure(.tooManyTinyRecords, at: offset) }
        for _ in 0..<count { cells.append(IndexCell()) }
        return position
    }

    /// Notes bytes without records. Neighbours become one, so that their cells cannot be many.
    private mutating func appendOpaque(_ field: Range<Int>) throws(WireFailure) {
        let lastPosition = cells.count - ResourceGroup.cellCount
        if opaquePosition >= 0, opaquePosition == lastPosition {
            var last = ResourceGroup(
                cells[lastPosition], cells[lastPosition + 1], cells[lastPosition + 2])
            if last.content.end == field.lowerBound {
                last.content = Extent(Int(last.fieldOffset)..<field.upperBound)
                return last.store(in: &cells, at: lastPosition)
            }
        }
        opaquePosition = try appendCells(ResourceGroup.cellCount, at: field.lowerBound)
        var group = ResourceGroup()
        group.isOpaque = true
        group.isPlain = false
        group.fieldOffset = UInt32(truncatingIfNeeded: field.lowerBound)
        group.content = Extent(field)
        group.end = UInt32(truncatingIfNeeded: cells.count)
        group.store(in: &cells, at: opaquePosition)
    }

    /// The index, without the slack of its growth if that is more than a quarter.
    consuming func finish(_ body: Body) -> BodyIndex {
        let isSlack = cells.capacity - cells.count > max(32, cells.capacity / 4)
        return BodyIndex(body: body, signal: signal, cells: isSlack ? Array(cells[...]) : cells)
    }
}
