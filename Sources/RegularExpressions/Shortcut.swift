import Primitives

/// The patterns that need no automaton: plain text, perhaps with `^` in front or `$` behind it.
/// They are the most frequent ones in configurations, and comparing is ten times faster.
struct Shortcut: Sendable {
    private let text: [UInt8]
    private let isAtStart: Bool
    private let isAtEnd: Bool

    /// Nil if the pattern has anything else in it.
    init?(_ pattern: String) {
        var text = Substring(pattern)
        isAtStart = text.first == "^"
        if isAtStart { text.removeFirst() }
        isAtEnd = text.last == "$"
        if isAtEnd { text.removeLast() }
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 && !#"\.+*?()|[]{}^$"#.utf8.contains($0) }
        guard isPlain, !text.utf8.isEmpty else { return nil }
        self.text = Array(text.utf8)
    }

    func matches(_ other: RawSpan) -> Bool {
        let count = text.count
        guard other.byteCount >= count else { return false }
        let needle = text.span.bytes
        switch (isAtStart, isAtEnd) {
        case (true, true): return other.hasSameBytes(as: needle)
        case (true, false): return other.extracting(first: count).hasSameBytes(as: needle)
        case (false, true): return other.extracting(last: count).hasSameBytes(as: needle)
        case (false, false): return other.firstOffset(of: needle) != nil
        }
    }
}
