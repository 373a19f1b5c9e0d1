import CRE2
import Primitives

/// A compiled regular expression in RE2's syntax, which is the one otelcol's users write.
///
/// Matching takes time linear in the text, whatever the pattern; a pattern takes at most
/// `memoryLimit` bytes. Immutable, shared between threads.
package final class Pattern: @unchecked Sendable {  // RE2 is safe for concurrent matching.
    /// RE2's own default.
    package static let memoryLimit = 8 << 20

    /// What was compiled.
    package let text: String
    private let compiled: OpaquePointer

    package init(_ text: String) throws(PatternError) {
        self.text = text
        var copy = text
        let made = copy.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) {
                cre2_compile($0.baseAddress, $0.count, Self.memoryLimit)
            }
        }
        guard let made else { throw PatternError(reason: "out of memory") }
        if let failure = cre2_failure(made) {
            let reason = String(cString: failure)
            cre2_free(made)
            throw PatternError(reason: reason)
        }
        compiled = made
    }

    deinit { cre2_free(compiled) }

    /// Whether the pattern matches anywhere in `text`, which is UTF-8.
    package func matches(_ text: RawSpan) -> Bool {
        text.withUnsafeBytes {
            cre2_matches(compiled, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
                != 0
        }
    }
}

/// Why a pattern cannot be used, in RE2's words.
package struct PatternError: Error, Equatable, Sendable {
    package let reason: String
}
