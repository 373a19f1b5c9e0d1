import Primitives

/// Telemetry of one signal on its way: records that stand in validated bodies, as they arrived.
///
/// A value, cheap to copy and to share between threads; what changes it makes another one that
/// refers to the same bytes. A body is freed with the last batch that refers to it.
package struct Batch: Sendable {
    /// Offsets within bodies have 32 bits, and positions in an index 28.
    package static let bodySizeLimit = 1 << 30

    package let signal: Signal
    /// Spans, data points or log records.
    package private(set) var itemCount = 0
    /// Spans, metrics or log records.
    package private(set) var recordCount = 0
    /// `ResourceSpans`, `ResourceMetrics` or `ResourceLogs`, before equal ones are merged.
    package private(set) var resourceCount = 0
    /// The size of the encoded form, or a little more: merging resources makes it smaller.
    package private(set) var byteCount = 0
    private(set) var parts: [BatchPart] = []

    package var isEmpty: Bool { itemCount == 0 }

    /// Nothing of a signal, to append to.
    package init(_ signal: Signal) {
        self.signal = signal
    }

    /// Reads an export request of the signal (`ExportTraceServiceRequest`; `TracesData` is the same
    /// on the wire) in one pass that validates all of it.
    package init(validating body: Body, as signal: Signal) throws(OTLPError) {
        guard body.count <= Self.bodySizeLimit else {
            throw .bodyTooLarge(size: body.count, limit: Self.bodySizeLimit)
        }
        self.init(signal)
        var indexer = Indexer(signal, bodySize: body.count)
        do {
            try indexer.readRequest(body.bytes)
        } catch {
            throw .malformed(error)
        }
        if indexer.needsNormalForm {
            try self.init(validating: NormalForm.of(body), as: signal)
        } else if body.count > 0 {
            append(BatchPart(body, indexer))
        }
    }

    /// Puts the records of another batch of the same signal behind those of this one.
    package mutating func append(_ other: Batch) {
        precondition(other.signal == signal, "a batch holds one signal")
        parts.append(contentsOf: other.parts)
        itemCount += other.itemCount
        recordCount += other.recordCount
        resourceCount += other.resourceCount
        byteCount += other.byteCount
    }

    /// Splits: takes the first `count` items out of the batch, or all if there are no more.
    ///
    /// Like otelcol's batch processor: groups that fit go whole, of the one that does not a part
    /// goes with a copy of its resource and scope, and a metric is divided between its data points.
    /// Unlike there, both halves of a metric keep its metadata and all fields unknown here.
    package mutating func removeFirst(items count: Int) -> Batch {
        var front = Batch(signal)
        guard count < itemCount else {
            swap(&front, &self)
            return front
        }
        var taken = 0
        while taken < parts.count, parts[taken].itemCount <= count - front.itemCount {
            front.append(parts[taken])
            subtract(parts[taken])
            taken += 1
        }
        guard front.itemCount < count else {
            parts.removeFirst(taken)
            return front
        }
        let halves = parts[taken].divided(afterItems: count - front.itemCount)
        for part in halves.front { front.append(part) }
        subtract(parts[taken])
        for part in halves.rest { add(part) }
        parts.replaceSubrange(...taken, with: halves.rest)
        return front
    }

    mutating func append(_ part: BatchPart) {
        parts.append(part)
        add(part)
    }

    private mutating func add(_ part: BatchPart) {
        itemCount += part.itemCount
        recordCount += part.recordCount
        resourceCount += part.resourceCount
        byteCount += part.byteCount
    }

    private mutating func subtract(_ part: BatchPart) {
        itemCount -= part.itemCount
        recordCount -= part.recordCount
        resourceCount -= part.resourceCount
        byteCount -= part.byteCount
    }
}
