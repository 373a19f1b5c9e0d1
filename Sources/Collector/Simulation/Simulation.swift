import Configuration
import OTLP
import Pipeline
import Primitives

/// Runs what was recorded through the processors of one or two configurations, and keeps count.
///
/// The time is that of the recording: the latest time in each request, never going back.
struct Simulation {
    /// A configuration's pipeline and what it did.
    struct Lane {
        var pipeline: SimulatedPipeline
        var outcomes = TraceOutcomes()
        /// By number of the service: spans, data points or log records that left, and errors.
        var kept = ItemCounts()
    }

    /// Items by number of the service.
    struct ItemCounts {
        private(set) var items: [Int] = []

        var total: Int { items.reduce(0, +) }
        subscript(service: Int) -> Int { service < items.count ? items[service] : 0 }

        mutating func add(_ count: Int, to service: Int) {
            while items.count <= service { items.append(0) }
            items[service] += count
        }
    }

    /// The configuration in question.
    private(set) var lanes: [Lane]
    /// The one that it is compared with.
    private(set) var otherLanes: [Lane]
    private(set) var traces = TraceTable()
    private(set) var services = NameTable()
    private(set) var incoming: [Signal: ItemCounts] = [:]
    private(set) var requestCount = 0
    /// Items of signals that no pipeline carries.
    private(set) var ignored: [Signal: Int] = [:]
    /// Nanoseconds since 1970.
    private(set) var firstTime: UInt64?
    private(set) var lastTime: UInt64 = 0

    init(_ pipelines: [SimulatedPipeline], against others: [SimulatedPipeline]) {
        lanes = pipelines.map { Lane(pipeline: $0) }
        otherLanes = others.map { Lane(pipeline: $0) }
    }

    static let unnamedService = "(no service.name)"

    mutating func give(_ batch: Batch) {
        requestCount += 1
        if batch.isEmpty { return }
        let signal = batch.signal
        guard lanes.contains(where: { $0.pipeline.signal == signal }) else {
            ignored[signal, default: 0] += batch.itemCount
            return
        }
        if let time = batch.latestTime { lastTime = max(lastTime, time) }
        firstTime = firstTime ?? lastTime
        noteIncoming(batch)
        let now = Instant(nanoseconds: lastTime)
        for index in lanes.indices where lanes[index].pipeline.signal == signal {
            lanes[index].pipeline.give(batch, at: now)
            Self.settle(&lanes[index], traces, &services)
        }
        for index in otherLanes.indices where otherLanes[index].pipeline.signal == signal {
            otherLanes[index].pipeline.give(batch, at: now)
            Self.settle(&otherLanes[index], traces, &services)
        }
    }

    /// After the last request.
    mutating func finish() {
        for index in lanes.indices {
            lanes[index].pipeline.drain()
            Self.settle(&lanes[index], traces, &services)
        }
        for index in otherLanes.indices {
            otherLanes[index].pipeline.drain()
            Self.settle(&otherLanes[index], traces, &services)
        }
    }

    private mutating func noteIncoming(_ batch: Batch) {
        for group in batch.grouped(byResourceAttribute: "service.name") {
            let service = services.number(of: group.value ?? Self.unnamedService)
            incoming[batch.signal, default: ItemCounts()].add(group.batch.itemCount, to: service)
            guard batch.signal == .traces else { continue }
            group.batch.forEachRecord { traces.note($0, service: service) }
        }
    }

    private static func settle(
        _ lane: inout Lane, _ traces: TraceTable, _ services: inout NameTable
    ) {
        let (delivered, verdicts) = lane.pipeline.take()
        for verdict in verdicts {
            lane.outcomes.note(verdict, about: traces.position(of: verdict.traceID))
        }
        for batch in delivered {
            for group in batch.grouped(byResourceAttribute: "service.name") {
                let service = services.number(of: group.value ?? unnamedService)
                lane.kept.add(group.batch.itemCount, to: service)
            }
            guard batch.signal == .traces else { continue }
            batch.forEachRecord { span in
                let id = span.traceID ?? TraceID(high: 0, low: 0)
                if let position = traces.position(of: id) { lane.outcomes.noteKept(position) }
            }
        }
    }
}

extension Batch {
    /// The latest end of a span, or time of a log record or data point, in nanoseconds since 1970.
    /// Times that cannot be right, zero or after 2200, do not count.
    fileprivate var latestTime: UInt64? {
        let limit: UInt64 = 7_258_118_400_000_000_000
        var latest: UInt64?
        func note(_ time: UInt64?) {
            if let time, time > latest ?? 0, time < limit { latest = time }
        }
        forEachRecord { record in
            switch signal {
            case .traces: note(record.endTime)
            case .logs:
                note(record.message.fixed64(LogRecordTag.time))
                note(record.message.fixed64(LogRecordTag.observedTime))
            case .metrics: Self.forEachPointTime(of: record.message) { note($0) }
            }
        }
        return latest
    }

    /// `time_unix_nano` is field 3 of data points of each kind.
    private static let pointTime: UInt32 = 3 << 3 | 1

    private static func forEachPointTime(
        of metric: borrowing Message, _ visit: (UInt64?) -> Void
    ) {
        let kinds = [
            MetricTag.gauge, MetricTag.sum, MetricTag.histogram, MetricTag.exponentialHistogram,
            MetricTag.summary,
        ]
        for kind in kinds {
            guard let list = metric.message(kind) else { continue }
            var points = list.messages(MetricPointsTag.dataPoints)
            while let point = points.next() { visit(point.fixed64(pointTime)) }
        }
    }
}
