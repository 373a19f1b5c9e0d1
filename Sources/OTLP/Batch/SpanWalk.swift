import Primitives

/// The spans of one part of a batch, one after the other, each with the position by which it is
/// known to a `SpanStock`.
///
/// A view: it cannot outlive the batch it was taken from.
package struct SpanWalk: ~Escapable {
    private let part: BatchPart
    private let body: RawSpan
    private let cells: Span<IndexCell>
    private var resource: ResourceSlice
    private var scope: ScopeSlice
    private var entry: RecordEntry

    /// Of the span that `next` has moved to.
    package private(set) var position = 0
    /// Grows with each scope group.
    package private(set) var scopeNumber: UInt32 = 0
    /// The number of the first scope group of this resource group.
    package private(set) var firstScopeNumber: UInt32 = 0

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
    package mutating func next() -> Bool {
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
    package var record: Record {
        @_lifetime(copy self)
        get { Record(body, cells, at: position) }
    }

    /// The zero id if the span has none.
    package var traceID: TraceID {
        entry.detail == 0
            ? TraceID(high: 0, low: 0) : TraceID(WireCursor(body), at: Int(entry.detail))
    }

    package var isRoot: Bool { entry.flags & RecordEntry.rootFlag != 0 }

    /// The size of the span with its tag and size.
    package var size: Int { entry.fieldSize }

    /// What stands around the spans of this scope group in a request, about.
    package var scopeOverhead: Int {
        Self.groupHeaderSize &+ scope.group.scope.fieldSize
    }

    /// What stands around the scope groups of this resource group in a request, about.
    package var resourceOverhead: Int {
        Self.groupHeaderSize &+ resource.group.resource.fieldSize
    }

    /// A tag, and the size of a group of 128 to 16,383 bytes.
    private static let groupHeaderSize = 3
}

extension Batch {
    /// How many bodies, or pieces of bodies, the batch refers to.
    package var partCount: Int { parts.count }

    /// The spans of one part, in order.
    @_lifetime(borrow self)
    package func spans(ofPart index: Int) -> SpanWalk {
        let part = parts[index]
        let walk = SpanWalk(part, part.index.body.bytes, part.index.cells.span)
        // The part belongs to the batch, and so do body and cells.
        return unsafe _overrideLifetime(walk, borrowing: self)
    }
}
