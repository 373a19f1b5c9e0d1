import CRE2
import Primitives

/// A compiled regular expression in the syntax of Go's regexp package, which is the one that
/// otelcol's users write, matched by RE2, of which Go's is a translation.
///
/// Matching takes time linear in the text, whatever the pattern. A pattern takes at most
/// `memoryLimit` bytes, its automaton included; where the automaton does not fit, RE2 goes on with
/// a slower one, still linear. Immutable, shared between threads.
///
/// Different from Go on purpose: a byte that is not UTF-8 is matched by nothing but `\C`, while Go
/// takes it for U+FFFD.
package final class Pattern: @unchecked Sendable {  // RE2 is safe for concurrent matching.
    /// RE2's own default, enough for nearly all patterns.
    package static let memoryLimit = 8 << 20
    /// For patterns that do not fit in that, such as a list of thousands of words.
    package static let largePatternMemoryLimit = 128 << 20

    /// What was compiled, as its author wrote it.
    package let text: String
    /// The names of the groups; the first is the whole match, which has none.
    package let groupNames: [String?]

    private let compiled: OpaquePointer
    private let shortcut: Shortcut?

    package init(_ text: String) throws(PatternError) {
        self.text = text
        compiled = try Self.compile(GoSyntax.translated(text))
        groupNames = Self.groupNames(of: compiled)
        shortcut = Shortcut(text)
    }

    deinit { cre2_free(compiled) }

    /// The number of groups, without the whole match.
    package var groupCount: Int { groupNames.count - 1 }

    /// The number of the first group with this name, counted from 1.
    package func group(named name: String) -> Int? { groupNames.firstIndex(of: name) }

    /// Whether the pattern matches anywhere in `text`, which is UTF-8.
    package func matches(_ text: RawSpan) -> Bool {
        if let shortcut { return shortcut.matches(text) }
        return text.withUnsafeBytes {
            cre2_matches(compiled, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
                != 0
        }
    }

    /// Whether the pattern matches anywhere in `text`.
    package func matches(_ text: String) -> Bool {
        matches(text.utf8Span.span.bytes)
    }

    /// The leftmost match that begins at `offset` or behind it. What stands before `offset` still
    /// counts for `^` and `\b`.
    package func firstMatch(in text: RawSpan, from offset: Int = 0) -> Match? {
        guard offset >= 0, offset <= text.byteCount else { return nil }
        return groupNames.count <= Match.inlineCount
            ? smallMatch(in: text, from: offset) : largeMatch(in: text, from: offset)
    }

    private func smallMatch(in text: RawSpan, from offset: Int) -> Match? {
        var ranges = Match.InlineRanges(repeating: cre2_range(start: -1, end: -1))
        let count = groupNames.count
        var found = false
        var span = ranges.mutableSpan
        span.withUnsafeMutableBufferPointer { found = find(in: text, from: offset, $0, count) }
        return found ? Match(count: count, inline: ranges, others: []) : nil
    }

    private func largeMatch(in text: RawSpan, from offset: Int) -> Match? {
        let count = groupNames.count
        var ranges = [cre2_range](repeating: cre2_range(start: -1, end: -1), count: count)
        var found = false
        ranges.withUnsafeMutableBufferPointer { found = find(in: text, from: offset, $0, count) }
        guard found else { return nil }
        return Match(
            count: count, inline: .init(repeating: ranges[0]), others: ranges)
    }

    private func find(
        in text: RawSpan, from offset: Int, _ ranges: UnsafeMutableBufferPointer<cre2_range>,
        _ count: Int
    ) -> Bool {
        text.withUnsafeBytes {
            cre2_find(
                compiled, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, offset,
                ranges.baseAddress, CInt(truncatingIfNeeded: count)) != 0
        }
    }

    private static func compile(_ text: String) throws(PatternError) -> OpaquePointer {
        let made = try compile(text, within: memoryLimit)
        guard cre2_is_too_large(made) != 0 else { return try usable(made) }
        cre2_free(made)
        return try usable(compile(text, within: largePatternMemoryLimit))
    }

    private static func compile(
        _ text: String, within memoryLimit: Int
    ) throws(PatternError) -> OpaquePointer {
        var text = text
        let made = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) {
                cre2_compile($0.baseAddress, $0.count, memoryLimit)
            }
        }
        guard let made else { throw PatternError(reason: "out of memory", part: "") }
        return made
    }

    private static func usable(_ made: OpaquePointer) throws(PatternError) -> OpaquePointer {
        guard let failure = cre2_failure(made) else { return made }
        let error = PatternError(
            reason: String(cString: failure), part: String(cString: cre2_failure_part(made)))
        cre2_free(made)
        throw error
    }

    private static func groupNames(of compiled: OpaquePointer) -> [String?] {
        let count = max(0, cre2_group_count(compiled))
        var names: [String?] = [nil]
        for group in 0..<count {
            names.append(
                cre2_group_name(compiled, CInt(truncatingIfNeeded: group + 1)).map {
                    String(cString: $0)
                })
        }
        return names
    }
}

/// Why a pattern cannot be used, in RE2's words.
package struct PatternError: Error, Equatable, Sendable {
    package let reason: String
    /// The part of the pattern that is wrong; empty if that is not known.
    package let part: String

    package init(reason: String, part: String) {
        self.reason = reason
        self.part = part
    }

    /// What to do, where others' regular expressions have more than RE2's.
    package var hint: String? {
        if ["(?=", "(?!", "(?<=", "(?<!", "(?<"].contains(where: part.hasPrefix) {
            return "RE2, which otelcol uses, too, has no look-ahead and no look-behind"
        }
        if part.hasPrefix("\\"), part.dropFirst().first?.isNumber == true {
            return "RE2, which otelcol uses, too, has no back references"
        }
        return nil
    }

    /// Where `part` begins in `text`, in characters, for a message that points at it.
    package func offset(in text: String) -> Int? {
        guard !part.isEmpty, part.utf8.count <= text.utf8.count else { return nil }
        let text = Array(text)
        let part = Array(part)
        for start in 0...max(0, text.count - part.count)
        where text[start...].starts(with: part) {
            return start
        }
        return nil
    }
}
