// Reads from a record that this program wrote what the index knows of it, without validating it.

extension WireCursor {
    /// Fills `entry`; of a span, returns the cell with its times.
    func readAgain(
        before end: Int, _ entry: inout RecordEntry, _ signal: Signal
    ) -> IndexCell {
        switch signal {
        case .traces: return readSpanAgain(before: end, &entry)
        case .metrics: entry.detail = readMetricAgain(before: end)
        case .logs: entry.detail = readLogRecordAgain(before: end)
        }
        return IndexCell()
    }

    private func readSpanAgain(before end: Int, _ entry: inout RecordEntry) -> IndexCell {
        var start: UInt64 = 0
        var finish: UInt64 = 0
        var hasParent = false
        var status: UInt32 = 0
        var cursor = self
        entry.detail = 0
        while let field = cursor.nextField(before: end) {
            switch field.tag {
            case SpanTag.traceID: entry.detail = identifierOffset(field.payload, size: 16)
            case SpanTag.parentSpanID:
                let offset = Int(identifierOffset(field.payload, size: 8))
                hasParent = offset > 0 && word(at: offset) != 0
            case SpanTag.startTime: start = word(at: field.payload.lowerBound)
            case SpanTag.endTime: finish = word(at: field.payload.lowerBound)
            case SpanTag.status: status = statusCode(in: field.payload, previous: status)
            default: break
            }
        }
        entry.flags = status | (hasParent ? 0 : RecordEntry.rootFlag)
        return IndexCell(
            first: UInt32(truncatingIfNeeded: start),
            second: UInt32(truncatingIfNeeded: start &>> 32),
            third: UInt32(truncatingIfNeeded: finish),
            fourth: UInt32(truncatingIfNeeded: finish &>> 32))
    }

    private func identifierOffset(_ payload: Range<Int>, size: Int) -> UInt32 {
        payload.count == size ? UInt32(truncatingIfNeeded: payload.lowerBound) : 0
    }

    private func statusCode(in range: Range<Int>, previous: UInt32) -> UInt32 {
        var code = previous
        var cursor = WireCursor(bytes, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            guard field.tag == StatusTag.code else { continue }
            var value = WireCursor(bytes, at: field.payload.lowerBound)
            let number = (try? value.varint(before: field.payload.upperBound)) ?? 0
            code = UInt32(truncatingIfNeeded: min(number, 3))
        }
        return code
    }

    private func readLogRecordAgain(before end: Int) -> UInt32 {
        var traceIDOffset: UInt32 = 0
        var cursor = self
        while let field = cursor.nextField(before: end) {
            guard field.tag == LogRecordTag.traceID else { continue }
            traceIDOffset = identifierOffset(field.payload, size: 16)
        }
        return traceIDOffset
    }

    private func readMetricAgain(before end: Int) -> UInt32 {
        var count: UInt32 = 0
        var pointsTag: UInt32 = 0
        var cursor = self
        while let field = cursor.nextField(before: end) {
            guard MetricTag.isPoints(field.tag) else { continue }
            if field.tag != pointsTag { count = 0 }
            pointsTag = field.tag
            var list = WireCursor(bytes, at: field.payload.lowerBound)
            while let entry = list.nextField(before: field.payload.upperBound) {
                if entry.tag == MetricPointsTag.dataPoints { count &+= 1 }
            }
        }
        return count
    }
}
