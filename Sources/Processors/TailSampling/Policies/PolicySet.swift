import Configuration
import OTLP
import Pipeline
import Primitives

/// The policies of a `tail_sampling` processor: what they read from spans as those arrive, and
/// what they decide in the end.
///
/// A value; each shard has one. Policies with limits need all traces to pass through one of them
/// (`needsGlobalState`).
struct PolicySet: Sendable {
    let policies: [Policy]
    private let stopsAtFirstSample: Bool
    private var gatherer: FactGatherer
    private(set) var state: PolicyState
    private var counts: PolicyCounts

    /// Takes `policies` and `sample_on_first_match`.
    init(from section: inout Section) {
        var reader = PolicyReader()
        policies = reader.readPolicies(from: &section)
        stopsAtFirstSample = section.take(
            "sample_on_first_match", default: false,
            "whether to evaluate no more policies once one has sampled")
        gatherer = reader.gatherer
        state = reader.state
        counts = PolicyCounts(policyCount: policies.count)
    }

    var isEmpty: Bool { policies.isEmpty }

    /// In the order in which they are evaluated.
    var names: [String] { policies.map(\.name) }

    /// Whether what is decided of a trace depends on those decided before.
    var needsGlobalState: Bool { policies.contains { $0.node.isStateful } }

    // MARK: - Facts

    /// The words of facts that each trace has; zeros in the beginning.
    var factWordCount: Int { gatherer.wordCount }

    /// To be called before the first span of each batch: what is remembered of resources is
    /// remembered by where they lie.
    mutating func beginBatch() { gatherer.beginBatch() }

    /// Takes from a span what matters of it, in the order in which spans arrive.
    mutating func note(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        gatherer.note(record, in: &facts)
    }

    // MARK: - Decisions

    /// Asks all policies in order; takes tokens and counts. Once for each trace.
    mutating func verdict(
        for trace: TraceSummary, facts: Span<UInt64>, at now: Instant
    ) -> PolicyVerdict {
        var verdict = PolicyVerdict(.notSampled, because: .noPolicy)
        for position in policies.indices {
            // A trace that is kept anyway is none of an adaptive policy's.
            if verdict.isKept && policies[position].isAdaptive { continue }
            let vote = state.vote(of: policies[position].node, on: trace, facts, at: now)
            counts.count(vote, of: position)
            if vote == .dropped {
                return PolicyVerdict(.dropped, because: .dropPolicy, policy: position)
            }
            verdict = verdict.joined(with: vote, of: position, state)
            if stopsAtFirstSample && vote == .sampled { break }
        }
        return verdict
    }

    /// Whether nothing that can still arrive changes the outcome of this trace, and deciding it
    /// now changes that of no other. See `PolicyOutlook`.
    ///
    /// The policy that is named may be another one than at the end: the first that matched so far.
    func settled(_ trace: TraceSummary, facts: Span<UInt64>) -> Bool {
        var isSampled = false
        var mayBeSampled = false
        var mayBeDropped = false
        for position in policies.indices {
            if isSampled && policies[position].isAdaptive { continue }
            let outlook = state.outlook(of: policies[position].node, on: trace, facts)
            if outlook.contains(.usesState) { return false }
            if outlook.isCertainly(.dropped) { return true }
            if outlook.contains(.dropped) { mayBeDropped = true }
            if outlook.contains(.sampled) { mayBeSampled = true }
            if outlook.isCertainly(.sampled) {
                isSampled = true
                if stopsAtFirstSample { break }
            }
        }
        return !mayBeDropped && (isSampled || !mayBeSampled)
    }

    // MARK: - Reasons

    /// The policy that a verdict names.
    func policyName(of verdict: PolicyVerdict) -> String? {
        policy(of: verdict)?.name
    }

    /// The part of a composite policy that a verdict names.
    func subPolicyName(of verdict: PolicyVerdict) -> String? {
        guard let policy = policy(of: verdict), let part = verdict.subPolicy,
            Int(part) < policy.partNames.count
        else { return nil }
        return policy.partNames[Int(part)]
    }

    /// A sentence's end for people: `policy errors: status_code ERROR`.
    func explanation(of verdict: PolicyVerdict) -> String {
        guard let policy = policy(of: verdict) else { return "no policy sampled it" }
        let part = subPolicyName(of: verdict).map { ", part \($0)" } ?? ""
        let named = "policy \(policy.name): \(policy.summary)\(part)"
        switch verdict.reason {
        case .policy, .dropPolicy: return named
        case .overLimit: return "\(named), over its limit"
        case .probability: return "\(named), by its probability"
        case .noPolicy: return "no policy sampled it"
        }
    }

    private func policy(of verdict: PolicyVerdict) -> Policy? {
        guard let position = verdict.policy, Int(position) < policies.count else { return nil }
        return policies[Int(position)]
    }

    // MARK: - Numbers

    var measurements: [ProcessorMeasurement] {
        counts.measurements(policies) + policies.flatMap { adaptiveMeasurements(of: $0) }
    }

    private func adaptiveMeasurements(of policy: Policy) -> [ProcessorMeasurement] {
        guard case .adaptive(let position) = policy.node else { return [] }
        let rates = state.adaptives[position].rates
        let prefix = "processor_tail_sampling_adaptive"
        let labels = [(name: "policy", value: policy.name)]
        return [
            ProcessorMeasurement(
                "\(prefix)_keys", .gauge, "Keys with a probability of their own.", labels,
                Double(rates.keyCount)),
            ProcessorMeasurement(
                "\(prefix)_sampling_percentage", .gauge,
                "The share of traces that the policy means to keep.", labels,
                rates.keptShare * 100),
            ProcessorMeasurement(
                "\(prefix)_key_overflow", .counter,
                "Traces whose key found no room and that shared a probability.", labels,
                Double(rates.overflowCount)),
        ]
    }
}

extension PolicyVerdict {
    /// With what one more policy says, which does not drop.
    fileprivate func joined(
        with vote: Vote, of policy: Int, _ state: PolicyState
    ) -> PolicyVerdict {
        switch vote {
        case .sampled where isKept:
            // Whatever the probability of the first one was, it is not why the trace is kept.
            return PolicyVerdict(
                .sampled, because: .policy, policy: self.policy.map(Int.init),
                subPolicy: subPolicy.map(Int.init))
        case .sampled:
            return PolicyVerdict(
                .sampled, because: .policy, policy: policy, subPolicy: state.lastPart,
                threshold: state.lastThreshold)
        case .notSampled where reason == .noPolicy && state.lastThreshold != nil:
            return PolicyVerdict(.notSampled, because: .probability, policy: policy)
        case .notSampled where reason == .noPolicy && state.isOverLimit:
            return PolicyVerdict(
                .notSampled, because: .overLimit, policy: policy, subPolicy: state.lastPart)
        default: return self
        }
    }
}
