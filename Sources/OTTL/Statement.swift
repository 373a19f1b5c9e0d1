/// An editor's name and what it takes. What it does is the business of who executes statements.
package struct EditorSignature: Sendable {
    package let name: String
    package let parameters: [Parameter]
    package let contexts: [PathContext]

    package init(
        _ name: String, _ parameters: [Parameter], contexts: [PathContext] = PathContext.allCases
    ) {
        self.name = name
        self.parameters = parameters
        self.contexts = contexts
    }
}

/// `set(attributes["a"], 1) where name == "x"`: what is to be done, and for which records.
///
/// Arguments stand in the order of the editor's parameters, one for each.
package struct Statement: Sendable {
    /// As it was written.
    package let text: String
    package let context: PathContext
    package let editor: String
    package let arguments: [Argument]
    /// Where each argument is written, in characters, for mistakes found later; the editor's place
    /// for one that was left out.
    package let offsets: [Int]
    /// `nil` if the statement has no `where`.
    package let condition: Condition?

    package init(
        _ text: String, in context: PathContext, _ style: PathStyle, editors: [EditorSignature],
        functions: FunctionTable = .standard
    ) throws(OTTLError) {
        let bytes = Array(text.utf8)
        do throws(SyntaxMistake) {
            let node = try Parser.statement(bytes)
            let resolver = Resolver(
                text: bytes, context: context, style: style, functions: functions)
            let editor = try resolver.editor(node.editor, among: editors)
            arguments = try resolver.arguments(of: node.editor, for: editor.parameters)
            offsets = editor.parameters.indices.map { position in
                let place = resolver.place(of: position, in: node.editor, for: editor.parameters)
                return SyntaxMistake("", at: place.lowerBound).located(in: bytes).offset
            }
            if let condition = node.condition {
                self.condition = Condition(
                    resolver.source(condition.range), context,
                    try resolver.proposition(condition))
            } else {
                condition = nil
            }
            self.editor = editor.name
        } catch {
            throw error.located(in: bytes)
        }
        self.text = text
        self.context = context
    }
}

extension Resolver {
    fileprivate func editor(
        _ node: CallNode, among editors: [EditorSignature]
    ) throws(SyntaxMistake) -> EditorSignature {
        let known = editors.filter { $0.contexts.contains(context) }
        if let editor = known.first(where: { $0.name == node.name }) { return editor }
        if let editor = editors.first(where: { $0.name == node.name }) {
            let contexts = editor.contexts.map(\.rawValue).joined(separator: ", ")
            throw SyntaxMistake(
                "has '\(node.name)', which is not defined in the context '\(context.rawValue)'",
                at: node.nameRange.lowerBound, hint: "it is in \(contexts)")
        }
        throw SyntaxMistake(
            "has an undefined function '\(node.name)'", at: node.nameRange.lowerBound,
            hint: Spelling.hint(for: node.name, among: known.map(\.name)))
    }
}
