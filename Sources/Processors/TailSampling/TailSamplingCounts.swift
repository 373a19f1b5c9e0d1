import Pipeline
import Primitives

/// What `tail_sampling` counts besides its policies' votes.
struct TailSamplingCounts: Sendable {
    /// Why spans were dropped.
    enum Drop: Int, CaseIterable, Sendable {
        case notSampled, byPolicy, late, tooLarge, stopping

        /// As the books name it.
        var reason: String {
            switch self {
            case .notSampled: "not_sampled"
            case .byPolicy: "dropped_by_policy"
            case .late: "late_not_sampled"
            case .tooLarge: "trace_too_large"
            case .stopping: "stopping"
            }
        }
    }

    var newTraces = 0
    private var decisions = [Int](repeating: 0, count: 3)
    private var causes = [Int](repeating: 0, count: DecisionCause.allCases.count)
    private var lateKept = 0
    private var lateDropped = 0
    private var lateSeconds = 0
    private var pendingDropped = 0
    /// How old the trace was that was last decided for want of room.
    private(set) var overflowAge = Duration.zero
    /// Spans dropped since the last report.
    private var drops = [Int](repeating: 0, count: Drop.allCases.count)

    mutating func note(_ verdict: PolicyVerdict, _ cause: DecisionCause, age: Duration) {
        decisions[Int(verdict.decision.rawValue)] += 1
        causes[Int(cause.rawValue)] += 1
        if cause.isOverflow { overflowAge = age }
    }

    mutating func noteLate(isKept: Bool, age: UInt32) {
        lateSeconds &+= Int(age)
        if isKept {
            lateKept += 1
        } else {
            lateDropped += 1
            drops[Drop.late.rawValue] += 1
        }
    }

    mutating func drop(_ spanCount: Int, _ verdict: PolicyVerdict, _ cause: DecisionCause) {
        let drop: Drop =
            cause == .size ? .tooLarge : verdict.decision == .dropped ? .byPolicy : .notSampled
        drops[drop.rawValue] += spanCount
    }

    mutating func dropPending(_ spanCount: Int) {
        pendingDropped += 1
        drops[Drop.stopping.rawValue] += spanCount
    }

    mutating func reportDrops(to output: inout Output) {
        for drop in Drop.allCases where drops[drop.rawValue] > 0 {
            output.drop(drops[drop.rawValue], because: drop.reason)
            drops[drop.rawValue] = 0
        }
    }
}

extension TailSamplingCounts {
    var measurements: [ProcessorMeasurement] {
        func counter(
            _ name: String, _ help: String, _ value: Int,
            _ labels: [(name: String, value: String)] = []
        ) -> ProcessorMeasurement {
            ProcessorMeasurement(
                "processor_tail_sampling_\(name)", .counter, help, labels, Double(value))
        }
        let lateHelp = "Late spans, by the decision that they followed."
        return [
            counter("new_trace_id_received", "Traces whose first span came.", newTraces),
            counter(
                "traces_dropped_too_large", "Traces larger than maximum_trace_size_bytes.",
                causes[Int(DecisionCause.size.rawValue)]),
            counter(
                "sampling_trace_dropped_too_early",
                "Traces decided before their time, for want of room; nothing of them is lost.",
                causes[Int(DecisionCause.count.rawValue)]
                    + causes[Int(DecisionCause.memory.rawValue)]),
            counter(
                "early_releases_from_cache_decision", lateHelp, lateKept, [("sampled", "true")]),
            counter(
                "early_releases_from_cache_decision", lateHelp, lateDropped,
                [("sampled", "false")]),
            ProcessorMeasurement(
                "martlet_tail_sampling_late_span_age_seconds", .counter,
                "Seconds between decision and arrival of late spans, added up.", [],
                Double(lateSeconds)),
        ] + decisionMeasurements
    }

    private var decisionMeasurements: [ProcessorMeasurement] {
        [PolicyVerdict.Decision.sampled, .notSampled, .dropped].map { decision in
            ProcessorMeasurement(
                "processor_tail_sampling_global_count_traces_sampled", .counter,
                "Traces by what was decided of them.",
                [
                    ("sampled", decision == .sampled ? "true" : "false"),
                    ("decision", decision.name),
                ],
                Double(decisions[Int(decision.rawValue)]))
        }
            + DecisionCause.allCases.map { cause in
                ProcessorMeasurement(
                    "martlet_tail_sampling_decisions", .counter,
                    "Decisions by what made it time for them.", [("cause", cause.name)],
                    Double(causes[Int(cause.rawValue)]))
            }
    }
}

extension DecisionCause {
    /// As metrics name it.
    var name: String {
        switch self {
        case .wait: "wait"
        case .root: "root"
        case .settled: "settled"
        case .ingest: "ingest"
        case .count: "num_traces"
        case .memory: "memory_budget"
        case .size: "maximum_trace_size"
        case .shutdown: "shutdown"
        }
    }
}

extension TailSampling {
    package var measurements: [ProcessorMeasurement] {
        func gauge(
            _ name: String, _ help: String, _ value: Double,
            combining combination: ProcessorMeasurement.Combination = .sum
        ) -> ProcessorMeasurement {
            ProcessorMeasurement(name, .gauge, help, [], value, combining: combination)
        }
        let age = traces.oldestArrival.map { clock - $0 } ?? .zero
        return policies.measurements + counts.measurements + [
            gauge(
                "processor_tail_sampling_sampling_traces_on_memory",
                "Traces that wait for their decision.", Double(traces.count)),
            gauge(
                "martlet_tail_sampling_memory_bytes",
                "Memory that waiting spans take, as memory_budget counts it.",
                Double(heldBytes)),
            gauge(
                "martlet_tail_sampling_decision_cache_traces",
                "Decided traces that are remembered for late spans.",
                Double(keptCache.count + droppedCache.count)),
            gauge(
                "martlet_tail_sampling_decision_cache_bytes",
                "Memory of the decision caches and the decision log.",
                Double(keptCache.byteCount + droppedCache.byteCount + log.byteCount)),
            gauge(
                "martlet_tail_sampling_oldest_trace_age_seconds",
                "How long the oldest undecided trace has waited.", age.seconds,
                combining: .largest),
            gauge(
                "martlet_tail_sampling_effective_window_seconds",
                "How long the trace had waited that was last decided for want of room; 0 if none "
                    + "was.", counts.overflowAge.seconds, combining: .largest),
        ]
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(clampedNanoseconds) / 1e9 }
}
