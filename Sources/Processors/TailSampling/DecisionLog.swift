import OTLP
import Primitives

/// Why a trace was decided when it was.
enum DecisionCause: UInt8, Sendable, CaseIterable {
    /// `decision_wait` had passed since its first span.
    case wait
    /// `decision_wait_after_root_received` had passed since its root span.
    case root
    /// Nothing that could still arrive would have changed the outcome.
    case settled
    /// A policy of `span-ingest` had seen enough.
    case ingest
    /// There were `num_traces` others.
    case count
    /// The `memory_budget` was used up.
    case memory
    /// It was larger than `maximum_trace_size_bytes`.
    case size
    /// The daemon stopped.
    case shutdown

    /// The decision was made before its time, for want of room.
    var isOverflow: Bool { self == .count || self == .memory }
}

/// The last decisions, for those who ask later what became of a trace.
struct DecisionLog: Sendable {
    struct Entry: Sendable {
        let id: TraceID
        let decidedAt: Instant
        let waitedMilliseconds: UInt32
        let spanCount: UInt32
        var lateCount: UInt32 = 0
        let cause: DecisionCause
        let decision: PolicyVerdict.Decision
        let reason: PolicyVerdict.Reason
        /// `UInt16.max` for none.
        private let policy: UInt16
        private let subPolicy: UInt16
        /// As in the verdict; 0 for none.
        private let threshold: UInt64

        init(
            _ trace: TraceSummary, _ verdict: PolicyVerdict, _ cause: DecisionCause,
            at now: Instant
        ) {
            id = trace.id
            decidedAt = now
            let waited = (now - trace.firstArrival).clampedNanoseconds / 1_000_000
            waitedMilliseconds = UInt32(clamping: waited)
            spanCount = UInt32(clamping: trace.spanCount)
            self.cause = cause
            decision = verdict.decision
            reason = verdict.reason
            policy = verdict.policy ?? .max
            subPolicy = verdict.subPolicy ?? .max
            threshold = verdict.threshold ?? 0
        }

        var verdict: PolicyVerdict {
            PolicyVerdict(
                decision, because: reason, policy: policy == .max ? nil : Int(policy),
                subPolicy: subPolicy == .max ? nil : Int(subPolicy),
                threshold: threshold == 0 ? nil : threshold)
        }
    }

    private let limit: Int
    /// A ring: the entry with the number n is at n modulo `limit`.
    private var entries: [Entry] = []
    private var total: UInt32 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var byteCount: Int { entries.capacity * MemoryLayout<Entry>.stride }

    /// - Returns: The entry's number.
    mutating func append(_ entry: Entry) -> UInt32 {
        let number = total
        total &+= 1
        if entries.count < limit {
            entries.append(entry)
        } else if limit > 0 {
            entries[Int(number) % limit] = entry
        }
        return number
    }

    /// Counts a late span of a trace and tells what was decided of it, if that is remembered.
    mutating func noteLate(_ number: UInt32, _ id: TraceID) -> PolicyVerdict? {
        guard limit > 0 else { return nil }
        let index = Int(number) % limit
        guard index < entries.count, entries[index].id == id else { return nil }
        entries[index].lateCount &+= 1
        return entries[index].verdict
    }

    /// What is remembered of a trace: what was decided last.
    func find(_ id: TraceID) -> Entry? {
        entries.filter { $0.id == id }.max { $0.decidedAt < $1.decidedAt }
    }
}
