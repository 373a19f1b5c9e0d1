import Primitives

/// Remembers of short texts whether they matched, because attributes have few values and searching
/// for expressions is slow beside a look-up.
///
/// Each text has one place, by its hash, which it loses to the next one that comes there. So the
/// size is fixed: 80 bytes for each place.
struct MatchCache: Sendable {
    private struct Entry {
        var hash: UInt64 = 0
        /// -1 is none.
        var size = -1
        var isMatch = false
    }

    /// Of texts; longer ones are not remembered.
    private static let sizeLimit = 56

    private var entries: [Entry]
    private var bytes: [UInt8]

    /// - Parameter limit: How many texts; the next higher power of two.
    init(limit: Int) {
        var count = 1
        while count < limit { count *= 2 }
        entries = [Entry](repeating: Entry(), count: count)
        bytes = [UInt8](repeating: 0, count: count * Self.sizeLimit)
    }

    /// What is remembered of a text with this hash.
    func find(_ text: RawSpan, hash: UInt64) -> Bool? {
        let place = place(of: hash)
        let entry = entries[place]
        guard entry.hash == hash, entry.size == text.byteCount else { return nil }
        let start = place &* Self.sizeLimit
        let known = bytes.span.bytes.extracting(start..<start &+ entry.size)
        return known.hasSameBytes(as: text) ? entry.isMatch : nil
    }

    mutating func insert(_ text: RawSpan, hash: UInt64, isMatch: Bool) {
        guard text.byteCount <= Self.sizeLimit else { return }
        let place = place(of: hash)
        entries[place] = Entry(hash: hash, size: text.byteCount, isMatch: isMatch)
        let start = place &* Self.sizeLimit
        for offset in 0..<text.byteCount {
            bytes[start &+ offset] = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        }
    }

    private func place(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (entries.count &- 1)
    }
}
