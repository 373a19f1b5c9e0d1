import Primitives

/// Writes a request and its index side by side, from groups of another one.
///
/// Groups are opened, given records and closed. One that gets no record is taken back. A cell has
/// absolute offsets, so if a group's size takes another number of bytes than was set aside for it,
/// the cells of what is in it move with it.
struct BodyWriter: ~Copyable {
    let source: BodyIndex
    private let removesEmptyGroups: Bool
    /// The request. Between `openRecord` and `closeRecord` a record's content is appended to it.
    var buffer = ByteBuffer()
    var cells: [IndexCell] = []
    var recordCount = 0
    var itemCount = 0
    private var resourceCount = 0
    /// Of the last opaque group, −1 if there is none.
    private var opaquePosition = -1

    private(set) var resource = OpenGroup()
    private var resourceGroup = ResourceGroup()
    var scope = OpenGroup()
    var scopeGroup = ScopeGroup()

    /// A group that has been opened.
    struct OpenGroup {
        var mark: WireMark?
        /// Of its first cell.
        var position = 0
        var fieldOffset = 0
        var contentOffset = 0
        var recordsBefore = 0
        var itemsBefore = 0
    }

    init(_ source: BodyIndex, removingEmptyGroups: Bool) {
        self.source = source
        removesEmptyGroups = removingEmptyGroups
    }

    /// Makes room for a body of about this size.
    mutating func reserve(_ size: Int, cells count: Int) {
        buffer.reserve(size + size / 8 + 64)
        cells.reserveCapacity(count)
    }

    consuming func finish() throws(OTLPError) -> BatchPart? {
        guard recordCount > 0 || buffer.count > 0 else { return nil }
        guard buffer.count <= Batch.bodySizeLimit else {
            throw .bodyTooLarge(size: buffer.count, limit: Batch.bodySizeLimit)
        }
        let counts = (items: itemCount, records: recordCount, resources: resourceCount)
        let index = BodyIndex(body: buffer.freeze(), signal: source.signal, cells: cells)
        return BatchPart(
            wholeOf: index, items: counts.items, records: counts.records,
            resources: counts.resources)
    }
}

// MARK: - Resources

extension BodyWriter {
    mutating func begin(_ group: ResourceGroup) {
        resourceGroup = ResourceGroup()
        resourceGroup.isPlain = group.isPlain
        resource = open(
            RequestTag.resourceGroups, ResourceGroup.cellCount, size: Int(group.content.size))
        resourceGroup.resource = appendField(ResourceGroupTag.resource, group.resource)
        resourceGroup.schemaURL =
            group.isPlain
            ? appendField(ResourceGroupTag.schemaURL, group.schemaURL)
            : appendSurroundings(group.content)
    }

    mutating func endResource() {
        guard recordCount > resource.recordsBefore else { return cancel(resource) }
        let distance = close(resource)
        if distance != 0 {
            resourceGroup.resource.move(by: distance)
            resourceGroup.schemaURL.move(by: distance)
            moveScopes(
                from: resource.position &+ ResourceGroup.cellCount, by: distance,
                under: resource.position)
        }
        resourceGroup.fieldOffset = UInt32(truncatingIfNeeded: resource.fieldOffset)
        resourceGroup.content = Extent(resource.contentOffset &+ distance..<buffer.count)
        resourceGroup.end = UInt32(truncatingIfNeeded: cells.count)
        resourceGroup.recordCount = UInt32(
            truncatingIfNeeded: recordCount &- resource.recordsBefore)
        resourceGroup.itemCount = UInt32(truncatingIfNeeded: itemCount &- resource.itemsBefore)
        resourceGroup.store(in: &cells, at: resource.position)
        resourceCount &+= 1
    }

    /// Puts another resource into the group that is open.
    mutating func replaceResource(_ content: borrowing ByteBuffer) {
        let distance = replaceSubject(
            resourceGroup.resource, at: resource.contentOffset, with: content.bytes)
        resourceGroup.resource = subject(at: resource.contentOffset, size: content.count)
        moveInResource(by: distance)
    }

    mutating func removeResource() {
        let distance = removeSubject(resourceGroup.resource, at: resource.contentOffset)
        resourceGroup.resource = .absent
        moveInResource(by: distance)
    }

    private mutating func moveInResource(by distance: Int) {
        if distance == 0 { return }
        resourceGroup.schemaURL.move(by: distance)
        moveScopes(
            from: resource.position &+ ResourceGroup.cellCount, by: distance,
            under: resource.position)
    }

    /// Copies what a part has of a resource group.
    mutating func copy(_ slice: ResourceSlice, of part: BatchPart) {
        let group = slice.group
        if group.isOpaque {
            if part.chosen == nil && !removesEmptyGroups { copyOpaque(group) }
        } else if slice.isWhole && !(removesEmptyGroups && source.hasEmptyScope(slice)) {
            copyWhole(group, at: slice.position)
        } else {
            begin(group)
            copyScopes(of: slice, part, before: slice.upper)
            endResource()
        }
    }

    private mutating func copyWhole(_ group: ResourceGroup, at position: Int) {
        let newPosition = cells.count
        let distance = buffer.count &- Int(group.fieldOffset)
        let body = source.body
        buffer.append(body.bytes.extracting(group.field))
        cells.append(contentsOf: source.cells[position..<Int(group.end)])
        var group = group
        group.move(by: distance)
        group.end = UInt32(truncatingIfNeeded: cells.count)
        group.store(in: &cells, at: newPosition)
        moveScopes(
            from: newPosition &+ ResourceGroup.cellCount, by: distance, under: newPosition)
        recordCount &+= Int(group.recordCount)
        itemCount &+= Int(group.itemCount)
        resourceCount &+= 1
    }

    /// Copies bytes without records. Neighbours become one, as if they had been read so.
    private mutating func copyOpaque(_ group: ResourceGroup) {
        var new = group
        let start = buffer.count
        let body = source.body
        buffer.append(body.bytes.extracting(group.field))
        new.fieldOffset = UInt32(truncatingIfNeeded: start)
        if opaquePosition >= 0, opaquePosition == cells.count - ResourceGroup.cellCount {
            new.fieldOffset = cells[opaquePosition].first
            cells.removeLast(ResourceGroup.cellCount)
        }
        new.content = Extent(Int(new.fieldOffset)..<buffer.count)
        opaquePosition = cells.count
        for _ in 0..<ResourceGroup.cellCount { cells.append(IndexCell()) }
        new.end = UInt32(truncatingIfNeeded: cells.count)
        new.store(in: &cells, at: opaquePosition)
    }
}

// MARK: - What both kinds of groups have

extension BodyWriter {
    mutating func open(_ tag: UInt32, _ cellCount: Int, size: Int) -> OpenGroup {
        var group = OpenGroup()
        group.position = cells.count
        group.fieldOffset = buffer.count
        group.mark = buffer.open(tag, expectedSize: size)
        group.contentOffset = buffer.count
        group.recordsBefore = recordCount
        group.itemsBefore = itemCount
        for _ in 0..<cellCount { cells.append(IndexCell()) }
        return group
    }

    /// Fills in a group's size; how far that moved what is in it.
    mutating func close(_ group: OpenGroup) -> Int {
        guard let mark = group.mark else { return 0 }
        let before = buffer.count
        buffer.close(mark)
        return buffer.count &- before
    }

    mutating func cancel(_ group: OpenGroup) {
        buffer.truncate(to: group.fieldOffset)
        cells.removeLast(cells.count &- group.position)
    }

    /// Copies a subject or schema URL, if it is present; where it now is.
    mutating func appendField(_ tag: UInt32, _ content: Extent) -> Extent {
        guard content.isPresent else { return .absent }
        let body = source.body
        buffer.appendField(tag, bytes: body.bytes.extracting(content.range))
        return lastPayload(of: Int(content.size))
    }

    /// Copies all fields of a group but its subject and its list, also those that are not known
    /// here; where the schema URL now is.
    mutating func appendSurroundings(_ content: Extent) -> Extent {
        let body = source.body
        let bytes = body.bytes
        var schemaURL = Extent.absent
        var cursor = WireCursor(bytes, at: Int(content.offset))
        while let field = cursor.nextField(before: content.end) {
            if field.number <= Envelope.listField { continue }
            buffer.append(bytes.extracting(field.range))
            if field.tag == ResourceGroupTag.schemaURL {
                schemaURL = lastPayload(of: field.payload.count)
            }
        }
        return schemaURL
    }

    private func lastPayload(of size: Int) -> Extent {
        Extent(buffer.count &- size..<buffer.count)
    }

    /// Puts another subject in the place of one that was written at the start of a group's content;
    /// how far that moved what is behind.
    mutating func replaceSubject(
        _ subject: Extent, at offset: Int, with content: RawSpan
    ) -> Int {
        var field = ByteBuffer(capacity: content.byteCount + 8)
        field.appendField(ResourceGroupTag.resource, bytes: content)
        return replace(subject, at: offset, with: field.bytes)
    }

    mutating func removeSubject(_ subject: Extent, at offset: Int) -> Int {
        replace(subject, at: offset, with: RawSpan())
    }

    private mutating func replace(_ subject: Extent, at offset: Int, with field: RawSpan) -> Int {
        let end = subject.isPresent ? subject.end : offset
        buffer.replace(offset..<end, with: field)
        return field.byteCount &- (end &- offset)
    }

    /// Where a subject of a size is that was put at an offset.
    func subject(at offset: Int, size: Int) -> Extent {
        let start = offset &+ Wire.headerSize(ResourceGroupTag.resource, size: size)
        return Extent(start..<start &+ size)
    }
}

extension ByteBuffer {
    /// Puts bytes in the place of others and moves what is behind them.
    fileprivate mutating func replace(_ range: Range<Int>, with bytes: RawSpan) {
        let tailSize = count - range.upperBound
        let distance = bytes.byteCount - range.count
        if distance > 0 {
            reserve(distance)
            for _ in 0..<distance { append(0) }
        }
        let target = range.upperBound + distance
        withUnsafeMutableBytes { all in
            let tail = UnsafeRawBufferPointer(rebasing: all[range.upperBound...].prefix(tailSize))
            UnsafeMutableRawBufferPointer(rebasing: all[target...]).copyMemory(from: tail)
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: all[range.lowerBound...])
                    .copyMemory(from: $0)
            }
        }
        if distance < 0 { truncate(to: count + distance) }
    }
}
