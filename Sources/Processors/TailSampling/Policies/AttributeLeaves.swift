import OTLP
import Primitives
import RegularExpressions

/// What a policy wants an attribute to be.
enum AttributeTest: Sendable {
    case oneOf(ByteStringSet)
    /// With so many results to remember.
    case matching([Pattern], cacheLimit: Int)
    case integer(ClosedRange<Int64>)
    case boolean(Bool)
}

/// The leaves that look at attributes of spans and resources: one walk over a span's attributes
/// for all of them, and one over each resource's in a batch.
struct AttributeLeaves: Sendable {
    /// Flat, with the large parts elsewhere, so that nothing is retained for a span.
    private struct Leaf {
        let key: Int
        let bit: FactBit
        let kind: Kind
        /// Position in `sets` or `patterns`.
        var position = 0
        var range: ClosedRange<Int64> = 0...0
        var wanted = false
    }

    private enum Kind {
        case oneOf, matching, integer, boolean
    }

    private var keys = AttributeKeys()
    private var leaves: [Leaf] = []
    private var sets: [ByteStringSet] = []
    private var patterns: [[Pattern]] = []
    private var caches: [MatchCache] = []
    /// The leaves' bits, by word.
    private var mask: [UInt64] = []
    /// Where the values lie of the message that was walked over last.
    private var values: [Range<Int>] = []
    /// What the last resource set, and where its bytes lie.
    private var resourceBits: [UInt64] = []
    private var resourceAddress: UInt = 0
    private var resourceSize = -1

    var isEmpty: Bool { leaves.isEmpty }

    mutating func add(_ key: String, _ test: AttributeTest, _ bit: FactBit) {
        let key = keys.insert(key)
        values = [Range<Int>](repeating: -1 ..< -1, count: keys.count)
        switch test {
        case .oneOf(let set):
            leaves.append(Leaf(key: key, bit: bit, kind: .oneOf, position: sets.count))
            sets.append(set)
        case .matching(let expressions, let cacheLimit):
            leaves.append(Leaf(key: key, bit: bit, kind: .matching, position: patterns.count))
            patterns.append(expressions)
            caches.append(MatchCache(limit: cacheLimit))
        case .integer(let range):
            leaves.append(Leaf(key: key, bit: bit, kind: .integer, range: range))
        case .boolean(let wanted):
            leaves.append(Leaf(key: key, bit: bit, kind: .boolean, wanted: wanted))
        }
        while mask.count <= bit.word { mask.append(0) }
        mask[bit.word] |= bit.mask
        resourceBits = [UInt64](repeating: 0, count: mask.count)
    }

    mutating func forgetResource() { resourceSize = -1 }

    mutating func note(_ record: borrowing Record, in facts: inout MutableSpan<UInt64>) {
        guard hasOpenLeaf(facts) else { return }
        noteResource(record.resource)
        for word in resourceBits.indices { facts[word] |= resourceBits[word] }
        let message = record.message
        guard keys.find(in: message, SpanTag.attributes, into: &values) > 0 else { return }
        for position in leaves.indices
        where !facts.isSet(leaves[position].bit)
            && holds(position, for: message, isResource: false)
        {
            facts.set(leaves[position].bit)
        }
    }

    private func hasOpenLeaf(_ facts: borrowing MutableSpan<UInt64>) -> Bool {
        for word in mask.indices where facts[word] & mask[word] != mask[word] { return true }
        return false
    }

    /// Spans of a resource follow each other; so the last one is remembered.
    private mutating func noteResource(_ resource: borrowing Message) {
        let (address, size) = resource.bytes.withUnsafeBytes {
            (UInt(bitPattern: $0.baseAddress), $0.count)
        }
        guard address != resourceAddress || size != resourceSize else { return }
        resourceAddress = address
        resourceSize = size
        for word in resourceBits.indices { resourceBits[word] = 0 }
        guard keys.find(in: resource, ResourceTag.attributes, into: &values) > 0 else { return }
        for position in leaves.indices where holds(position, for: resource, isResource: true) {
            let bit = leaves[position].bit
            resourceBits[bit.word] |= bit.mask
        }
    }

    /// Of the values that were found last. Values of another type count as 0, false or, in a
    /// resource, as "", as in otelcol.
    private mutating func holds(
        _ position: Int, for message: borrowing Message, isResource: Bool
    ) -> Bool {
        let leaf = leaves[position]
        let range = values[leaf.key]
        guard range.lowerBound >= 0 else { return false }
        let value = message.value(at: range)
        switch leaf.kind {
        case .integer: return leaf.range.contains(value.int ?? 0)
        case .boolean: return leaf.wanted == (value.bool ?? false)
        case .oneOf:
            guard let text = value.string else { return false }
            return text.byteCount > 0 && sets[leaf.position].contains(text)
        case .matching:
            let text = value.kind == .string ? value.bytes : RawSpan()
            guard isResource || text.byteCount > 0 else { return false }
            return matches(leaf.position, text)
        }
    }

    private mutating func matches(_ position: Int, _ text: RawSpan) -> Bool {
        let hash = ByteStringSet.hash(text)
        if let known = caches[position].find(text, hash: hash) { return known }
        let isMatch = search(position, text)
        caches[position].insert(text, hash: hash, isMatch: isMatch)
        return isMatch
    }

    private func search(_ position: Int, _ text: RawSpan) -> Bool {
        for index in patterns[position].indices where patterns[position][index].matches(text) {
            return true
        }
        return false
    }
}
