import Pipeline

/// What is counted of the policies, under otelcol's names.
struct PolicyCounts: Sendable {
    private struct Counts {
        var sampled = 0
        var notSampled = 0
        var dropped = 0
        var executions = 0
    }

    private var counts: [Counts]
    private(set) var errorCount = 0

    init(policyCount: Int) {
        counts = [Counts](repeating: Counts(), count: policyCount)
    }

    mutating func count(_ vote: Vote, of policy: Int) {
        counts[policy].executions += 1
        switch vote {
        case .sampled: counts[policy].sampled += 1
        case .notSampled: counts[policy].notSampled += 1
        case .dropped: counts[policy].dropped += 1
        case .failed: errorCount += 1
        }
    }

    func measurements(_ policies: [Policy]) -> [ProcessorMeasurement] {
        var measurements = [
            ProcessorMeasurement(
                "processor_tail_sampling_sampling_policy_evaluation_error", .counter,
                "Policies that could not be evaluated for a trace.", [], Double(errorCount))
        ]
        for (policy, counts) in zip(policies, counts) {
            measurements += Self.measurements(policy.name, counts)
        }
        return measurements
    }

    private static func measurements(_ name: String, _ counts: Counts) -> [ProcessorMeasurement] {
        let votes = [
            ("true", PolicyVerdict.Decision.sampled, counts.sampled),
            ("false", .notSampled, counts.notSampled), ("false", .dropped, counts.dropped),
        ]
        return votes.filter { $0.2 > 0 }.map { isSampled, decision, count in
            ProcessorMeasurement(
                "processor_tail_sampling_count_traces_sampled", .counter,
                "Traces by what each policy said of them.",
                [("policy", name), ("sampled", isSampled), ("decision", decision.name)],
                Double(count))
        } + [
            ProcessorMeasurement(
                "processor_tail_sampling_sampling_policy_execution_count", .counter,
                "Evaluations of each policy.", [("policy", name)], Double(counts.executions))
        ]
    }
}
