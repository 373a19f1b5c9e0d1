import Primitives

/// Changes messages in a repeated field of another one: the events of a span, the data points of a
/// metric.
package protocol PartRewriter: ~Copyable {
    /// - Parameter kind: The tag of the list that the part is in: `SpanTag.events`;
    ///   `MetricTag.gauge` or its like for a data point. (A span's events and a summary have the
    ///   same tag.)
    mutating func rewritePart(
        _ part: borrowing Message, of kind: UInt32, into output: inout ByteBuffer
    ) -> Rewriting
}

/// What became of a message whose parts were rewritten.
package struct NestedRewriting: Sendable {
    /// `keep` if all parts were kept: what was appended then must be taken back.
    package var rewriting = Rewriting.keep
    /// The parts that are left.
    package var partCount = 0
}

extension ByteBuffer {
    /// Appends the content of a message with what becomes of the messages in a repeated field.
    ///
    /// The result is `amend` if something changed.
    package mutating func append(
        _ message: borrowing Message, rewriting tag: UInt32,
        with rewriter: inout (some PartRewriter & ~Copyable)
    ) -> NestedRewriting {
        var result = appendList(message.body, message.range, tag, kind: tag, with: &rewriter)
        if result.rewriting == .replace { result.rewriting = .amend }
        return result
    }

    /// Appends the content of a metric with what becomes of its data points. The result is
    /// `replace` if points were removed.
    package mutating func appendMetric(
        _ metric: borrowing Message,
        rewritingPointsWith rewriter: inout (some PartRewriter & ~Copyable)
    ) -> NestedRewriting {
        var result = NestedRewriting()
        // Of the oneof, the last member counts.
        let kind = metric.pointsTag
        let bytes = metric.body
        var cursor = WireCursor(bytes, at: metric.range.lowerBound)
        while let field = cursor.nextField(before: metric.range.upperBound) {
            guard field.tag == kind else {
                append(bytes.extracting(field.range))
                continue
            }
            let mark = open(field.tag, expectedSize: field.payload.count)
            let points = appendList(
                bytes, field.payload, MetricPointsTag.dataPoints, kind: kind, with: &rewriter)
            close(mark)
            result.add(points)
        }
        return result
    }

    private mutating func appendList(
        _ bytes: RawSpan, _ range: Range<Int>, _ tag: UInt32, kind: UInt32,
        with rewriter: inout (some PartRewriter & ~Copyable)
    ) -> NestedRewriting {
        var result = NestedRewriting()
        var cursor = WireCursor(bytes, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            guard field.tag == tag else {
                append(bytes.extracting(field.range))
                continue
            }
            let start = count
            let mark = open(tag, expectedSize: field.payload.count)
            let part = rewriter.rewritePart(Message(bytes, field.payload), of: kind, into: &self)
            switch part {
            case .keep:
                truncate(to: start)
                append(bytes.extracting(field.range))
            case .replace, .amend: close(mark)
            case .remove: truncate(to: start)
            }
            result.add(part)
        }
        return result
    }
}

extension NestedRewriting {
    fileprivate mutating func add(_ part: Rewriting) {
        if part != .remove { partCount &+= 1 }
        switch part {
        case .keep: break
        case .replace, .amend: if rewriting == .keep { rewriting = .amend }
        case .remove: rewriting = .replace
        }
    }

    fileprivate mutating func add(_ other: NestedRewriting) {
        partCount &+= other.partCount
        if rewriting != .replace, other.rewriting != .keep { rewriting = other.rewriting }
    }
}

extension Message {
    /// The member of a metric's oneof that counts: the last one. 0 if there is none.
    package var pointsTag: UInt32 {
        var last: UInt32 = 0
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            if MetricTag.isPoints(field.tag) { last = field.tag }
        }
        return last
    }
}

extension MetricTag {
    /// The tag of the attributes in a data point, by the kind of the metric.
    package static func pointAttributes(_ kind: UInt32) -> UInt32 {
        switch kind {
        case histogram: 9 << 3 | 2
        case exponentialHistogram: 1 << 3 | 2
        default: 7 << 3 | 2
        }
    }
}
