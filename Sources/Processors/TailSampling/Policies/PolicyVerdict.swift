/// What the policies decided about a trace, and which one did.
///
/// Small and without references, so that it can be remembered for many traces;
/// `PolicySet.explanation(of:)` makes text of it.
struct PolicyVerdict: Equatable, Sendable {
    enum Decision: UInt8, Sendable {
        case sampled, notSampled, dropped
    }

    /// Why, in one of few words.
    enum Reason: UInt8, Sendable {
        /// A policy sampled the trace; the first one that did is named.
        case policy
        /// A policy of type `drop` matched.
        case dropPolicy
        /// The policy that is named would have sampled it, had its limit not been reached.
        case overLimit
        /// The policy that is named gave it a probability, and the trace lost.
        case probability
        /// No policy sampled the trace.
        case noPolicy

        /// As metrics and `simulate` name it.
        var name: String {
            switch self {
            case .policy: "policy"
            case .dropPolicy: "drop_policy"
            case .overLimit: "over_limit"
            case .probability: "probability"
            case .noPolicy: "no_policy"
            }
        }
    }

    let decision: Decision
    let reason: Reason
    /// The position among the policies in the order in which they are evaluated.
    let policy: UInt16?
    /// The position among the sub-policies of a composite policy.
    let subPolicy: UInt16?
    /// If the probability of `adaptive` is why the trace was kept: how many of 2^56 values of
    /// randomness are rejected, for `ot=th` of its spans. A larger one that arrived stays.
    let threshold: UInt64?

    init(
        _ decision: Decision, because reason: Reason, policy: Int? = nil, subPolicy: Int? = nil,
        threshold: UInt64? = nil
    ) {
        self.decision = decision
        self.reason = reason
        self.policy = policy.map { UInt16(clamping: $0) }
        self.subPolicy = subPolicy.map { UInt16(clamping: $0) }
        self.threshold = threshold
    }

    var isKept: Bool { decision == .sampled }
}

extension PolicyVerdict.Decision {
    /// As otelcol's label `decision` has it.
    var name: String {
        switch self {
        case .sampled: "sampled"
        case .notSampled: "not_sampled"
        case .dropped: "dropped"
        }
    }
}
