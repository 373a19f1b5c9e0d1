// The hot path: more bytes pass through here than through everything else together.

extension WireCursor {
    /// `message Span`: validates it, fills `entry` and returns the cell with its times.
    ///
    ///     bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
    ///     string name = 5; SpanKind kind = 6; fixed64 start_time_unix_nano = 7;
    ///     fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    ///     uint32 dropped_attributes_count = 10; repeated Event events = 11;
    ///     uint32 dropped_events_count = 12; repeated Link links = 13;
    ///     uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16;
    @inline(never)
    func readSpan(before end: Int, _ entry: inout RecordEntry) throws(WireFailure) -> IndexCell {
        var start: UInt64 = 0
        var finish: UInt64 = 0
        var traceIDOffset: UInt32 = 0
        var hasParent = false
        var status: UInt32 = 0
        var hints = RecordEntry.noSamplingFieldsFlag
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case SpanTag.attributes:
                let run = try cursor.endOfKeyValues(tag, before: end, depth: 4)
                if run.mayHavePriority { hints = 0 }
                cursor.offset = run.offset
            case SpanTag.traceID: traceIDOffset = try cursor.skipTraceID(before: end)
            case SpanTag.spanID: _ = try cursor.skipSpanID(before: end)
            case SpanTag.parentSpanID: hasParent = try cursor.skipSpanID(before: end)
            case SpanTag.name: try cursor.skipString(before: end)
            case SpanTag.traceState:
                hints = 0
                try cursor.skipString(before: end)
            case SpanTag.kind, SpanTag.droppedAttributesCount, SpanTag.droppedEventsCount,
                SpanTag.droppedLinksCount:
                _ = try cursor.varint(before: end)
            case SpanTag.startTime: start = try cursor.fixed64(before: end)
            case SpanTag.endTime: finish = try cursor.fixed64(before: end)
            case SpanTag.events:
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkEvent(before: next)
                cursor.offset = next
            case SpanTag.links:
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkLink(before: next)
                cursor.offset = next
            case SpanTag.status:
                let next = try cursor.payloadEnd(before: end)
                status = try cursor.readStatus(before: next, previous: status)
                cursor.offset = next
            case SpanTag.flags: _ = try cursor.fixed32(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...16)
                try cursor.skip(tag, before: end, depth: 3)
            }
        }
        entry.detail = traceIDOffset
        entry.flags = status | (hasParent ? 0 : RecordEntry.rootFlag) | hints
        return IndexCell(
            first: UInt32(truncatingIfNeeded: start),
            second: UInt32(truncatingIfNeeded: start &>> 32),
            third: UInt32(truncatingIfNeeded: finish),
            fourth: UInt32(truncatingIfNeeded: finish &>> 32))
    }

    /// `message Event { fixed64 time_unix_nano = 1; string name = 2;
    /// repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }`
    @inline(never)
    private func checkEvent(before end: Int) throws(WireFailure) {
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case EventTag.time: _ = try cursor.fixed64(before: end)
            case EventTag.name: try cursor.skipString(before: end)
            case EventTag.attributes: try cursor.skipKeyValues(tag, before: end, depth: 5)
            case EventTag.droppedAttributesCount: _ = try cursor.varint(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...4)
                try cursor.skip(tag, before: end, depth: 4)
            }
        }
    }

    /// `message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3;
    /// repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5; fixed32 flags = 6; }`
    @inline(never)
    private func checkLink(before end: Int) throws(WireFailure) {
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case LinkTag.traceID: _ = try cursor.skipTraceID(before: end)
            case LinkTag.spanID: _ = try cursor.skipSpanID(before: end)
            case LinkTag.traceState: try cursor.skipString(before: end)
            case LinkTag.attributes: try cursor.skipKeyValues(tag, before: end, depth: 5)
            case LinkTag.droppedAttributesCount: _ = try cursor.varint(before: end)
            case LinkTag.flags: _ = try cursor.fixed32(before: end)
            default:
                try cursor.refuse(tag, ifAnyOf: 1...6)
                try cursor.skip(tag, before: end, depth: 4)
            }
        }
    }

    /// `message Status { string message = 2; StatusCode code = 3; }`: the code, or 3 if the schema
    /// does not know it. A second status of a span amends the first, hence `previous`.
    @inline(never)
    private func readStatus(before end: Int, previous: UInt32) throws(WireFailure) -> UInt32 {
        var code = previous
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case StatusTag.message: try cursor.skipString(before: end)
            case StatusTag.code:
                code = UInt32(truncatingIfNeeded: min(try cursor.varint(before: end), 3))
            default:
                try cursor.refuse(tag, ifAnyOf: 2...3)
                try cursor.skip(tag, before: end, depth: 4)
            }
        }
        return code
    }
}
