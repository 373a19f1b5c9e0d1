import OTLP
import Primitives

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
        case .wait, .root, .size, .ingest: ""
        case .settled: "; decided early, since nothing could change it"
        case .count: "; decided early, because num_traces was reached"
        case .memory: "; decided early, because memory_budget was used up"
        case .shutdown: "; decided early, because the daemon stopped"
        }
    }
}
