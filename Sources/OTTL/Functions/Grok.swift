import Primitives
import RegularExpressions

/// Why a grok pattern cannot be used.
struct GrokMistake: Error, Equatable {
    let reason: String
    var hint: String?
}

/// Patterns by name: those that are built in, and those a user adds or replaces.
struct GrokDefinitions: Sendable {
    private var own: [String: String] = [:]

    subscript(name: String) -> String? {
        get { own[name] ?? GrokPatterns.standard[name] }
        set { own[name] = newValue }
    }

}

/// A regular expression written with names of others: `%{NAME}`, `%{NAME:field}` and
/// `%{NAME:field:type}`, the type being `int`, `long`, `float`, `double`, `bool` or `string`.
/// (github.com/elastic/go-grok)
///
/// Bound: an expansion takes at most `sizeLimit` bytes and `depthLimit` definitions inside one
/// another, so that a definition that contains itself is an error.
struct Grok: Sendable {
    static let sizeLimit = 1 << 20
    static let depthLimit = 32

    private enum Kind { case string, int, double, bool }

    private struct Field {
        let group: Int
        let name: String
        let kind: Kind
    }

    private let pattern: Pattern
    private let fields: [Field]

    init(
        _ text: String, _ definitions: GrokDefinitions, isNamedOnly: Bool
    ) throws(GrokMistake) {
        var expansion = Expansion(definitions: definitions, isNamedOnly: isNamedOnly)
        try expansion.append(text, depth: 0)
        do throws(PatternError) {
            pattern = try Pattern(expansion.result)
        } catch {
            throw GrokMistake(reason: "the grok pattern cannot be compiled: \(error.reason)")
        }
        var fields: [Field] = []
        for (group, groupName) in pattern.groupNames.enumerated() {
            guard let groupName else { continue }
            let field = expansion.fields[groupName]
            fields.append(
                Field(
                    group: group, name: field?.name ?? groupName,
                    kind: try Self.kind(named: field?.type)))
        }
        guard !isNamedOnly || !fields.isEmpty else {
            throw GrokMistake(
                reason: "is a grok pattern without a named capture",
                hint: "name what is to be extracted: '%{NUMBER:duration}'")
        }
        self.fields = fields
    }

    private static func kind(named name: String?) throws(GrokMistake) -> Kind {
        switch name {
        case nil, "string": return .string
        case "int", "long": return .int
        case "float", "double": return .double
        case "bool", "boolean": return .bool
        case .some(let name):
            throw GrokMistake(
                reason: "has '\(name)', which is not a type", hint: "use int, double or bool")
        }
    }

    /// The fields that were found and are not empty.
    func captures(in arguments: borrowing Arguments) throws(EvaluationError) -> [MapEntry] {
        let text = arguments.text(0)
        guard let match = arguments.withBytes(0, { pattern.firstMatch(in: $0) }) else { return [] }
        var entries: [MapEntry] = []
        for field in fields {
            guard let range = match[field.group], !range.isEmpty else { continue }
            let part = text.part(range)
            entries.append(
                MapEntry(field.name, try value(of: part, field, in: arguments.body)))
        }
        return entries.uniqued()
    }

    private func value(
        of text: Text, _ field: Field, in body: RawSpan
    ) throws(EvaluationError) -> Value {
        if field.kind == .string { return .string(text) }
        let digits = String(decoding: body.copy(of: text), as: UTF8.self)
        let value: Value? =
            switch field.kind {
            case .string: nil
            case .int: Int64(goText: digits).map(Value.int)
            case .double: Double(goText: digits).map(Value.double)
            case .bool: GoBool.parsed(digits).map(Value.bool)
            }
        guard let value else {
            throw .failed("'\(field.name)' of the grok pattern is not of its type")
        }
        return value
    }
}

/// Replaces names by their definitions.
private struct Expansion {
    let definitions: GrokDefinitions
    let isNamedOnly: Bool
    var result = ""
    /// What a user calls the group that has a name for RE2.
    var fields: [String: (name: String, type: String?)] = [:]

    mutating func append(_ text: String, depth: Int) throws(GrokMistake) {
        guard depth <= Grok.depthLimit else {
            throw GrokMistake(reason: "has a grok pattern that contains itself")
        }
        var rest = Substring(text)
        while let (before, reference, after) = Self.nextReference(in: rest) {
            result += before
            rest = after
            try append(reference: reference, depth: depth)
            guard result.utf8.count <= Grok.sizeLimit else {
                throw GrokMistake(reason: "is a grok pattern of more than a megabyte")
            }
        }
        result += rest
    }

    /// What is between `%{` and `}`, if it is names of letters, digits, dots and underscores.
    private static func nextReference(
        in text: Substring
    ) -> (before: Substring, reference: Substring, after: Substring)? {
        var start = text.startIndex
        while let percent = text[start...].firstIndex(of: "%") {
            let open = text.index(after: percent)
            guard open < text.endIndex else { return nil }
            start = open
            guard text[open] == "{" else { continue }
            let inner = text[text.index(after: open)...].prefix { character in
                character.isASCII
                    && (character.isLetter || character.isNumber || "_:.+".contains(character))
            }
            guard !inner.isEmpty, inner.endIndex < text.endIndex, text[inner.endIndex] == "}"
            else { continue }
            return (text[..<percent], inner, text[text.index(after: inner.endIndex)...])
        }
        return nil
    }

    private mutating func append(reference: Substring, depth: Int) throws(GrokMistake) {
        let parts = reference.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let definition = definitions[name] else {
            throw GrokMistake(
                reason: "has '%{\(name)}', a grok pattern that is not in this build",
                hint: "define it in pattern_definitions: '\(name)=…'")
        }
        let isNamed = parts.count > 1
        if isNamedOnly, !isNamed {
            result += "(?:"
        } else {
            let field = String(isNamed ? parts[1] : parts[0])
            result += "(?P<\(group(for: field, parts.count > 2 ? String(parts[2]) : nil))>"
        }
        try append(definition, depth: depth + 1)
        result += ")"
    }

    /// Groups may have neither dots nor the same name twice.
    private mutating func group(for field: String, _ type: String?) -> String {
        let name = String(field.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        var unique = name
        var number = 2
        while fields[unique] != nil {
            unique = "\(name)_\(number)"
            number += 1
        }
        fields[unique] = (field, type)
        return unique
    }
}

/// Booleans as Go parses them.
enum GoBool {
    static func parsed(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
