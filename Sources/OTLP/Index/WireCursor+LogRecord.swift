extension WireCursor {
    /// `message LogRecord`: validates it and returns where the trace id is, 0 if there is none.
    ///
    ///     fixed64 time_unix_nano = 1; SeverityNumber severity_number = 2;
    ///     string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6;
    ///     uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9;
    ///     bytes span_id = 10; fixed64 observed_time_unix_nano = 11; string event_name = 12;
    @inline(never)
    func readLogRecord(before end: Int) throws(WireFailure) -> UInt32 {
        var traceIDOffset: UInt32 = 0
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case LogRecordTag.attributes: try cursor.skipKeyValues(tag, before: end, depth: 4)
            case LogRecordTag.time, LogRecordTag.observedTime:
                _ = try cursor.fixed64(before: end)
            case LogRecordTag.severityNumber, LogRecordTag.droppedAttributesCount:
                _ = try cursor.varint(before: end)
            case LogRecordTag.severityText, LogRecordTag.eventName:
                try cursor.skipString(before: end)
            case LogRecordTag.body:
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkAnyValue(before: next, depth: 4)
                cursor.offset = next
            case LogRecordTag.flags: _ = try cursor.fixed32(before: end)
            case LogRecordTag.traceID: traceIDOffset = try cursor.skipTraceID(before: end)
            case LogRecordTag.spanID: _ = try cursor.skipSpanID(before: end)
            default:
                if tag >> 3 != 4 { try cursor.refuse(tag, ifAnyOf: 1...12) }
                try cursor.skip(tag, before: end, depth: 3)
            }
        }
        return traceIDOffset
    }
}
