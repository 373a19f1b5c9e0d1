/// Finds the context that conditions and statements are about from the paths in them.
package enum Inference {
    /// The one context for all of them.
    ///
    /// The innermost context that a path names; if it does not know a function or symbol, the next
    /// one further in that does.
    package static func context(
        conditions: [String] = [], statements: [String] = [], among contexts: [PathContext],
        functions: FunctionTable = .standard, editors: [EditorSignature] = []
    ) throws(OTTLError) -> PathContext {
        var names = NameCollector()
        for text in conditions + statements {
            let bytes = Array(text.utf8)
            do throws(SyntaxMistake) {
                if conditions.contains(text) {
                    names.collect(try Parser.condition(bytes))
                } else {
                    names.collect(try Parser.statement(bytes))
                }
            } catch {
                throw error.located(in: bytes)
            }
        }
        return try names.context(among: contexts, functions, editors)
    }
}

/// The names that say what an expression is about.
private struct NameCollector {
    private var prefixes: Set<PathContext> = []
    private var unknownPrefixes: [String] = []
    private var functions: Set<String> = []
    private var editors: Set<String> = []
    private var symbols: Set<String> = []

    mutating func collect(_ statement: StatementNode) {
        editors.insert(statement.editor.name)
        for argument in statement.editor.arguments { collect(argument.value) }
        if let condition = statement.condition { collect(condition) }
    }

    mutating func collect(_ node: SyntaxNode) {
        switch node.kind {
        case .none, .bool, .int, .double, .string, .bytes: break
        case .symbol(let name): symbols.insert(name)
        case .list(let nodes), .and(let nodes), .or(let nodes):
            for node in nodes { collect(node) }
        case .map(let pairs): for pair in pairs { collect(pair.value) }
        case .path(let segments): collect(segments)
        case .call(let call):
            functions.insert(call.name)
            for argument in call.arguments { collect(argument.value) }
            for key in call.keys { collect(key) }
        case .arithmetic(let first, let rest):
            collect(first)
            for (_, operand) in rest { collect(operand) }
        case .negated(let inner), .group(let inner), .not(let inner): collect(inner)
        case .comparison(_, let left, let right):
            collect(left)
            collect(right)
        }
    }

    private mutating func collect(_ segments: [PathSegment]) {
        for segment in segments { for key in segment.keys { collect(key) } }
        let first = segments[0]
        guard segments.count > 1, first.keys.isEmpty else { return }
        if let context = PathContext(prefix: first.name) {
            prefixes.insert(context)
        } else {
            unknownPrefixes.append(first.name)
        }
    }

    func context(
        among contexts: [PathContext], _ table: FunctionTable, _ editors: [EditorSignature]
    ) throws(OTTLError) -> PathContext {
        let names = contexts.map(\.rawValue).joined(separator: ", ")
        let found = prefixes.sorted { $0.inferenceRank < $1.inferenceRank }
        guard let chosen = found.first else {
            throw OTTLError(
                "has no path that starts with a context, so it cannot be inferred", offset: 0,
                hint: unknownPrefixes.isEmpty
                    ? "write the context explicitly; possible are \(names)"
                    : "'\(unknownPrefixes[0])' is no context; paths start with one of \(names)")
        }
        guard contexts.contains(chosen) else {
            throw OTTLError(
                "has a path of '\(chosen.rawValue)', which this signal does not have", offset: 0,
                hint: "possible are \(names)")
        }
        let further = contexts.filter { $0.parents.contains(chosen) }
        let candidates = [chosen] + further.sorted { $0.inferenceRank < $1.inferenceRank }
        let fitting = candidates.first { knows($0, table, editors) }
        // Without one, the error of the chosen context says which name is unknown.
        return fitting ?? chosen
    }

    private func knows(
        _ context: PathContext, _ table: FunctionTable, _ signatures: [EditorSignature]
    ) -> Bool {
        let knowsFunctions = functions.allSatisfy { name in
            table.function(named: name)?.contexts.contains(context) ?? false
        }
        let knowsSymbols = symbols.allSatisfy { name in
            context.symbol(name) != nil || table.function(named: name) != nil
        }
        let knowsEditors = editors.allSatisfy { name in
            signatures.contains { $0.name == name && $0.contexts.contains(context) }
        }
        return knowsFunctions && knowsSymbols && knowsEditors
    }
}
