import OTLP
import Pipeline
import Primitives

/// Kept spans on their way out: gathered over the traces that are decided at a time, so that they
/// leave in few batches, each with whole traces.
struct Departures: Sendable {
    /// A batch leaves from this size on …
    private static let sizeLimit = 1 << 20
    /// … and the spans of one trace are moved to it in pieces of about so many.
    private static let placeLimit = 8192

    /// Spans that are marked alike.
    private struct Group: Sendable {
        let mark: SpanMark
        var batch = Batch(.traces)
        var places: [SpanStock.Place] = []
        /// By trace, if the mark has a threshold.
        var thresholds: [TraceID: UInt64] = [:]
    }

    private let recordsPolicy: Bool
    private var groups: [Group] = []
    private var current = 0
    /// Bytes of one span of the current trace, about.
    private var spanSize = 0
    /// Bytes of spans that are still in the stock, about.
    private(set) var byteCount = 0
    private var gatheredSize = 0

    init(recordsPolicy: Bool) {
        self.recordsPolicy = recordsPolicy
    }

    /// Starts the spans of a trace; `add` follows for each.
    mutating func begin(_ trace: TraceSummary, _ verdict: PolicyVerdict) {
        select(mark(for: verdict))
        if let threshold = verdict.threshold { groups[current].thresholds[trace.id] = threshold }
        spanSize = trace.byteCount / max(trace.spanCount, 1)
        gatheredSize += trace.byteCount
    }

    private func mark(for verdict: PolicyVerdict) -> SpanMark {
        var mark = SpanMark()
        if recordsPolicy {
            mark.policy = verdict.policy
            mark.subPolicy = verdict.subPolicy
        }
        mark.hasThreshold = verdict.threshold != nil
        return mark
    }

    @inline(__always)
    mutating func add(_ place: SpanStock.Place, from stock: inout SpanStock) {
        groups[current].places.append(place)
        byteCount &+= spanSize
        if groups[current].places.count >= Self.placeLimit { move(from: &stock) }
    }

    /// Adds a span of a trace that was kept before.
    ///
    /// - Parameter verdict: What is remembered of the decision.
    mutating func add(
        late place: SpanStock.Place, of id: TraceID, _ verdict: PolicyVerdict, size: Int
    ) {
        var mark = mark(for: verdict)
        mark.isLate = recordsPolicy
        select(mark)
        if let threshold = verdict.threshold { groups[current].thresholds[id] = threshold }
        groups[current].places.append(place)
        byteCount &+= size
        gatheredSize &+= size
    }

    /// Whether it is time to leave, at the end of a trace.
    var isFull: Bool { gatheredSize > Self.sizeLimit }

    mutating func leave(
        from stock: inout SpanStock, with policies: PolicySet, into output: inout Output
    ) {
        if groups.isEmpty { return }
        move(from: &stock)
        for group in groups {
            output.forward(
                group.mark.isEmpty
                    ? group.batch : group.mark.marked(group.batch, policies, group.thresholds))
        }
        groups.removeAll(keepingCapacity: true)
        gatheredSize = 0
    }

    /// Takes out of the stock what has been added so far.
    private mutating func move(from stock: inout SpanStock) {
        for index in groups.indices where !groups[index].places.isEmpty {
            var places: [SpanStock.Place] = []
            swap(&places, &groups[index].places)
            stock.take(places, into: &groups[index].batch)
        }
        byteCount = 0
    }

    private mutating func select(_ mark: SpanMark) {
        if current < groups.count, groups[current].mark == mark { return }
        if let index = groups.firstIndex(where: { $0.mark == mark }) {
            current = index
        } else {
            current = groups.count
            groups.append(Group(mark: mark))
        }
    }
}
