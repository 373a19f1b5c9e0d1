import OTLP
import Primitives

/// What policies remember from trace to trace, and the evaluation that uses it.
struct PolicyState: Sendable {
    var buckets: [TokenBucket] = []
    var composites: [CompositePolicy] = []
    var adaptives: [AdaptivePolicy] = []
    /// Which part of the composite that was evaluated last sampled or was over its limit.
    private(set) var lastPart: Int?
    /// A limit was why something that matched was not sampled.
    private(set) var isOverLimit = false
    /// What an adaptive policy compared the trace with.
    private(set) var lastThreshold: UInt64?

    mutating func vote(
        of node: PolicyNode, on trace: TraceSummary, _ facts: Span<UInt64>,
        at now: Instant
    ) -> Vote {
        lastPart = nil
        isOverLimit = false
        lastThreshold = nil
        return evaluate(node, trace, facts, now)
    }

    private mutating func evaluate(
        _ node: PolicyNode, _ trace: TraceSummary, _ facts: Span<UInt64>,
        _ now: Instant
    ) -> Vote {
        switch node {
        case .always: .sampled
        case .fact(let bit, let isInverted): .init(facts.isSet(bit) != isInverted)
        case .condition(let matched, let failed):
            facts.isSet(failed) ? .failed : .init(facts.isSet(matched))
        case .probability(let threshold): .init(threshold.samples(trace.id))
        case .spanCount(let least, let most):
            .init(trace.spanCount >= least && (most == 0 || trace.spanCount <= most))
        case .spanTokens(let position): take(trace.spanCount, from: position, now)
        case .byteTokens(let position): take(trace.byteCount, from: position, now)
        case .all(let parts): evaluateAll(parts, trace, facts, now)
        case .not(let part): evaluate(part, trace, facts, now).inverted
        case .drop(let parts): evaluateAll(parts, trace, facts, now).dropping
        case .composite(let position): evaluateComposite(position, trace, facts, now)
        case .adaptive(let position): evaluateAdaptive(position, trace, facts, now)
        }
    }

    private mutating func take(_ count: Int, from position: Int, _ now: Instant) -> Vote {
        let isTaken = buckets[position].take(count, at: now)
        if !isTaken { isOverLimit = true }
        return Vote(isTaken)
    }

    private mutating func evaluateAll(
        _ parts: [PolicyNode], _ trace: TraceSummary,
        _ facts: Span<UInt64>, _ now: Instant
    ) -> Vote {
        for part in parts {
            let vote = evaluate(part, trace, facts, now)
            if vote != .sampled { return vote }
        }
        return .sampled
    }

    private mutating func evaluateComposite(
        _ position: Int, _ trace: TraceSummary, _ facts: Span<UInt64>,
        _ now: Instant
    ) -> Vote {
        composites[position].begin(at: now)
        for index in composites[position].parts.indices {
            let vote = evaluate(composites[position].parts[index].node, trace, facts, now)
            if vote == .failed { return .failed }
            guard vote == .sampled else { continue }
            lastPart = index
            let isTaken = composites[position].take(trace.spanCount, for: index)
            if !isTaken { isOverLimit = true }
            return Vote(isTaken)
        }
        return .notSampled
    }

    private mutating func evaluateAdaptive(
        _ position: Int, _ trace: TraceSummary, _ facts: Span<UInt64>, _ now: Instant
    ) -> Vote {
        let (vote, threshold) = adaptives[position].evaluate(trace, facts, at: now)
        lastThreshold = threshold
        return vote
    }
}

extension Vote {
    init(_ isSampled: Bool) { self = isSampled ? .sampled : .notSampled }

    fileprivate var inverted: Vote {
        switch self {
        case .sampled: .notSampled
        case .notSampled: .sampled
        case .dropped, .failed: self
        }
    }

    /// Of the parts of a `drop` policy.
    fileprivate var dropping: Vote { self == .sampled ? .dropped : self }
}
