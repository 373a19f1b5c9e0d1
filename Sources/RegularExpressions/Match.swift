import CRE2

/// Where a pattern was found, and its groups, in bytes from the beginning of the text.
///
/// Up to ten groups need no memory of their own.
package struct Match: Sendable {
    static let inlineCount = 11
    typealias InlineRanges = InlineArray<11, cre2_range>

    /// The number of ranges: the whole match and every group.
    package let count: Int
    private let inline: InlineRanges
    /// All ranges, if there are more than fit in `inline`.
    private let others: [cre2_range]

    init(count: Int, inline: InlineRanges, others: [cre2_range]) {
        self.count = count
        self.inline = inline
        self.others = others
    }

    /// The whole match.
    package var range: Range<Int> { inline[0].start..<inline[0].end }

    /// A group counted from 1, or the whole for 0; nil if the group took no part in the match or
    /// is not there.
    package subscript(group: Int) -> Range<Int>? {
        guard group >= 0, group < count else { return nil }
        let range = count <= Self.inlineCount ? inline[group] : others[group]
        return range.start < 0 ? nil : range.start..<range.end
    }
}

/// All matches of a pattern in a text, from left to right and not overlapping, as Go's regexp
/// package finds them: an empty match directly behind another match is left out.
package struct Matches: ~Escapable {
    private let pattern: Pattern
    private let text: RawSpan
    private var offset = 0
    private var previousEnd = -1

    @_lifetime(copy text)
    fileprivate init(_ pattern: Pattern, in text: RawSpan) {
        self.pattern = pattern
        self.text = text
    }

    package mutating func next() -> Match? {
        while offset <= text.byteCount {
            guard let match = pattern.firstMatch(in: text, from: offset) else { break }
            let range = match.range
            let isRepetition = range.isEmpty && range.lowerBound == previousEnd
            offset = range.upperBound == offset ? end(ofCharacterAt: offset) : range.upperBound
            previousEnd = range.upperBound
            if !isRepetition { return match }
        }
        offset = text.byteCount + 1
        return nil
    }

    /// Behind the character at `offset`; a byte that belongs to none counts as one.
    private func end(ofCharacterAt offset: Int) -> Int {
        var end = offset + 1
        while end < text.byteCount, end < offset + 4,
            text.unsafeLoad(fromByteOffset: end, as: UInt8.self) & 0xC0 == 0x80
        {
            end += 1
        }
        return end
    }
}

extension Pattern {
    /// All matches in `text`, from left to right.
    @_lifetime(copy text)
    package func matches(in text: RawSpan) -> Matches { Matches(self, in: text) }
}
