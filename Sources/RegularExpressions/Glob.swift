import Primitives

/// A glob that has to match the whole of a text: `*` (and `**`) for any run of characters, `/`
/// included, `?` for one character, `[abc]`, `[a-z]` and `[!a-z]`, `{this,that}`, and `\` before a
/// character that is meant as it stands. (github.com/gobwas/glob, without separators)
///
/// It is translated to a `Pattern`, and so is as linear and as bounded.
package struct Glob: Sendable {
    /// What was compiled, as its author wrote it.
    package let text: String
    private let pattern: Pattern

    package init(_ text: String) throws(PatternError) {
        self.text = text
        var translator = Translator(text)
        pattern = try Pattern("(?s)^\(translator.translate())$")
    }

    /// Whether the glob matches the whole of `text`.
    package func matches(_ text: RawSpan) -> Bool { pattern.matches(text) }

    /// Whether the glob matches the whole of `text`.
    package func matches(_ text: String) -> Bool { pattern.matches(text) }

    /// Turns a glob into a regular expression.
    private struct Translator {
        private let source: [Unicode.Scalar]
        private var offset = 0
        private var depth = 0
        private var result = ""

        init(_ text: String) { source = Array(text.unicodeScalars) }

        mutating func translate() throws(PatternError) -> String {
            while offset < source.count {
                let scalar = source[offset]
                offset += 1
                try translate(scalar)
            }
            guard depth == 0 else { throw PatternError(reason: "missing closing }", part: "{") }
            return result
        }

        private mutating func translate(_ scalar: Unicode.Scalar) throws(PatternError) {
            switch scalar {
            case "*":
                if !result.hasSuffix(".*") || result.hasSuffix("\\.*") { result += ".*" }
            case "?": result += "."
            case "[": try translateClass()
            case "{":
                depth += 1
                result += "(?:"
            case "}" where depth > 0:
                depth -= 1
                result += ")"
            case "," where depth > 0: result += "|"
            case "\\":
                guard offset < source.count else {
                    throw PatternError(reason: "trailing backslash", part: "\\")
                }
                append(source[offset])
                offset += 1
            default: append(scalar)
            }
        }

        private mutating func append(_ scalar: Unicode.Scalar) {
            if scalar.isASCII, !scalar.properties.isAlphabetic, scalar.value > 0x20,
                !("0"..."9").contains(scalar)
            {
                result += "\\"
            }
            result.unicodeScalars.append(scalar)
        }

        private mutating func translateClass() throws(PatternError) {
            var elements: [Unicode.Scalar] = []
            var isClosed = false
            let isNegated = offset < source.count && source[offset] == "!"
            if isNegated { offset += 1 }
            while offset < source.count, !isClosed {
                if source[offset] == "]" {
                    isClosed = true
                } else {
                    if source[offset] == "\\", offset + 1 < source.count { offset += 1 }
                    elements.append(source[offset])
                }
                offset += 1
            }
            guard isClosed, !elements.isEmpty else {
                throw PatternError(
                    reason: isClosed ? "empty character class" : "missing closing ]", part: "[")
            }
            result += isNegated ? "[^" : "["
            if elements.count == 3, elements[1] == "-" {
                append(elements[0])
                result += "-"
                append(elements[2])
            } else {
                elements.forEach { append($0) }
            }
            result += "]"
        }
    }
}
