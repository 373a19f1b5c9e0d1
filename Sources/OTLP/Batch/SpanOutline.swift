import Primitives

/// What the index says of a span: enough to sort it to its trace.
package struct SpanOutline: Sendable {
    /// The zero id if the span has none.
    package let traceID: TraceID
    /// By which it is known to a `SpanStock` and to `SpanRecords`.
    package let position: UInt32
    /// The size of the span with its tag and size.
    package let size: UInt32
    /// Grows with each scope group of the part.
    package let scopeNumber: UInt32
    /// The number of the first scope group of its resource group.
    package let firstScopeNumber: UInt32
    /// What stands around the spans of its scope group in a request, about.
    package let scopeOverhead: UInt32
    /// What stands around the scope groups of its resource group in a request, about.
    package let resourceOverhead: UInt32
    package let isRoot: Bool
}

/// The spans of one part of a batch by their positions.
///
/// A view: it cannot outlive the batch it was taken from.
package struct SpanRecords: ~Escapable {
    private let body: RawSpan
    private let cells: Span<IndexCell>

    @_lifetime(copy body, copy cells)
    fileprivate init(_ body: RawSpan, _ cells: Span<IndexCell>) {
        self.body = body
        self.cells = cells
    }

    package subscript(position: UInt32) -> Record {
        @_lifetime(copy self)
        get { Record(body, cells, at: Int(position)) }
    }
}

extension Batch {
    /// How many bodies, or pieces of bodies, the batch refers to.
    package var partCount: Int { parts.count }

    /// Appends the outlines of the spans of one part, in order.
    package func appendSpans(ofPart index: Int, to outlines: inout [SpanOutline]) {
        let part = parts[index]
        var walk = SpanWalk(part, part.index.body.bytes, part.index.cells.span)
        while walk.next() { outlines.append(walk.outline) }
    }

    @_lifetime(borrow self)
    package func records(ofPart index: Int) -> SpanRecords {
        let part = parts[index]
        let records = SpanRecords(part.index.body.bytes, part.index.cells.span)
        // The part belongs to the batch, and so do body and cells.
        return unsafe _overrideLifetime(records, borrowing: self)
    }
}

/// Goes through the spans of one part of a batch.
private struct SpanWalk: ~Escapable {
    private let part: BatchPart
    private let body: RawSpan
    private let cells: Span<IndexCell>
    private var resource: ResourceSlice
    private var scope: ScopeSlice
    private var entry: RecordEntry

    /// Of the span that `next` has moved to.
    private var position = 0
    private var scopeNumber: UInt32 = 0
    private var firstScopeNumber: UInt32 = 0

    @_lifetime(copy body, copy cells)
    init(_ part: BatchPart, _ body: RawSpan, _ cells: Span<IndexCell>) {
        self.part = part
        self.body = body
        self.cells = cells
        resource = Self.before(part.firstResourcePosition)
        scope = ScopeSlice(
            position: 0, group: ScopeGroup(), lower: 0, upper: 0, isWhole: false)
        entry = RecordEntry(content: .absent, scopePosition: 0, flags: 0, detail: 0)
    }

    /// A slice behind which the walk begins.
    private static func before(_ position: Int) -> ResourceSlice {
        var group = ResourceGroup()
        group.end = UInt32(truncatingIfNeeded: position)
        return ResourceSlice(
            position: position, group: group, lower: position, upper: position, isWhole: false)
    }

    /// Moves to the next span.
    @_lifetime(self: copy self)
    mutating func next() -> Bool {
        var next = position &+ 2
        if next < scope.upper { next = part.nextRecord(from: next, in: scope) }
        while next >= scope.upper {
            guard enterNextScope() else { return false }
            next = part.nextRecord(from: scope.lower, in: scope)
        }
        position = next
        entry = RecordEntry(cells[next])
        return true
    }

    @_lifetime(self: copy self)
    private mutating func enterNextScope() -> Bool {
        var next = scope.upper > 0 ? part.positionBehind(scope) : resource.upper
        while next >= resource.upper {
            guard enterNextResource() else { return false }
            next = part.firstScopePosition(of: resource)
        }
        scope = part.scopeSlice(at: next)
        scopeNumber &+= 1
        return true
    }

    @_lifetime(self: copy self)
    private mutating func enterNextResource() -> Bool {
        var next = Int(resource.group.end)
        while next < part.upper {
            resource = part.resourceSlice(at: next)
            if !resource.group.isOpaque {
                firstScopeNumber = scopeNumber &+ 1
                return true
            }
            next = Int(resource.group.end)
        }
        return false
    }
}

extension SpanWalk {
    var outline: SpanOutline {
        SpanOutline(
            // Without an id, `detail` is 0.
            traceID: entry.detail == 0
                ? TraceID(high: 0, low: 0) : TraceID(WireCursor(body), at: Int(entry.detail)),
            position: UInt32(truncatingIfNeeded: position),
            size: UInt32(truncatingIfNeeded: entry.fieldSize),
            scopeNumber: scopeNumber, firstScopeNumber: firstScopeNumber,
            scopeOverhead: Self.overhead(of: scope.group.scope),
            resourceOverhead: Self.overhead(of: resource.group.resource),
            isRoot: entry.flags & RecordEntry.rootFlag != 0)
    }

    /// Tag and size of a group of 128 to 16,383 bytes, and its resource or scope.
    private static func overhead(of subject: Extent) -> UInt32 {
        UInt32(truncatingIfNeeded: 3 &+ subject.fieldSize)
    }
}
