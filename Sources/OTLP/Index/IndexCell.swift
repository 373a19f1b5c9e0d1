/// Sixteen bytes of a body's index.
///
/// An index is one array of cells, in the order of the body:
///
///     resource group  scope group  record  record …  scope group  record …  resource group …
///     3 cells         3 cells      1 or 2 cells
///
/// A span has a second cell for its times. Groups without records have no cells of their own: a
/// scope group is left out, a resource group becomes part of an opaque one. So a record knows its
/// scope group, and that its resource group, by position, and an index can be walked without a
/// single further allocation.
struct IndexCell: Equatable {
    var first: UInt32 = 0
    var second: UInt32 = 0
    var third: UInt32 = 0
    var fourth: UInt32 = 0
}

/// Where something lies in a body. Offset 0 says that it is absent: a tag comes before everything.
package struct Extent: Equatable, Sendable {
    package var offset: UInt32 = 0
    package var size: UInt32 = 0

    @inline(__always)
    init(offset: UInt32, size: UInt32) {
        self.offset = offset
        self.size = size
    }

    @inline(__always)
    init(_ range: Range<Int>) {
        offset = UInt32(truncatingIfNeeded: range.lowerBound)
        size = UInt32(truncatingIfNeeded: range.count)
    }

    static let absent = Extent(offset: 0, size: 0)

    @inline(__always)
    package var isPresent: Bool { offset != 0 }
    @inline(__always)
    package var end: Int { Int(offset) &+ Int(size) }
    @inline(__always)
    package var range: Range<Int> { Int(offset)..<end }

    /// The size with a tag of one byte and a size in its shortest form; 0 if absent.
    var fieldSize: Int { isPresent ? 1 + Wire.varintSize(UInt64(size)) + Int(size) : 0 }
}

/// One `ResourceSpans`, `ResourceMetrics` or `ResourceLogs` that has records; or, if opaque, a
/// stretch of the request that has none and is only ever copied.
struct ResourceGroup {
    static let cellCount = 3

    /// Where the group's tag is.
    var fieldOffset: UInt32 = 0
    var content = Extent.absent
    /// Has no field that the schema does not know.
    var isPlain = true
    var isOpaque = false
    /// The content of `message Resource`.
    var resource = Extent.absent
    var schemaURL = Extent.absent
    /// The position behind the group's last cell.
    var end: UInt32 = 0
    var recordCount: UInt32 = 0
    var itemCount: UInt32 = 0

    /// The group with its tag.
    var field: Range<Int> { Int(fieldOffset)..<content.end }
}

/// One `ScopeSpans`, `ScopeMetrics` or `ScopeLogs` that has records.
struct ScopeGroup {
    static let cellCount = 3

    /// Where the group's tag is.
    var fieldOffset: UInt32 = 0
    var content = Extent.absent
    /// As of a resource group.
    var isPlain = true
    /// The records stand one directly after the other, with sizes in as few bytes as possible.
    var isDense = true
    /// The content of `message InstrumentationScope`.
    var scope = Extent.absent
    var schemaURL = Extent.absent
    /// The position of the resource group.
    var resourcePosition: UInt32 = 0
    var recordCount: UInt32 = 0
    var itemCount: UInt32 = 0
    /// Where the first record's tag is.
    var firstFieldOffset: UInt32 = 0

    var field: Range<Int> { Int(fieldOffset)..<content.end }
}

/// One span, metric or log record.
struct RecordEntry {
    var content: Extent
    /// The position of the scope group.
    var scopePosition: UInt32
    /// Spans: bits 0 and 1 are the status code (3 = one that the schema does not know), bit 2 says
    /// that there is no parent, bit 3 that there is neither a trace state nor an attribute
    /// `sampling.priority` (a hint: without it, there may be none either).
    var flags: UInt32
    /// Metrics: the number of data points. Others: where the trace id is, 0 if there is none.
    var detail: UInt32

    static let statusMask: UInt32 = 3
    static let rootFlag: UInt32 = 4
    static let noSamplingFieldsFlag: UInt32 = 8
    /// Bodies of 2^30 bytes have indices of at most 2^28 cells, so a position leaves four bits.
    static let positionBits: UInt32 = 28
}
