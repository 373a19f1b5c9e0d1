/// Which votes a policy can still give, whatever spans are to come; and whether evaluating it
/// would take something from other traces.
///
/// Facts only ever go from "not yet" to "matched" or "failed", and a trace only grows. So of a
/// leaf that matched the vote is certain, and of one that did not, it is open, unless nothing more
/// can make it match (a `span_count` that is exceeded). `and`, `not` and `drop` follow from their
/// parts, in the order in which those are evaluated. A token bucket, a `composite` and `adaptive`
/// are never certain: what they say, and what they then say of other traces, depends on when
/// they are asked.
struct PolicyOutlook: OptionSet, Sendable {
    let rawValue: UInt8

    static let sampled = PolicyOutlook(rawValue: 1)
    static let notSampled = PolicyOutlook(rawValue: 2)
    static let dropped = PolicyOutlook(rawValue: 4)
    static let failed = PolicyOutlook(rawValue: 8)
    /// Other traces may be decided differently once it was evaluated.
    static let usesState = PolicyOutlook(rawValue: 16)

    static let votes: PolicyOutlook = [.sampled, .notSampled, .dropped, .failed]

    /// A vote that is certain.
    func isCertainly(_ vote: PolicyOutlook) -> Bool { intersection(.votes) == vote }
}

extension PolicyState {
    func outlook(
        of node: PolicyNode, on trace: TraceSummary, _ facts: Span<UInt64>
    ) -> PolicyOutlook {
        switch node {
        case .always: return .sampled
        case .fact(let bit, let isInverted):
            let certain: PolicyOutlook = isInverted ? .notSampled : .sampled
            return facts.isSet(bit) ? certain : [.sampled, .notSampled]
        case .condition(let matched, let failed):
            if facts.isSet(failed) { return .failed }
            return facts.isSet(matched) ? .sampled : [.sampled, .notSampled, .failed]
        case .probability(let threshold):
            return threshold.samples(trace.id) ? .sampled : .notSampled
        case .spanCount(let least, let most):
            if most > 0 && trace.spanCount > most { return .notSampled }
            return most == 0 && trace.spanCount >= least ? .sampled : [.sampled, .notSampled]
        case .spanTokens, .byteTokens, .adaptive: return [.sampled, .notSampled, .usesState]
        case .all(let parts): return outlook(ofAll: parts, trace, facts)
        case .not(let part): return outlook(of: part, on: trace, facts).inverted
        case .drop(let parts): return outlook(ofAll: parts, trace, facts).dropping
        case .composite(let position): return outlook(ofComposite: position, trace, facts)
        }
    }

    private func outlook(
        ofAll parts: [PolicyNode], _ trace: TraceSummary,
        _ facts: Span<UInt64>
    ) -> PolicyOutlook {
        var outlook: PolicyOutlook = []
        for part in parts {
            let next = self.outlook(of: part, on: trace, facts)
            outlook.formUnion(next.subtracting(.sampled))
            if !next.contains(.sampled) { return outlook }
        }
        return outlook.union(.sampled)
    }

    private func outlook(
        ofComposite position: Int, _ trace: TraceSummary,
        _ facts: Span<UInt64>
    ) -> PolicyOutlook {
        var outlook: PolicyOutlook = .notSampled
        for part in composites[position].parts {
            let next = self.outlook(of: part.node, on: trace, facts)
            outlook.formUnion(next.subtracting(.notSampled))
            if next.contains(.sampled) { outlook.insert(.usesState) }
            if next.isCertainly(.sampled) || next.isCertainly(.failed) { break }
        }
        return outlook
    }
}

extension PolicyOutlook {
    fileprivate var inverted: PolicyOutlook {
        var outlook = subtracting([.sampled, .notSampled])
        if contains(.sampled) { outlook.insert(.notSampled) }
        if contains(.notSampled) { outlook.insert(.sampled) }
        return outlook
    }

    fileprivate var dropping: PolicyOutlook {
        contains(.sampled) ? subtracting(.sampled).union(.dropped) : self
    }
}
