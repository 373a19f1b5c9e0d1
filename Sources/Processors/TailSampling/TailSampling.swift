import Configuration
import OTLP
import Pipeline
import Primitives

/// Holds the spans of a trace until it can be judged as a whole, then keeps or drops all of them.
///
/// Documented in `docs/processors/tail_sampling.md`.
///
///     spans ──▶ SpanStock (bodies)      TraceTable (who waits, until when)
///                 ▲                       │ due
///                 └── SpanChains ◀────────┤
///     facts ◀── PolicySet.note            ▼
///       └────────────────────▶ PolicySet.verdict ──▶ DecisionCache, DecisionLog
///                                         │ kept
///                                         ▼
///                                  Departures ──▶ batches of their own bytes
///
/// Nothing is allocated for a span or a trace. Spans stay in the bodies they arrived in; what the
/// policies want to know of them is noted when they arrive, so that decisions need no bytes.
package struct TailSampling: Processor {
    package static let name = "tail_sampling"
    package static let summary = "keeps or drops whole traces once they are complete"
    package static let signals: Set<Signal> = [.traces]
    package static let state = ProcessorState.shared

    let options: TailSamplingOptions
    var policies: PolicySet
    var traces = TraceTable()
    var chains = SpanChains()
    var facts: TraceFactTable
    var stock = SpanStock()
    var keptCache: DecisionCache
    var droppedCache: DecisionCache
    var log: DecisionLog
    var departures: Departures
    var counts = TailSamplingCounts()
    /// The latest instant that was heard of: several loops may be ahead of each other a little.
    var clock = Instant(nanoseconds: 0)
    /// Counts inputs, and with `WaitingTrace.inputNumber` tells which traces one touched.
    var inputNumber: UInt32 = 0
    var touched: [TouchedTrace] = []
    /// Scratch memory of `take`: the spans of a part, and where the trace of each is expected.
    private var spans: [SpanOutline] = []
    private var expectedSlots: [UInt32] = []
    /// Says nothing, but makes sure that memory is loaded.
    private var loadedFacts: UInt64 = 0
    /// Scope groups of all parts before this one.
    private var scopeBase: UInt32 = 0

    /// A trace to which an input has added, and what it had before.
    struct TouchedTrace: Sendable {
        let slot: UInt32
        let spanCount: UInt32
        let byteCount: Int
    }

    package init(from section: inout Section) {
        let options = TailSamplingOptions(from: &section)
        let policies = PolicySet(from: &section)
        if options.decidesAtIngest, !policies.workAtIngest {
            section.refuse(
                "sampling_strategy",
                "is 'span-ingest', which cannot be with policies that count spans over time "
                    + "(rates, composite, adaptive, span_count with max_spans)")
        }
        self.init(options, policies)
    }

    private init(_ options: TailSamplingOptions, _ policies: PolicySet) {
        self.options = options
        self.policies = policies
        facts = TraceFactTable(wordCount: policies.factWordCount)
        keptCache = DecisionCache(limit: options.keptCacheSize)
        droppedCache = DecisionCache(limit: options.droppedCacheSize)
        log = DecisionLog(limit: options.logSize)
        departures = Departures(recordsPolicy: options.recordsPolicy)
    }

    // MARK: - Shards

    /// Policies with limits must see all traces; locks beyond these few are not waited for.
    package var shardLimit: Int { policies.needsGlobalState ? 1 : 16 }

    package func shard(_ index: Int, of count: Int) -> TailSampling {
        TailSampling(options.divided(by: count), policies)
    }

    // MARK: - Time

    package var heldItems: Int { stock.spanCount }

    package var wakeAt: Instant? { traces.next.map { traces[$0].dueAt } }

    package mutating func process(_ batch: Batch, at now: Instant, into output: inout Output) {
        advance(to: now, into: &output)
        beginInput()
        for part in 0..<batch.partCount {
            take(batch, part, &output)
            enforceBudget(&output)
        }
        if options.decidesEarly, !options.decidesAtIngest { decideSettled(&output) }
        settle(&output)
    }

    package mutating func advance(to now: Instant, into output: inout Output) {
        clock = max(clock, now)
        var hasDecided = false
        while let trace = traces.next, traces[trace].dueAt <= clock {
            decide(trace, traces[trace].queue == .roots ? .root : .wait, &output)
            hasDecided = true
        }
        if hasDecided {
            settle(&output)
            stock.compact()
        }
    }

    package mutating func drain(at now: Instant, into output: inout Output) {
        clock = max(clock, now)
        while let trace = traces.next {
            if options.dropsPending {
                discard(trace, &output)
            } else {
                decide(trace, .shutdown, &output)
            }
        }
        settle(&output)
    }

    /// Passes on what was decided to be kept, and reports what was dropped.
    private mutating func settle(_ output: inout Output) {
        departures.leave(from: &stock, with: policies, into: &output)
        counts.reportDrops(to: &output)
        if traces.count == 0 {
            traces.shrink()
            facts.shrink()
            touched.removeAll(keepingCapacity: true)
        }
    }

    private func tickBehind(_ wait: Duration) -> Instant {
        let due = (clock + wait).nanoseconds
        let tick = TailSamplingOptions.tick.clampedNanoseconds
        let (sum, overflow) = due.addingReportingOverflow(tick - 1)
        return overflow ? .distantFuture : Instant(nanoseconds: sum / tick * tick)
    }
}

// MARK: - Arrivals

extension TailSampling {
    private mutating func take(_ batch: Batch, _ part: Int, _ output: inout Output) {
        let slot = stock.admit(batch, part: part)
        // Positions in the index mean something else in each part.
        policies.beginBatch()
        findWaiting(batch, part)
        let records = batch.records(ofPart: part)
        var lastID = TraceID(high: 0, low: 0)
        var lastTrace = WaitingTrace.none
        var group: UInt32 = 0
        for number in spans.indices {
            let span = spans[number]
            if options.decidesAtIngest, span.firstScopeNumber != group {
                group = span.firstScopeNumber
                lastTrace = WaitingTrace.none
                decideArrived(&output)
            }
            let place = SpanStock.Place(slot: slot, position: span.position)
            if lastTrace == WaitingTrace.none || span.traceID != lastID {
                lastID = span.traceID
                lastTrace =
                    traces.find(lastID, expectedAt: expectedSlots[number]) ?? WaitingTrace.none
                if lastTrace == WaitingTrace.none { lastTrace = newTrace(span, place, &output) }
                if lastTrace == WaitingTrace.none { continue }
            }
            add(span, place, to: lastTrace)
            facts.note(records[span.position], of: lastTrace, with: &policies)
            if let wait = options.rootWait, span.isRoot { noteRoot(of: lastTrace, wait) }
            if options.traceSizeLimit > 0, traces[lastTrace].byteCount > options.traceSizeLimit {
                decide(lastTrace, .size, &output)
                lastTrace = WaitingTrace.none
            }
        }
        scopeBase &+= spans.last?.scopeNumber ?? 0
        if options.decidesAtIngest { decideArrived(&output) }
    }

    /// Fills `spans` with those of a part, and `expectedSlots` with where their traces wait before
    /// any span is taken.
    private mutating func findWaiting(_ batch: Batch, _ part: Int) {
        let keepsMemory = spans.capacity <= 1 << 14
        spans.removeAll(keepingCapacity: keepsMemory)
        expectedSlots.removeAll(keepingCapacity: keepsMemory)
        batch.appendSpans(ofPart: part, to: &spans)
        traces.find(spans, into: &expectedSlots)
        loadedFacts = facts.load(expectedSlots)
    }

    mutating func beginInput() {
        inputNumber &+= 1
        // 0 is that of traces that no input has touched.
        if inputNumber == 0 { inputNumber = 1 }
        touched.removeAll(keepingCapacity: true)
    }

    /// The slot of a trace that was not waiting; none if it was decided before, and the span was
    /// dealt with.
    private mutating func newTrace(
        _ span: SpanOutline, _ place: SpanStock.Place, _ output: inout Output
    ) -> UInt32 {
        let id = span.traceID
        if let note = keptCache.find(id) {
            let verdict = noteLate(note, id, isKept: true) ?? note.verdict
            departures.add(late: place, of: id, verdict, size: Int(span.size))
            return WaitingTrace.none
        }
        if let note = droppedCache.find(id) {
            _ = noteLate(note, id, isKept: false)
            stock.release(place)
            return WaitingTrace.none
        }
        while traces.count >= options.traceLimit, let oldest = traces.next {
            decide(oldest, .count, &output)
        }
        counts.newTraces += 1
        let trace = traces.insert(id, at: clock, dueAt: tickBehind(options.wait))
        facts.clear(trace)
        return trace
    }

    private mutating func noteLate(
        _ note: DecisionCache.Note, _ id: TraceID, isKept: Bool
    ) -> PolicyVerdict? {
        let second = UInt32(truncatingIfNeeded: clock.nanoseconds / 1_000_000_000)
        counts.noteLate(isKept: isKept, age: (second &- note.second) & 0xff_ffff)
        return log.noteLate(note.logNumber, id)
    }

    @inline(__always)
    private mutating func add(
        _ span: SpanOutline, _ place: SpanStock.Place, to trace: UInt32
    ) {
        if options.looksAtInputs, traces[trace].inputNumber != inputNumber { touch(trace) }
        var size = Int(span.size)
        let scope = scopeBase &+ span.scopeNumber
        let lastScope = traces[trace].scopeNumber
        if lastScope != scope || traces[trace].spanCount == 0 {
            size &+= Int(span.scopeOverhead)
            let isSameResource =
                traces[trace].spanCount > 0 && lastScope >= scopeBase &+ span.firstScopeNumber
            if !isSameResource { size &+= Int(span.resourceOverhead) }
        }
        var lastEntry = traces[trace].lastEntry
        chains.append(place, to: &lastEntry)
        traces[trace].noteSpan(size, scope, lastEntry)
    }

    private mutating func touch(_ trace: UInt32) {
        traces[trace].inputNumber = inputNumber
        touched.append(
            TouchedTrace(
                slot: trace, spanCount: traces[trace].spanCount,
                byteCount: traces[trace].byteCount))
    }

    private mutating func noteRoot(of trace: UInt32, _ wait: Duration) {
        let dueAt = tickBehind(wait)
        if traces[trace].queue == .arrivals, dueAt < traces[trace].dueAt {
            traces.hasten(trace, to: dueAt)
        }
    }
}

extension WaitingTrace {
    var summary: TraceSummary {
        TraceSummary(
            id, spanCount: Int(spanCount), byteCount: byteCount, firstArrival: firstArrival)
    }
}
