import Primitives
import RegularExpressions

/// Regular expressions and grok patterns.
enum PatternFunctions {
    static let all: [Function] = [
        Function("IsMatch", [.target(.stringLike), Parameter("pattern", .pattern)]) {
            arguments throws(EvaluationError) in
            if arguments.isNone(0) { return .bool(false) }
            let pattern = try arguments.pattern(1)
            return .bool(arguments.withBytes(0) { pattern.matches($0) })
        },
        Function(
            "ExtractPatterns", [.target(.string), Parameter("pattern", .pattern)],
            binding: extractPatterns),
        Function(
            "ExtractGrokPatterns",
            [
                .target(.string), Parameter("pattern", .string),
                .option("named_captures_only", .bool, default: .bool(false)),
                .option("pattern_definitions", .listOf(.string), default: .none),
            ], binding: extractGrokPatterns),
    ]

    private static func extractPatterns(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        if case .pattern(let pattern) = literals.literal(1) {
            guard hasNamedGroup(pattern) else {
                throw ArgumentMistake(
                    1, "is a regular expression without a named group",
                    hint: "name what is to be extracted: '(?P<name>...)'")
            }
        }
        return { arguments throws(EvaluationError) in
            let pattern = try arguments.pattern(1)
            guard hasNamedGroup(pattern) else {
                throw .failed("the regular expression has no named group")
            }
            return .map(.own(groups(of: pattern, in: arguments)))
        }
    }

    private static func hasNamedGroup(_ pattern: Pattern) -> Bool {
        pattern.groupNames.contains { $0 != nil }
    }

    /// Groups that took no part in the match are empty.
    private static func groups(
        of pattern: Pattern, in arguments: borrowing Arguments
    ) -> [MapEntry] {
        let text = arguments.text(0)
        guard let match = arguments.withBytes(0, { pattern.firstMatch(in: $0) }) else { return [] }
        var entries: [MapEntry] = []
        for (group, name) in pattern.groupNames.enumerated() {
            guard let name else { continue }
            entries.append(MapEntry(name, .string(text.part(match[group] ?? 0..<0))))
        }
        return entries.uniqued()
    }

    // MARK: Grok

    private static func extractGrokPatterns(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        var isNamedOnly = false
        if case .bool(true) = literals.literal(2) { isNamedOnly = true }
        var definitions = GrokDefinitions()
        if case .list(.own(let values)) = literals.literal(3) {
            for value in values { try define(value.literalText, in: &definitions) }
        }
        guard let text = literals.literalText(1) else {
            return { [definitions, isNamedOnly] arguments throws(EvaluationError) in
                let grok: Grok
                do throws(GrokMistake) {
                    grok = try Grok(arguments.string(1), definitions, isNamedOnly: isNamedOnly)
                } catch {
                    throw .failed(error.reason)
                }
                return .map(.own(try grok.captures(in: arguments)))
            }
        }
        let grok: Grok
        do throws(GrokMistake) {
            grok = try Grok(text, definitions, isNamedOnly: isNamedOnly)
        } catch {
            throw ArgumentMistake(1, error.reason, hint: error.hint)
        }
        return { arguments throws(EvaluationError) in
            .map(.own(try grok.captures(in: arguments)))
        }
    }

    private static func define(
        _ text: String, in definitions: inout GrokDefinitions
    ) throws(ArgumentMistake) {
        guard let equals = text.firstIndex(of: "="), !text[..<equals].contains(":") else {
            throw ArgumentMistake(
                3, "has '\(text.prefix(40))', which is no definition of a pattern",
                hint: "write 'NAME=pattern'")
        }
        definitions[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
}
