import Primitives

/// A validated body and where its records are.
///
/// Immutable, shared by every batch that has records of the body. Besides body and cells nothing is
/// allocated.
struct BodyIndex: Sendable {
    let body: Body
    let signal: Signal
    let cells: [IndexCell]

    /// The cells without what is only a hint.
    var cellsWithoutHints: [IndexCell] {
        var cells = cells
        var position = 0
        while position < cells.count {
            let resource = resourceGroup(at: position)
            position += ResourceGroup.cellCount
            while !resource.isOpaque, position < Int(resource.end) {
                let records = recordPositions(of: scopeGroup(at: position), at: position)
                for place in records where (place - records.lowerBound) % recordCellCount == 0 {
                    var entry = record(at: place)
                    entry.flags &= ~RecordEntry.noSamplingFieldsFlag
                    cells[place] = entry.cell
                }
                position = records.upperBound
            }
        }
        return cells
    }

    /// The cells a record takes.
    @inline(__always)
    var recordCellCount: Int { signal == .traces ? 2 : 1 }

    @inline(__always)
    func resourceGroup(at position: Int) -> ResourceGroup {
        ResourceGroup(cells[position], cells[position &+ 1], cells[position &+ 2])
    }

    @inline(__always)
    func scopeGroup(at position: Int) -> ScopeGroup {
        ScopeGroup(cells[position], cells[position &+ 1], cells[position &+ 2])
    }

    @inline(__always)
    func record(at position: Int) -> RecordEntry {
        RecordEntry(cells[position])
    }

    /// The positions of a scope group's records.
    @inline(__always)
    func recordPositions(of group: ScopeGroup, at position: Int) -> Range<Int> {
        let start = position &+ ScopeGroup.cellCount
        return start..<start &+ Int(group.recordCount) &* recordCellCount
    }
}

private let plainFlag: UInt32 = 1
private let opaqueFlag: UInt32 = 2
private let denseFlag: UInt32 = 4

extension ResourceGroup {
    @inline(__always)
    init(_ first: IndexCell, _ second: IndexCell, _ third: IndexCell) {
        fieldOffset = first.first
        content = Extent(offset: first.second, size: first.third)
        isPlain = first.fourth & plainFlag != 0
        isOpaque = first.fourth & opaqueFlag != 0
        resource = Extent(offset: second.first, size: second.second)
        schemaURL = Extent(offset: second.third, size: second.fourth)
        end = third.first
        recordCount = third.second
        itemCount = third.third
    }

    func store(in cells: inout [IndexCell], at position: Int) {
        cells[position] = IndexCell(
            first: fieldOffset, second: content.offset, third: content.size,
            fourth: (isPlain ? plainFlag : 0) | (isOpaque ? opaqueFlag : 0))
        cells[position + 1] = IndexCell(
            first: resource.offset, second: resource.size,
            third: schemaURL.offset, fourth: schemaURL.size)
        cells[position + 2] = IndexCell(first: end, second: recordCount, third: itemCount)
    }
}

extension ScopeGroup {
    @inline(__always)
    init(_ first: IndexCell, _ second: IndexCell, _ third: IndexCell) {
        fieldOffset = first.first
        content = Extent(offset: first.second, size: first.third)
        isPlain = first.fourth & plainFlag != 0
        isDense = first.fourth & denseFlag != 0
        scope = Extent(offset: second.first, size: second.second)
        schemaURL = Extent(offset: second.third, size: second.fourth)
        resourcePosition = third.first
        recordCount = third.second
        itemCount = third.third
        firstFieldOffset = third.fourth
    }

    func store(in cells: inout [IndexCell], at position: Int) {
        cells[position] = IndexCell(
            first: fieldOffset, second: content.offset, third: content.size,
            fourth: (isPlain ? plainFlag : 0) | (isDense ? denseFlag : 0))
        cells[position + 1] = IndexCell(
            first: scope.offset, second: scope.size,
            third: schemaURL.offset, fourth: schemaURL.size)
        cells[position + 2] = IndexCell(
            first: resourcePosition, second: recordCount, third: itemCount,
            fourth: firstFieldOffset)
    }
}

extension RecordEntry {
    @inline(__always)
    init(_ cell: IndexCell) {
        content = Extent(offset: cell.first, size: cell.second)
        scopePosition = cell.third & (1 << Self.positionBits - 1)
        flags = cell.third >> Self.positionBits
        detail = cell.fourth
    }

    @inline(__always)
    var cell: IndexCell {
        IndexCell(
            first: content.offset, second: content.size,
            third: scopePosition | flags << Self.positionBits, fourth: detail)
    }

    /// The size of tag and size in front of the content, in their shortest form.
    @inline(__always)
    var headerSize: Int { 1 &+ Wire.varintSize(UInt64(content.size)) }

    /// The record with a tag and size in their shortest form.
    @inline(__always)
    var fieldSize: Int { headerSize &+ Int(content.size) }

    @inline(__always)
    func itemCount(_ signal: Signal) -> Int { signal == .metrics ? Int(detail) : 1 }
}
