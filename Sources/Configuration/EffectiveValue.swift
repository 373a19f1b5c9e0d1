/// What an option is after defaults and references, as `print-config` shows it.
package indirect enum EffectiveValue: Hashable, Sendable {
    /// YAML text, quoted where that is needed.
    case scalar(String)
    case list([EffectiveValue])
    case mapping([Entry])

    /// One key of a mapping, in the order it was taken.
    package struct Entry: Hashable, Sendable {
        package let key: String
        package let value: EffectiveValue

        package init(_ key: String, _ value: EffectiveValue) {
            self.key = key
            self.value = value
        }
    }

    /// A string, quoted if YAML would read it as something else.
    package static func string(_ text: String) -> EffectiveValue {
        .scalar(yamlText(text))
    }

    static func yamlText(_ text: String) -> String {
        isSafePlain(text) ? text : doubleQuoted(escapingReferences(text))
    }

    /// Doubles dollars that would be read as a reference or as an escaped dollar.
    private static func escapingReferences(_ text: String) -> String {
        guard text.contains("${") || text.contains("$$") else { return text }
        return text.reduce(into: "") { $0 += $1 == "$" ? "$$" : String($1) }
    }

    private static func isSafePlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first,
            first.properties.isAlphabetic || first == "/" || first == "."
        else { return false }
        guard case .string = Scalar(text).value, text.last != " ", text.last != ":" else {
            return false
        }
        return text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
                || "_-./ +=@%()".unicodeScalars.contains($0) || $0 == ":"
        } && !text.contains(": ")
    }

    private static func doubleQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.count < 2 ? "0" : "") + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// YAML in block style, two blanks a level, with a newline at the end.
    package var yaml: String {
        switch self {
        case .scalar(let text): text + "\n"
        case .list, .mapping: block(indentation: 0)
        }
    }

    private func block(indentation: Int) -> String {
        let margin = String(repeating: " ", count: indentation)
        switch self {
        case .scalar(let text): return margin + text + "\n"
        case .list(let items):
            return items.map { margin + "-" + $0.followingDash(indentation: indentation) }.joined()
        case .mapping(let entries):
            return entries.map { entry in
                margin + Self.yamlText(entry.key) + ":"
                    + entry.value.following(indentation: indentation)
            }.joined()
        }
    }

    /// The rest of a line that began with a key, and the lines beneath it.
    private func following(indentation: Int) -> String {
        switch self {
        case .scalar(let text): return text.isEmpty ? "\n" : " \(text)\n"
        case .list(let items):
            return items.isEmpty
                ? " []\n" : inlineList ?? "\n" + block(indentation: indentation + 2)
        case .mapping(let entries):
            return entries.isEmpty ? " {}\n" : "\n" + block(indentation: indentation + 2)
        }
    }

    /// The rest of a line that began with a dash: a mapping begins on that line.
    private func followingDash(indentation: Int) -> String {
        guard case .mapping(let entries) = self, !entries.isEmpty else {
            return following(indentation: indentation)
        }
        return " " + block(indentation: indentation + 2).dropFirst(indentation + 2)
    }

    /// A short list of scalars stands on the line of its key.
    private var inlineList: String? {
        guard case .list(let items) = self else { return nil }
        var texts: [String] = []
        for item in items {
            guard case .scalar(let text) = item, !text.contains(",") else { return nil }
            texts.append(text)
        }
        let line = " [\(texts.joined(separator: ", "))]\n"
        return line.count <= 80 ? line : nil
    }
}
