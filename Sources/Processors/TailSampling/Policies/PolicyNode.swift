/// A policy as it is evaluated: a tree whose leaves are facts, numbers and the parts of
/// `PolicyState` that change from trace to trace.
indirect enum PolicyNode: Sendable {
    case always
    /// A span or its resource had something; or, if inverted, none had.
    case fact(FactBit, isInverted: Bool)
    /// The first span that decides it matches, or cannot be evaluated.
    case condition(matched: FactBit, failed: FactBit)
    case probability(ProbabilityThreshold)
    /// An upper bound of 0 is none.
    case spanCount(atLeast: Int, atMost: Int)
    /// Position among the buckets.
    case spanTokens(Int)
    case byteTokens(Int)
    /// The first that does not sample decides.
    case all([PolicyNode])
    case not(PolicyNode)
    /// As `all`, but what would be sampled is dropped.
    case drop([PolicyNode])
    /// Position among the composites.
    case composite(Int)
    /// Position among the adaptive rates.
    case adaptive(Int)

    /// Whether its outcome depends on the traces that were decided before.
    var isStateful: Bool {
        switch self {
        case .spanTokens, .byteTokens, .composite, .adaptive: true
        case .all(let parts), .drop(let parts): parts.contains { $0.isStateful }
        case .not(let part): part.isStateful
        case .always, .fact, .condition, .probability, .spanCount: false
        }
    }
}

/// What one policy says of a trace.
enum Vote: UInt8, Sendable {
    case sampled, notSampled, dropped
    /// It could not be evaluated, and does not count.
    case failed
}

/// A policy of the list, with its name.
struct Policy: Sendable {
    let name: String
    let node: PolicyNode
    /// What it looks for, for people: `status_code ERROR`.
    let summary: String
    /// Of a composite policy, the names of its parts.
    let partNames: [String]

    var isDrop: Bool {
        if case .drop = node { return true }
        return false
    }

    var isAdaptive: Bool {
        if case .adaptive = node { return true }
        return false
    }
}
