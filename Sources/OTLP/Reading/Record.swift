/// A span, metric or log record of a batch, with its resource and scope: what the index knows at
/// once, everything else read from the bytes when asked.
///
/// A view: it cannot outlive the batch it was taken from.
package struct Record: ~Escapable {
    private let body: RawSpan
    private let cells: Span<IndexCell>
    private let position: Int
    private let entry: RecordEntry

    @inline(__always)
    @_lifetime(copy body, copy cells)
    init(_ body: RawSpan, _ cells: Span<IndexCell>, at position: Int) {
        self.body = body
        self.cells = cells
        self.position = position
        entry = RecordEntry(cells[position])
    }

    package var message: Message {
        @_lifetime(copy self)
        get { Message(body, entry.content.range) }
    }

    /// `message Resource`; empty if the group has none.
    package var resource: Message {
        @_lifetime(copy self)
        get { Message(body, resourceGroup.resource.range) }
    }

    /// `message InstrumentationScope`; empty if the group has none.
    package var scope: Message {
        @_lifetime(copy self)
        get { Message(body, scopeGroup.scope.range) }
    }

    /// Where the record and all around it lie in the body, in one call.
    package var places: RecordPlaces {
        let scopeGroup = scopeGroup
        let position = Int(scopeGroup.resourcePosition)
        let group = ResourceGroup(cells[position], cells[position + 1], cells[position + 2])
        return RecordPlaces(
            resource: group.resource.range, resourceSchemaURL: group.schemaURL.range,
            scope: scopeGroup.scope.range, scopeSchemaURL: scopeGroup.schemaURL.range,
            record: entry.content.range)
    }

    package var resourceSchemaURL: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(resourceGroup.schemaURL.range) }
    }

    package var scopeSchemaURL: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(scopeGroup.schemaURL.range) }
    }

    /// The same for all records of a resource group, so that what is decided for a resource can be
    /// remembered; groups of one batch part only.
    package var resourcePosition: Int { Int(scopeGroup.resourcePosition) }
    package var scopePosition: Int { Int(entry.scopePosition) }

    private var scopeGroup: ScopeGroup {
        let position = Int(entry.scopePosition)
        return ScopeGroup(cells[position], cells[position + 1], cells[position + 2])
    }

    private var resourceGroup: ResourceGroup {
        let position = resourcePosition
        return ResourceGroup(cells[position], cells[position + 1], cells[position + 2])
    }
}

/// Ranges of a body: a record's content, and what it belongs to. What is absent is empty.
package struct RecordPlaces: Sendable {
    package var resource: Range<Int>
    package var resourceSchemaURL: Range<Int>
    package var scope: Range<Int>
    package var scopeSchemaURL: Range<Int>
    package var record: Range<Int>

    package init(
        resource: Range<Int>, resourceSchemaURL: Range<Int>, scope: Range<Int>,
        scopeSchemaURL: Range<Int>, record: Range<Int>
    ) {
        self.resource = resource
        self.resourceSchemaURL = resourceSchemaURL
        self.scope = scope
        self.scopeSchemaURL = scopeSchemaURL
        self.record = record
    }
}

extension Record {
    /// Spans and log records: the trace id, `nil` if it is empty. (Metrics have none.)
    package var traceID: TraceID? {
        entry.detail == 0 ? nil : TraceID(WireCursor(body), at: Int(entry.detail))
    }

    /// Metrics: the number of data points.
    package var dataPointCount: Int { Int(entry.detail) }

    /// Spans: nanoseconds since 1970.
    package var startTime: UInt64 {
        let cell = cells[position + 1]
        return UInt64(cell.first) | UInt64(cell.second) << 32
    }

    package var endTime: UInt64 {
        let cell = cells[position + 1]
        return UInt64(cell.third) | UInt64(cell.fourth) << 32
    }

    package var status: SpanStatus {
        switch entry.flags & RecordEntry.statusMask {
        case 0: .unset
        case 1: .ok
        case 2: .error
        default: .unknown
        }
    }

    /// Spans: whether there can be a trace state or an attribute `sampling.priority`. Most have
    /// neither, and nobody need look.
    package var mayHaveSamplingFields: Bool {
        entry.flags & RecordEntry.noSamplingFieldsFlag == 0
    }

    /// Spans: there is no parent.
    package var isRoot: Bool { entry.flags & RecordEntry.rootFlag != 0 }
}

/// `enum Status.StatusCode`
package enum SpanStatus: Sendable {
    case unset, ok, error
    /// A number that OTLP does not define.
    case unknown
}
