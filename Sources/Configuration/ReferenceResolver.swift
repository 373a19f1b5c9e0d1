/// Finds what a reference stands for.
struct ReferenceResolver {
    /// A value as YAML, and the text it was, for string options and for text around it.
    struct Value {
        let node: Node
        let text: String?
    }

    let surroundings: Surroundings
    let diagnostics: Diagnostics

    /// `nil` if there is no such value, which has then been reported.
    func value(of reference: Reference, at place: SourceLocation) -> Value? {
        let body = reference.body
        guard !body.contains("$") else {
            return refuse("\(quoted(reference.text)) has a '$' within it", at: place)
        }
        guard let colon = body.firstIndex(of: ":") else {
            return variable(body, default: nil, reference, at: place)
        }
        let scheme = String(body[..<colon])
        let rest = body[body.index(after: colon)...]
        switch scheme {
        case "env":
            let split = rest.firstRange(of: ":-")
            let name = split.map { rest[..<$0.lowerBound] } ?? rest
            return variable(
                name, default: split.map { rest[$0.upperBound...] }, reference, at: place)
        case "file": return file(String(rest), reference, at: place)
        case "yaml": return parsed(String(rest), at: place)
        default: return withoutScheme(scheme, rest, reference, at: place)
        }
    }

    /// `${X:-default}`, which otelcol once allowed and now reads as a scheme.
    private func withoutScheme(
        _ name: String, _ rest: Substring, _ reference: Reference, at place: SourceLocation
    ) -> Value? {
        guard ConfigurationSource.isVariableName(name), rest.first == "-" else {
            let (predicate, hint) = ConfigurationSource.refusal(ofScheme: name)
            return refuse("\(quoted(reference.text)) \(predicate)", at: place, hint: hint)
        }
        diagnostics.warning(
            "\(quoted(reference.text)) is an old form, which otelcol refuses", at: place,
            hint: "write ${env:\(reference.body)}")
        return variable(Substring(name), default: rest.dropFirst(), reference, at: place)
    }

    private func variable(
        _ name: Substring, default text: Substring?, _ reference: Reference,
        at place: SourceLocation
    ) -> Value? {
        guard ConfigurationSource.isVariableName(name) else {
            return refuse(
                "\(quoted(reference.text)) does not name a variable", at: place,
                hint: "write ${env:NAME}, or ${env:NAME:-default}")
        }
        if let value = surroundings.variable(String(name)) { return parsed(value, at: place) }
        if let text { return parsed(String(text), at: place) }
        // 1. It is the default of a variable that is set, so nobody asks for it.
        if let outer = reference.enclosingVariable, surroundings.variable(String(outer)) != nil {
            return parsed("", at: place)
        }
        // 2. Somebody does.
        return refuse(
            "the environment variable \(name) is not set", at: place,
            hint: "set it, or give a default: ${env:\(name):-default}")
    }

    /// Text that is not YAML is a string; so is what YAML would read as one.
    private func parsed(_ text: String, at place: SourceLocation) -> Value {
        let scratch = Diagnostics()
        let parsed = YAMLParser.parse(Array(text.utf8), file: place.file, reportingTo: scratch)
        guard let parsed, !scratch.hasErrors else { return plainText(text, at: place) }
        if case .string = parsed.scalar?.value { return plainText(text, at: place) }
        let node = Nesting(reportingTo: scratch).nested(parsed).placed(at: place)
        return Value(node: node, text: text)
    }

    private func plainText(_ text: String, at place: SourceLocation) -> Value {
        Value(node: Node(.scalar(Scalar(text, isPlain: false)), at: place), text: text)
    }

    private func file(
        _ path: String, _ reference: Reference, at place: SourceLocation
    ) -> Value? {
        switch surroundings.file(path) {
        case .failure(let problem):
            return refuse("cannot read \(quoted(path, limit: .max)): \(problem)", at: place)
        case .success(let bytes):
            guard bytes.count <= YAMLParser.sizeLimit.bytes else {
                return refuse(
                    "\(quoted(path)) has more than \(YAMLParser.sizeLimit)", at: place)
            }
            return content(bytes, of: path, at: place)
        }
    }

    /// A file that holds one word, such as a token, is taken as that word: without the line's end.
    private func content(_ bytes: [UInt8], of path: String, at place: SourceLocation) -> Value? {
        var text = String(decoding: bytes, as: UTF8.self)
        if text.hasSuffix("\r\n") || text.hasSuffix("\n") { text.removeLast() }
        let scratch = Diagnostics()
        let parsed = YAMLParser.parse(bytes, file: path, reportingTo: scratch)
        guard let parsed, parsed.scalar == nil else { return self.parsed(text, at: place) }

        _ = YAMLParser.parse(bytes, file: path, reportingTo: diagnostics)
        return Value(node: Nesting(reportingTo: diagnostics).nested(parsed), text: text)
    }

    private func refuse(
        _ message: String, at place: SourceLocation, hint: String? = nil
    ) -> Value? {
        diagnostics.error(message, at: place, hint: hint)
        return nil
    }
}

extension Node {
    /// The same values, all said to stand where the reference does.
    fileprivate func placed(at place: SourceLocation) -> Node {
        switch content {
        case .scalar, .broken: return Node(content, at: place)
        case .sequence(let items):
            return Node(.sequence(items.map { $0.placed(at: place) }), at: place)
        case .mapping(let mapping):
            var placed = Mapping()
            for entry in mapping.entries {
                placed.set(
                    Mapping.Entry(
                        key: entry.key, keyLocation: place, value: entry.value.placed(at: place)))
            }
            return Node(.mapping(placed), at: place)
        }
    }
}
