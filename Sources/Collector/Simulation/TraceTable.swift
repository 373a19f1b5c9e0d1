import OTLP
import Pipeline
import Primitives

/// The names that a simulation meets, each with a number.
struct NameTable {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]

    mutating func number(of name: String) -> Int {
        if let known = numbers[name] { return known }
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
    }
}

/// What the recording says of a trace, whatever becomes of it.
struct TraceFacts {
    let id: TraceID
    /// The service of the root span; until one came, that of the first span.
    var service: Int
    var hasRoot = false
    var hasError = false
    var spanCount = 0
    var start = UInt64.max
    var end: UInt64 = 0

    /// From the first start to the last end.
    var nanoseconds: UInt64 { end > start ? end - start : 0 }
}

/// Every trace of the recording, in the order in which they first appeared. About 100 bytes each.
struct TraceTable {
    private(set) var traces: [TraceFacts] = []
    private var positions: [TraceID: Int] = [:]

    func position(of id: TraceID) -> Int? { positions[id] }

    mutating func note(_ span: borrowing Record, service: Int) {
        let id = span.traceID ?? TraceID(high: 0, low: 0)
        let position = positions[id] ?? traces.count
        if position == traces.count {
            positions[id] = position
            traces.append(TraceFacts(id: id, service: service))
        }
        if span.isRoot, !traces[position].hasRoot {
            traces[position].hasRoot = true
            traces[position].service = service
        }
        if span.status == .error { traces[position].hasError = true }
        traces[position].spanCount += 1
        traces[position].start = min(traces[position].start, span.startTime)
        traces[position].end = max(traces[position].end, span.endTime)
    }
}

/// What a pipeline of one configuration did with the traces of a table.
struct TraceOutcomes {
    /// A decision as reports group them.
    struct Decision: Hashable {
        let policy: String?
        let reason: String
        let isKept: Bool
    }

    /// Of one trace.
    private struct Outcome {
        var keptSpans: UInt32 = 0
        /// One more than the number of the first decision; 0 if none was made.
        var decision: UInt32 = 0
    }

    private var outcomes: [Outcome] = []
    private var decisions: [Decision] = []
    private var numbers: [Decision: Int] = [:]
    /// How often each decision was made and about how many spans; late spans may bring a second
    /// one about a trace.
    private(set) var tallies: [Decision: (traces: Int, spans: Int)] = [:]

    func keptSpans(of position: Int) -> Int {
        position < outcomes.count ? Int(outcomes[position].keptSpans) : 0
    }

    func decision(about position: Int) -> Decision? {
        guard position < outcomes.count, outcomes[position].decision > 0 else { return nil }
        return decisions[Int(outcomes[position].decision) - 1]
    }

    mutating func noteKept(_ position: Int) {
        grow(to: position)
        outcomes[position].keptSpans &+= 1
    }

    mutating func note(_ verdict: Verdict, about position: Int?) {
        let decision = Decision(
            policy: verdict.policy, reason: verdict.reason, isKept: verdict.isKept)
        tallies[decision, default: (0, 0)].traces += 1
        tallies[decision, default: (0, 0)].spans += verdict.spanCount
        guard let position else { return }
        let number = numbers[decision] ?? decisions.count
        if number == decisions.count {
            numbers[decision] = number
            decisions.append(decision)
        }
        grow(to: position)
        if outcomes[position].decision == 0 {
            outcomes[position].decision = UInt32(truncatingIfNeeded: number + 1)
        }
    }

    private mutating func grow(to position: Int) {
        while outcomes.count <= position { outcomes.append(Outcome()) }
    }
}
