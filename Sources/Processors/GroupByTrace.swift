import Configuration
import OTLP
import Pipeline
import Primitives

/// Holds the spans of a trace for a while and passes them on together.
///
/// Documented in `docs/processors/groupbytrace.md`.
///
/// Spans stay in the bodies they arrived in and are known by their places; a trace that leaves
/// takes its bytes along. When there is no room for another trace, the oldest one leaves early.
package struct GroupByTrace: Processor {
    package static let name = "groupbytrace"
    package static let summary = "passes on the spans of a trace together"
    package static let signals: Set<Signal> = [.traces]
    package static let state = ProcessorState.shared

    private let wait: Duration
    private let traceLimit: Int
    private var traces = TraceTable()
    private var chains = SpanChains()
    private var stock = SpanStock()
    private var counts = Counts()

    private struct Counts: Sendable {
        var traces = 0
        var spans = 0
        var early = 0
    }

    package init(from section: inout Section) {
        wait = section.take(
            "wait_duration", default: .seconds(1), in: .milliseconds(1) ... .seconds(86_400),
            "how long the spans of a trace are waited for, from the first one on")
        traceLimit = section.take(
            "num_traces", default: 1_000_000, in: 1...Int(Int32.max),
            "how many traces wait at once; beyond it the oldest leaves early")
        section.ignore("num_workers", because: "the work is divided by trace id as it comes")
        for (key, doc) in [
            ("discard_orphans", "whether traces without a root span are dropped"),
            ("store_on_disk", "whether waiting traces are kept on disk"),
        ] where section.take(key, default: false, "\(doc); only false is in this build") {
            section.refuse(key, "is true, which is not in this build", hint: "remove it")
        }
    }

    private init(wait: Duration, traceLimit: Int) {
        self.wait = wait
        self.traceLimit = traceLimit
    }

    package var shardLimit: Int { 16 }

    package func shard(_ index: Int, of count: Int) -> GroupByTrace {
        GroupByTrace(wait: wait, traceLimit: max(1, traceLimit / max(count, 1)))
    }

    package var heldItems: Int { stock.spanCount }

    package var wakeAt: Instant? { traces.next.map { traces[$0].dueAt } }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        advance(to: now, into: &output)
        for part in 0..<batch.partCount { take(batch, part, at: now, into: &output) }
    }

    package mutating func advance(to now: Instant, into output: inout Output) {
        while let trace = traces.next, traces[trace].dueAt <= now { leave(trace, into: &output) }
        stock.compact()
    }

    package mutating func drain(at now: Instant, into output: inout Output) {
        while let trace = traces.next { leave(trace, into: &output) }
    }

    private mutating func take(
        _ batch: Batch, _ part: Int, at now: Instant, into output: inout Output
    ) {
        let slot = stock.admit(batch, part: part)
        var spans: [SpanOutline] = []
        batch.appendSpans(ofPart: part, to: &spans)
        for span in spans {
            let id = span.traceID
            let trace = traces.find(id) ?? newTrace(id, at: now, into: &output)
            chains.append(
                SpanStock.Place(slot: slot, position: span.position), to: &traces[trace].lastEntry)
            traces[trace].spanCount &+= 1
        }
    }

    private mutating func newTrace(
        _ id: TraceID, at now: Instant, into output: inout Output
    ) -> UInt32 {
        while traces.count >= traceLimit, let oldest = traces.next {
            counts.early += 1
            leave(oldest, into: &output)
        }
        return traces.insert(id, at: now, dueAt: now + wait)
    }

    private mutating func leave(_ trace: UInt32, into output: inout Output) {
        var places: [SpanStock.Place] = []
        places.reserveCapacity(Int(traces[trace].spanCount))
        var last = traces[trace].lastEntry
        while let place = chains.removeLast(&last) { places.append(place) }
        counts.traces += 1
        counts.spans += places.count
        traces.remove(trace)
        var batch = Batch(.traces)
        stock.take(places, into: &batch)
        output.forward(batch)
    }

    package var measurements: [ProcessorMeasurement] {
        [
            Self.gauge("num_traces_in_memory", "traces that wait", traces.count),
            Self.gauge("conf_num_traces", "how many traces may wait", traceLimit),
            Self.counter("traces_released", "traces passed on", counts.traces),
            Self.counter("spans_released", "spans passed on", counts.spans),
            Self.counter(
                "traces_released_early",
                "traces passed on early, because num_traces was reached", counts.early),
        ]
    }

    private static func gauge(
        _ name: String, _ help: String, _ value: Int
    ) -> ProcessorMeasurement {
        ProcessorMeasurement("processor_groupbytrace_\(name)", .gauge, help, [], Double(value))
    }

    private static func counter(
        _ name: String, _ help: String, _ value: Int
    ) -> ProcessorMeasurement {
        ProcessorMeasurement("processor_groupbytrace_\(name)", .counter, help, [], Double(value))
    }
}
