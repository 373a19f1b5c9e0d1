extension PolicySet {
    /// Whether a policy of type `drop` may veto what others keep.
    var mayDrop: Bool { policies.contains { $0.isDrop } }

    /// Whether the policies can be asked of a few spans at a time: what they say does not depend
    /// on other traces, and is not taken back when more spans come.
    var workAtIngest: Bool { !policies.contains { $0.node.isRevocable } }
}

extension PolicyNode {
    fileprivate var isRevocable: Bool {
        switch self {
        case .spanTokens, .byteTokens, .composite, .adaptive: true
        case .spanCount(_, let most): most > 0
        case .all(let parts), .drop(let parts): parts.contains { $0.isRevocable }
        case .not(let part): part.isRevocable
        case .always, .fact, .condition, .probability: false
        }
    }
}
