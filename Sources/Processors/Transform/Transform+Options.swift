import Configuration
import OTTL

extension Section {
    /// The statements of one signal: a list of them, which is one group, or a list of groups.
    mutating func takeStatements(
        _ key: String, _ contexts: [PathContext], _ mode: ErrorMode
    ) -> [StatementGroup] {
        let doc = "OTTL statements, or groups of them with a context and conditions"
        if isDescribing {
            _ = takeSections(key, doc) { $0.takeGroup(contexts, mode) }
            return []
        }
        guard let node = takeNode(key, type: "list", doc), !node.isNull else { return [] }
        let items = node.sequence ?? []
        let groupCount = items.count { $0.mapping != nil }
        guard groupCount > 0 else {
            let context = inferredContext(key, statements: node.texts, [], contexts)
            let type = OptionType.statement(in: context, .prefixed, among: contexts)
            let editings = takeList(key, of: type, doc).compactMap(\.editing)
            guard let context, !editings.isEmpty else { return [] }
            return [StatementGroup(in: context, conditions: [], editings, mode)]
        }
        guard groupCount == items.count else {
            refuse(
                key, "mixes statements and groups of statements",
                hint: "write only statements, or only groups such as {statements: [...]}")
            return []
        }
        return takeSections(key, doc) { $0.takeGroup(contexts, mode) }.compactMap { $0 }
    }

    private mutating func takeGroup(
        _ contexts: [PathContext], _ mode: ErrorMode
    ) -> StatementGroup? {
        let written = takeOptional(
            "context", as: .word(among: contexts),
            "what the statements are executed for; told from their paths without")
        let mode =
            takeOptional(
                "error_mode", as: .choice(of: ErrorMode.self, ignoringCase: true),
                "as above, for this group") ?? mode
        let hasWritten = contains("context")
        var context = written
        if !isDescribing, !hasWritten {
            context = inferredContext(
                "statements", statements: texts(of: "statements"), texts(of: "conditions"),
                contexts)
        }
        let style: PathStyle = hasWritten ? .either : .prefixed
        let conditions = takeList(
            "conditions", of: .condition(in: context, style, among: contexts),
            "OTTL conditions, of which one has to hold for the statements to be executed"
        ).compactMap(\.condition)
        let editings = takeList(
            "statements", of: .statement(in: context, style, among: contexts),
            "OTTL statements, executed in order"
        ).compactMap(\.editing)
        guard let context, !editings.isEmpty else { return nil }
        return StatementGroup(in: context, conditions: conditions, editings, mode)
    }

    /// The strings of a list that is taken later.
    private mutating func texts(of key: String) -> [String] {
        takeNode(key, type: "list", "")?.texts ?? []
    }

    /// The one context for a whole group. Mistakes of single statements are told where they are.
    private func inferredContext(
        _ key: String, statements: [String], _ conditions: [String], _ contexts: [PathContext]
    ) -> PathContext? {
        if statements.isEmpty { return nil }
        let isSound =
            statements.allSatisfy { Self.mistake(in: $0, isCondition: false) == nil }
            && conditions.allSatisfy { Self.mistake(in: $0, isCondition: true) == nil }
        guard isSound else { return nil }
        do throws(OTTLError) {
            return try Inference.context(
                conditions: conditions, statements: statements, among: contexts,
                editors: EditorSignature.all)
        } catch {
            refuse(key, error.message, hint: error.hint)
            return nil
        }
    }

    /// A mistake that does not depend on the context.
    fileprivate static func mistake(in text: String, isCondition: Bool) -> OTTLError? {
        do throws(OTTLError) {
            try Inference.check(text, isCondition: isCondition)
            return nil
        } catch {
            return error
        }
    }
}

extension Node {
    /// The strings of a list.
    fileprivate var texts: [String] { (sequence ?? []).compactMap { try? $0.string() } }
}

/// What was made of a statement; nothing if its group's context is unknown.
private struct StatementOption {
    let text: String
    let editing: Editing?
}

/// What was made of a condition.
private struct ConditionOption {
    let text: String
    let condition: Condition?
}

extension OptionType where Value == StatementOption {
    fileprivate static func statement(
        in context: PathContext?, _ style: PathStyle, among contexts: [PathContext]
    ) -> OptionType {
        .text(
            "statement",
            read: { (text) throws(Mismatch) in
                do throws(OTTLError) {
                    guard let context else {
                        try Inference.check(text, isCondition: false)
                        return StatementOption(text: text, editing: nil)
                    }
                    if let name = text.missingEditor {
                        throw OTTLError("has '\(name)', which is not in this build", offset: 0)
                    }
                    let statement = try Statement(
                        text, in: context, style, editors: EditorSignature.all)
                    return StatementOption(text: text, editing: try Editing(statement))
                } catch {
                    throw error.mismatch("a statement")
                }
            }, show: \.text)
    }
}

extension OptionType where Value == ConditionOption {
    fileprivate static func condition(
        in context: PathContext?, _ style: PathStyle, among contexts: [PathContext]
    ) -> OptionType {
        .text(
            "condition",
            read: { (text) throws(Mismatch) in
                do throws(OTTLError) {
                    guard let context else {
                        try Inference.check(text, isCondition: true)
                        return ConditionOption(text: text, condition: nil)
                    }
                    let condition = try Condition(text, in: context, style)
                    return ConditionOption(text: text, condition: condition)
                } catch {
                    throw error.mismatch("a condition")
                }
            }, show: \.text)
    }
}

extension OptionType where Value == PathContext {
    fileprivate static func word(among contexts: [PathContext]) -> OptionType {
        let words = contexts.map(\.rawValue)
        return .text(
            "word", values: words,
            read: { (text) throws(Mismatch) in
                if let context = contexts.first(where: { $0.rawValue == text }) { return context }
                throw Mismatch(
                    "is '\(text)', but must be one of \(words.joined(separator: ", "))")
            }, show: \.rawValue)
    }
}

extension String {
    /// The editor, if it is one of otelcol's that this build does not have.
    fileprivate var missingEditor: String? {
        let start = drop { $0 == " " || $0 == "\n" || $0 == "\t" }
        let name = String(start.prefix { $0 != "(" && $0 != " " })
        return EditorSignature.missing.contains(name) ? name : nil
    }
}

extension OTTLError {
    fileprivate func mismatch(_ what: String) -> Mismatch {
        Mismatch("is not \(what) for this: it \(message)", hint: hint, offset: offset)
    }
}
