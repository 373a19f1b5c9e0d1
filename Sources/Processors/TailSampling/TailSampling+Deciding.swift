import OTLP
import Pipeline
import Primitives

extension TailSampling {
    mutating func decide(
        _ slot: UInt32, _ cause: DecisionCause, _ output: inout Output
    ) {
        // With `span-ingest` policies have said what they had to say.
        let verdict =
            cause == .size || options.decidesAtIngest
            ? PolicyVerdict(.notSampled, because: .noPolicy)
            : facts.verdict(for: traces[slot].summary, in: slot, by: &policies, at: clock)
        conclude(slot, verdict, cause, &output)
    }

    private mutating func conclude(
        _ slot: UInt32, _ verdict: PolicyVerdict, _ cause: DecisionCause,
        _ output: inout Output
    ) {
        let trace = traces[slot].summary
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
        var last = traces[slot].lastEntry
        while let place = chains.removeLast(&last) { departures.add(place, from: &stock) }
        if departures.isFull {
            departures.leave(from: &stock, with: policies, into: &output)
        }
    }

    private mutating func release(_ slot: UInt32) {
        var last = traces[slot].lastEntry
        while let place = chains.removeLast(&last) { stock.release(place) }
    }

    /// Drops a trace without a decision, because the daemon stops.
    mutating func discard(_ slot: UInt32, _ output: inout Output) {
        let trace = traces[slot].summary
        output.note(
            Verdict(
                trace.id, isKept: false, policy: nil, reason: "stopping",
                spanCount: trace.spanCount))
        release(slot)
        counts.dropPending(trace.spanCount)
        traces.remove(slot)
    }

    mutating func decideSettled(_ output: inout Output) {
        for trace in touched where traces[trace.slot].inputNumber == inputNumber {
            traces[trace.slot].inputNumber = 0
            if facts.isSettled(traces[trace.slot].summary, in: trace.slot, by: policies) {
                decide(trace.slot, .settled, &output)
            }
        }
    }

    /// Asks the policies of each trace's spans in one resource, as `span-ingest` does: of those
    /// alone. With `drop` policies nothing is kept, since they may match what is still to come.
    mutating func decideArrived(_ output: inout Output) {
        for trace in touched where traces[trace.slot].inputNumber == inputNumber {
            let slot = trace.slot
            traces[slot].inputNumber = 0
            var part = traces[slot].summary
            part.spanCount -= Int(trace.spanCount)
            part.byteCount -= trace.byteCount
            let verdict = facts.verdict(for: part, in: slot, by: &policies, at: clock)
            facts.clear(slot)
            if verdict.decision == .dropped || verdict.isKept && !policies.mayDrop {
                conclude(slot, verdict, .ingest, &output)
            }
        }
        beginInput()
    }

    /// Memory that is needed for waiting spans: their bodies, and what is noted of them.
    var heldBytes: Int {
        stock.pinnedBytes + chains.byteCount
            + traces.count * (TraceTable.bytesPerTrace + facts.bytesPerTrace)
    }

    /// Decides the oldest traces until the rest fits the budget.
    mutating func enforceBudget(_ output: inout Output) {
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
