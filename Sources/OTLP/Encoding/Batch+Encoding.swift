import Primitives

extension Batch {
    /// The batch as an export request.
    ///
    /// A batch that is one body as it arrived is that body. Otherwise resource groups with the same
    /// resource, byte by byte, become one, and in them scope groups likewise; a group with fields
    /// that the schema does not know stays as it is. The order of records within a resource and
    /// scope is kept. Long runs of records are not copied.
    package func encoded() -> ByteChain {
        guard let first = parts.first else { return ByteChain() }
        if parts.count == 1 && first.isWhole { return ByteChain(first.index.body) }
        var plan = MergePlan(parts)
        plan.merge()
        var gatherer = Gatherer(parts, expectedSize: byteCount)
        plan.write(to: &gatherer)
        return gatherer.finish()
    }

    /// The encoded form in one body; not copied if it is a body already.
    package func joined() -> Body {
        let chain = encoded()
        if chain.links.count == 1, let link = chain.links.first,
            link.range == 0..<link.body.count
        {
            return link.body
        }
        return chain.joined().freeze()
    }
}
