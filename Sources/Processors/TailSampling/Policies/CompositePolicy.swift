import Primitives

/// The state of a policy `composite`: how many spans each part has sampled in this second.
///
/// As in otelcol: the first part that samples decides, within its own allocation; the total is
/// compared with each part's spans, not with their sum. A second is a whole one of the monotonic
/// clock.
struct CompositePolicy: Sendable {
    struct Part: Sendable {
        let node: PolicyNode
        let allocation: Int
        var sampled = 0
    }

    private(set) var parts: [Part]
    private let totalLimit: Int
    private var second: UInt64 = 0

    init(_ parts: [Part], totalLimit: Int) {
        self.parts = parts
        self.totalLimit = totalLimit
    }

    mutating func begin(at now: Instant) {
        let current = now.nanoseconds / 1_000_000_000
        guard current != second else { return }
        second = current
        for position in parts.indices { parts[position].sampled = 0 }
    }

    /// Counts the spans of a trace that a part has sampled, if there is room for them.
    mutating func take(_ spanCount: Int, for position: Int) -> Bool {
        let (sampled, overflow) = parts[position].sampled.addingReportingOverflow(spanCount)
        guard !overflow, sampled <= parts[position].allocation, sampled <= totalLimit else {
            return false
        }
        parts[position].sampled = sampled
        return true
    }
}
