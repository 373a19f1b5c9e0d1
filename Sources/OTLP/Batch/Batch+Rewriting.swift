import Primitives

extension Batch {
    /// The batch with what a rewriter makes of it.
    ///
    /// A body of which nothing changes is not copied, nor one of which records are only removed; of
    /// others a new body is written, with its index. Groups that lose their last record vanish.
    ///
    /// - Parameter removingEmptyGroups: whether groups that had no records to begin with vanish,
    ///   too. Otherwise they may.
    package func rewriting(
        with rewriter: inout (some Rewriter & ~Copyable), removingEmptyGroups: Bool = false
    ) throws(OTLPError) -> Batch {
        var result = Batch(signal)
        for part in parts {
            var rewriting = PartRewriting(part, removingEmptyGroups: removingEmptyGroups)
            rewriting.run(&rewriter)
            if let part = try rewriting.finish() { result.append(part) }
        }
        return result
    }
}
