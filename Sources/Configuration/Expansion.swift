/// Puts values in the place of references: `${env:X}`, `${X}`, `${env:X:-default}`, `${file:path}`,
/// `${yaml:text}`, in string values anywhere, never in keys.
///
/// otelcol's rules (confmap/expand.go): innermost reference first, results are expanded again, an
/// odd number of `$` before the `${` escapes it and ends the search in that string, and at the end
/// every `$$` is `$`. Two differences: a variable that is not set is an error rather than null, and
/// `${X:-default}` works, with a warning.
struct Expansion {
    /// Replacements in one value, as otelcol has it.
    static let replacementLimit = 1_000
    /// Replacements in all values.
    static let totalReplacementLimit = 100_000
    /// One value's text, which references to references can double and double again.
    static let textSizeLimit = 1 << 20

    private let resolver: ReferenceResolver
    private let diagnostics: Diagnostics
    private var replacementCount = 0
    private var nodeCount = 0

    init(_ surroundings: Surroundings, reportingTo diagnostics: Diagnostics) {
        resolver = ReferenceResolver(surroundings: surroundings, diagnostics: diagnostics)
        self.diagnostics = diagnostics
    }

    mutating func expanded(_ node: Node) -> Node {
        expanded(node, depth: 0)
    }

    private mutating func expanded(_ node: Node, depth: Int) -> Node {
        nodeCount += 1
        guard nodeCount <= YAMLParser.nodeLimit, depth <= YAMLParser.depthLimit else {
            diagnostics.error(
                "with its references the configuration has more than \(YAMLParser.nodeLimit) "
                    + "values, or is more than \(YAMLParser.depthLimit) deep",
                at: node.location)
            return node.broken
        }
        var result = node
        switch node.content {
        case .broken: break
        case .sequence(let items):
            result.content = .sequence(items.map { expanded($0, depth: depth + 1) })
        case .mapping(let mapping):
            result.content = .mapping(expanded(mapping, depth: depth + 1))
        case .scalar(let scalar):
            // The values within what a reference inserted are expanded in their turn.
            result = expanded(scalar, of: node)
            if result.scalar == nil { return expanded(result, depth: depth + 1) }
        }
        return result.unescapingOrigin
    }

    private mutating func expanded(_ mapping: Mapping, depth: Int) -> Mapping {
        var result = Mapping()
        for var entry in mapping.entries {
            entry.value = expanded(entry.value, depth: depth)
            result.set(entry)
        }
        return result
    }

    private mutating func expanded(_ scalar: Scalar, of node: Node) -> Node {
        var current = node
        var rounds = 0
        while let text = current.scalar?.text, let reference = Reference.first(in: text) {
            rounds += 1
            replacementCount += 1
            guard rounds <= Self.replacementLimit, replacementCount <= Self.totalReplacementLimit
            else {
                diagnostics.error(
                    "the references in \(quoted(scalar.text)) never end", at: node.location,
                    hint: "a variable that refers to itself is replaced at most "
                        + "\(Self.replacementLimit) times")
                return node.broken
            }
            guard let next = replacing(reference, in: text, of: current) else { return node.broken }
            current = next
        }
        if case .scalar(var scalar) = current.content, scalar.text.contains("$$") {
            scalar.text = unescaped(scalar.text)
            current.content = .scalar(scalar)
        }
        return current
    }

    /// One step: the value itself if it is the one reference, else its text with the reference's
    /// text put in.
    private func replacing(_ reference: Reference, in text: String, of node: Node) -> Node? {
        let whole = reference.text == text
        let offset = node.origin == nil ? reference.offset(in: text) : nil
        var place = node.location(at: offset)
        if offset != nil, place.width == 1 { place.width = reference.text.unicodeScalars.count }
        guard let value = resolver.value(of: reference, at: place) else { return nil }
        let origin = Node.Origin(
            reference: node.origin?.reference ?? reference.text,
            text: whole ? value.text : nil)
        if whole {
            return Node(value.node.content, at: value.node.location, from: origin)
        }
        guard let inserted = value.text else {
            diagnostics.error(
                "\(quoted(reference.text)) is \(value.node.shown), which cannot stand within text",
                at: place)
            return nil
        }
        let replaced = reference.replaced(by: inserted, in: text)
        guard replaced.utf8.count <= Self.textSizeLimit else {
            diagnostics.error(
                "the references here make a text of more than "
                    + "\(ByteCount(bytes: Self.textSizeLimit))", at: place)
            return nil
        }
        let outer = node.origin.map { Node.Origin(reference: $0.reference, text: replaced) }
        return Node(.scalar(Scalar(replaced, isPlain: false)), at: node.location, from: outer)
    }
}

/// `$$` is `$`, from left to right.
private func unescaped(_ text: String) -> String {
    var result = ""
    var isAfterDollar = false
    for scalar in text.unicodeScalars {
        if scalar == "$", isAfterDollar {
            isAfterDollar = false
            continue
        }
        isAfterDollar = scalar == "$"
        result.unicodeScalars.append(scalar)
    }
    return result
}

extension Node {
    /// In the place of a value that could not be made, which has been reported.
    fileprivate var broken: Node { Node(.broken, at: location, from: origin) }

    fileprivate var unescapingOrigin: Node {
        guard let origin, let text = origin.text, text.contains("$$") else { return self }
        return Node(
            content, at: location,
            from: Origin(reference: origin.reference, text: unescaped(text)))
    }
}
