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
    private var inputNumber: UInt32 = 0
    private var touched: [UInt32] = []
    /// Scope groups of all parts before this one.
    private var scopeBase: UInt32 = 0

    package init(from section: inout Section) {
        let options = TailSamplingOptions(from: &section)
        self.init(options, PolicySet(from: &section))
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
        inputNumber &+= 1
        for part in 0..<batch.partCount {
            take(batch, part, &output)
            enforceBudget(&output)
        }
        if options.decidesEarly { decideSettled(&output) }
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
        if traces.count == 0 { facts.reset() }
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
        var spans = batch.spans(ofPart: part)
        var lastID = TraceID(high: 0, low: 0)
        var lastTrace = WaitingTrace.none
        while spans.next() {
            let place = SpanStock.Place(
                slot: slot, position: UInt32(truncatingIfNeeded: spans.position))
            let id = spans.traceID
            if lastTrace == WaitingTrace.none || id != lastID {
                lastID = id
                lastTrace = traces.find(id) ?? newTrace(spans, place, &output)
                if lastTrace == WaitingTrace.none { continue }
            }
            add(spans, place, to: lastTrace)
            if options.traceSizeLimit > 0, traces[lastTrace].byteCount > options.traceSizeLimit {
                decide(lastTrace, .size, &output)
                lastTrace = WaitingTrace.none
            }
        }
        scopeBase &+= spans.scopeNumber
    }

    /// The slot of a trace that was not waiting; none if it was decided before, and the span was
    /// dealt with.
    private mutating func newTrace(
        _ spans: borrowing SpanWalk, _ place: SpanStock.Place, _ output: inout Output
    ) -> UInt32 {
        let id = spans.traceID
        if let note = keptCache.find(id) {
            noteLate(note, id, isKept: true)
            departures.add(late: place, note, size: spans.size)
            return WaitingTrace.none
        }
        if let note = droppedCache.find(id) {
            noteLate(note, id, isKept: false)
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

    private mutating func noteLate(_ note: DecisionCache.Note, _ id: TraceID, isKept: Bool) {
        log.noteLate(note.logNumber, id)
        let second = UInt32(truncatingIfNeeded: clock.nanoseconds / 1_000_000_000)
        counts.noteLate(isKept: isKept, age: (second &- note.second) & 0xff_ffff)
    }

    @inline(__always)
    private mutating func add(
        _ spans: borrowing SpanWalk, _ place: SpanStock.Place, to trace: UInt32
    ) {
        var size = spans.size
        let scope = scopeBase &+ spans.scopeNumber
        let lastScope = traces[trace].scopeNumber
        if lastScope != scope || traces[trace].spanCount == 0 {
            size += spans.scopeOverhead
            let isSameResource =
                traces[trace].spanCount > 0 && lastScope >= scopeBase &+ spans.firstScopeNumber
            if !isSameResource { size += spans.resourceOverhead }
        }
        let last = chains.append(place, after: traces[trace].lastEntry)
        traces[trace].noteSpan(last, size, scope)
        facts.note(spans.record, of: trace, with: &policies)
        if let wait = options.rootWait, spans.isRoot { noteRoot(of: trace, wait) }
        if options.decidesEarly, traces[trace].inputNumber != inputNumber {
            traces[trace].inputNumber = inputNumber
            touched.append(trace)
        }
    }

    private mutating func noteRoot(of trace: UInt32, _ wait: Duration) {
        let dueAt = tickBehind(wait)
        if traces[trace].queue == .arrivals, dueAt < traces[trace].dueAt {
            traces.hasten(trace, to: dueAt)
        }
    }
}

extension WaitingTrace {
    @inline(__always)
    fileprivate mutating func noteSpan(_ entry: UInt32, _ size: Int, _ scope: UInt32) {
        if firstEntry == Self.none { firstEntry = entry }
        lastEntry = entry
        spanCount &+= 1
        byteCount &+= size
        scopeNumber = scope
    }

    var summary: TraceSummary {
        TraceSummary(
            id, spanCount: Int(spanCount), byteCount: byteCount, firstArrival: firstArrival)
    }
}

// MARK: - Decisions

extension TailSampling {
    private mutating func decide(
        _ slot: UInt32, _ cause: DecisionCause, _ output: inout Output
    ) {
        let trace = traces[slot].summary
        let verdict =
            cause == .size
            ? PolicyVerdict(.notSampled, because: .noPolicy)
            : facts.verdict(for: trace, in: slot, by: &policies, at: clock)
        remember(trace, verdict, cause)
        note(trace, verdict, cause, &output)
        if verdict.isKept {
            keep(slot, verdict, &output)
        } else {
            release(slot)
            counts.drop(trace.spanCount, verdict, cause)
        }
        traces.remove(slot)
    }

    private mutating func remember(
        _ trace: TraceSummary, _ verdict: PolicyVerdict, _ cause: DecisionCause
    ) {
        counts.note(verdict, cause, age: clock - trace.firstArrival)
        let number = log.append(DecisionLog.Entry(trace, verdict, cause, at: clock))
        let note = DecisionCache.Note(
            logNumber: number, policy: verdict.policy.map(Int.init),
            second: clock.nanoseconds / 1_000_000_000)
        if verdict.isKept {
            keptCache.insert(trace.id, note)
        } else {
            droppedCache.insert(trace.id, note)
        }
    }

    private func note(
        _ trace: TraceSummary, _ verdict: PolicyVerdict, _ cause: DecisionCause,
        _ output: inout Output
    ) {
        output.note(
            Verdict(
                trace.id, isKept: verdict.isKept, policy: policies.policyName(of: verdict),
                reason: cause.isOverflow
                    ? "overflow" : cause == .size ? "trace_too_large" : verdict.reason.name,
                spanCount: trace.spanCount))
    }

    private mutating func keep(
        _ slot: UInt32, _ verdict: PolicyVerdict, _ output: inout Output
    ) {
        departures.begin(traces[slot].summary, verdict)
        var next = traces[slot].firstEntry
        while let place = chains.removeFirst(&next) { departures.add(place, from: &stock) }
        if departures.isFull {
            departures.leave(from: &stock, with: policies, into: &output)
        }
    }

    private mutating func release(_ slot: UInt32) {
        var next = traces[slot].firstEntry
        while let place = chains.removeFirst(&next) { stock.release(place) }
    }

    /// Drops a trace without a decision, because the daemon stops.
    private mutating func discard(_ slot: UInt32, _ output: inout Output) {
        let trace = traces[slot].summary
        output.note(
            Verdict(
                trace.id, isKept: false, policy: nil, reason: "stopping",
                spanCount: trace.spanCount))
        release(slot)
        counts.dropPending(trace.spanCount)
        traces.remove(slot)
    }

    private mutating func decideSettled(_ output: inout Output) {
        for slot in touched where traces[slot].inputNumber == inputNumber {
            if facts.isSettled(traces[slot].summary, in: slot, by: policies) {
                decide(slot, .settled, &output)
            }
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Memory that is needed for waiting spans: their bodies, and what is noted of them.
    var heldBytes: Int {
        stock.pinnedBytes + chains.count * SpanChains.bytesPerSpan
            + traces.count * (TraceTable.bytesPerTrace + facts.bytesPerTrace)
    }

    /// Decides the oldest traces until the rest fits the budget.
    private mutating func enforceBudget(_ output: inout Output) {
        guard options.memoryBudget > 0, heldBytes > options.memoryBudget else { return }
        stock.compactAll()
        while heldBytes > options.memoryBudget, let oldest = traces.next {
            decide(oldest, .memory, &output)
            if heldBytes - departures.byteCount <= options.memoryBudget {
                departures.leave(from: &stock, with: policies, into: &output)
                stock.compactAll()
            }
        }
    }
}

// MARK: - Questions

extension TailSampling {
    package func explanation(of id: TraceID) -> String? {
        if let slot = traces.find(id) {
            let trace = traces[slot]
            return "waits: \(spans(Int(trace.spanCount))) so far, to be decided in "
                + "\(seconds((trace.dueAt - clock).clampedNanoseconds / 1_000_000)) at the latest"
        }
        if let entry = log.find(id) { return explanation(of: entry) }
        if keptCache.peek(id) != nil { return "kept; the reason is no longer remembered" }
        if droppedCache.peek(id) != nil { return "dropped; the reason is no longer remembered" }
        return nil
    }

    private func explanation(of entry: DecisionLog.Entry) -> String {
        let fate = entry.decision == .sampled ? "kept" : "dropped"
        let late =
            entry.lateCount == 0 ? "" : "; \(spans(Int(entry.lateCount), "late ")) followed"
        let reason =
            entry.cause == .size
            ? "it was larger than maximum_trace_size_bytes"
            : policies.explanation(of: entry.verdict)
        return "\(fate) after \(seconds(UInt64(entry.waitedMilliseconds))) with "
            + "\(spans(Int(entry.spanCount))): \(reason)\(entry.cause.explanation)\(late)"
    }

    private func spans(_ count: Int, _ kind: String = "") -> String {
        "\(count) \(kind)span\(count == 1 ? "" : "s")"
    }

    private func seconds(_ milliseconds: UInt64) -> String {
        let tenths = (milliseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

extension DecisionCause {
    /// What follows the policy's reason.
    fileprivate var explanation: String {
        switch self {
        case .wait, .root, .size: ""
        case .settled: "; decided early, since nothing could change it"
        case .count: "; decided early, because num_traces was reached"
        case .memory: "; decided early, because memory_budget was used up"
        case .shutdown: "; decided early, because the daemon stopped"
        }
    }
}
