import Primitives

/// The patterns that need no automaton: plain text, perhaps with `^` in front or `$` behind it.
/// They are the most frequent ones in configurations, and comparing is ten times faster.
struct Shortcut: Sendable {
    private let text: [UInt8]
    private let isAtStart: Bool
    private let isAtEnd: Bool

    /// Nil if the pattern has anything else in it.
    init?(_ pattern: String) {
        var source = Array(pattern.utf8)[...]
        isAtStart = source.first == UInt8(ascii: "^")
        if isAtStart { source.removeFirst() }
        var text: [UInt8] = []
        var isAtEnd = false
        while let byte = source.popFirst() {
            switch byte {
            case UInt8(ascii: "$") where source.isEmpty: isAtEnd = true
            case UInt8(ascii: "\\"):
                guard let escaped = source.popFirst(), Self.isPunctuation(escaped)
                else { return nil }
                text.append(escaped)
            case _ where byte >= 0x80 || Self.operators.contains(byte): return nil
            default: text.append(byte)
            }
        }
        guard !text.isEmpty else { return nil }
        self.text = text
        self.isAtEnd = isAtEnd
    }

    private static let operators = Array(#".+*?()|[]{}^$"#.utf8)

    /// What means itself behind a backslash.
    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
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
