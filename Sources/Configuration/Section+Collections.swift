/// Options with several values: lists, headers, sections.
extension Section {
    /// A list of strings; one string is split at its commas. A list that is given replaces the
    /// default.
    package mutating func takeStrings(
        _ key: String, default values: [String] = [], _ doc: String
    ) -> [String] {
        takeList(key, of: .string, default: values, doc)
    }

    /// A list of values of one type: `takeList("codes", of: .integer(in: 100...599), "…")`.
    package mutating func takeList<Value>(
        _ key: String, of type: OptionType<Value>, default values: [Value] = [], _ doc: String
    ) -> [Value] {
        let shown = EffectiveValue.list(values.map(type.show))
        reading.add(
            OptionDescription(
                path: optionPath(of: key), type: "list of \(type.name)s",
                defaultValue: shown.oneLine, range: type.range, values: type.values,
                documentation: doc))
        effective.set(key, shown)
        guard let node = node(key), !node.isNull, !node.isBroken else { return values }
        guard let items = node.sequence ?? (type.readsText ? node.listItems : nil) else {
            reading.report(
                .error, "\(path(of: key)) is \(node.shown), but must be a list", at: node)
            return values
        }
        let read = items.enumerated().compactMap { index, item in
            value(of: item, named: "\(path(of: key))[\(index)]", type)
        }
        effective.set(key, .list(read.map(type.show)))
        return read
    }

    /// Headers, as a mapping from name to value or a list of `{name, value}`. Names are unique
    /// whatever their case.
    ///
    /// - Parameter reserved: Names in lower case that only the protocol itself may write.
    package mutating func takeHeaders(
        _ key: String, reserved: [String] = [], _ doc: String
    ) -> [ConfiguredHeader] {
        reading.add(
            OptionDescription(
                path: optionPath(of: key), type: "headers", defaultValue: "{}", documentation: doc))
        effective.set(key, .mapping([]))
        guard let node = node(key), !node.isNull, !node.isBroken else { return [] }
        let headers = headers(of: node, key, reserved)
        effective.set(
            key,
            .mapping(headers.map { EffectiveValue.Entry($0.name, .string(Secret.redacted)) }))
        return headers
    }

    private func headers(
        of node: Node, _ key: String, _ reserved: [String]
    ) -> [ConfiguredHeader] {
        var headers: [ConfiguredHeader] = []
        var names: Set<String> = []
        for (name, value, location) in headerNodes(of: node, key) {
            let isNew = names.insert(name.lowercased()).inserted
            if let problem = headerProblem(name, isNew: isNew, reserved) {
                reading.report(
                    Diagnostic(
                        .error, "\(path(of: key)) has the header \(quoted(name)) \(problem)",
                        at: location))
                continue
            }
            let place = "\(path(of: key)).\(name)"
            if let secret = self.value(of: value, named: place, .secret) {
                headers.append(ConfiguredHeader(name: name, value: secret))
            }
        }
        return headers
    }

    /// What follows "has the header 'x'", or `nil` if it is one to send.
    private func headerProblem(_ name: String, isNew: Bool, _ reserved: [String]) -> String? {
        guard isNew else { return "twice" }
        if reserved.contains(name.lowercased()) { return "that the protocol writes itself" }
        let isToken = !name.isEmpty && name.utf8.allSatisfy(\.isTokenCharacter)
        return isToken ? nil : "whose name has a character that no header may have"
    }

    private func headerNodes(
        of node: Node, _ key: String
    ) -> [(name: String, value: Node, location: SourceLocation)] {
        switch node.content {
        case .mapping(let mapping):
            return mapping.entries.map { ($0.key, $0.value, $0.keyLocation) }
        case .sequence(let items):
            return items.enumerated().compactMap { index, item in
                if let name = try? item.mapping?["name"]?.string(),
                    let value = item.mapping?["value"], item.mapping?.entries.count == 2
                {
                    return (name, value, item.location)
                }
                let place = "\(path(of: key))[\(index)]"
                reading.report(
                    .error, "\(place) must be a mapping with the keys name and value", at: item)
                return nil
            }
        case .broken: return []
        case .scalar:
            reading.report(
                .error, "\(path(of: key)) is \(node.shown), but must be a mapping of headers",
                at: node)
            return []
        }
    }

    /// A mapping of free keys to strings.
    package mutating func takeStringMap(
        _ key: String, _ doc: String
    ) -> [(key: String, value: String)] {
        reading.add(
            OptionDescription(
                path: optionPath(of: key), type: "mapping of strings", defaultValue: "{}",
                documentation: doc))
        effective.set(key, .mapping([]))
        guard let node = node(key), !node.isNull, !node.isBroken else { return [] }
        guard let mapping = node.mapping else {
            reading.report(
                .error, "\(path(of: key)) is \(node.shown), but must be a mapping", at: node)
            return []
        }
        let pairs = mapping.entries.compactMap { entry in
            value(of: entry.value, named: "\(path(of: key)).\(entry.key)", .string)
                .map { (key: entry.key, value: $0) }
        }
        effective.set(
            key, .mapping(pairs.map { EffectiveValue.Entry($0.key, .string($0.value)) }))
        return pairs
    }

    /// Whatever stands there, for options whose type depends on other things.
    package mutating func takeNode(_ key: String, type: String, _ doc: String) -> Node? {
        reading.add(
            OptionDescription(path: optionPath(of: key), type: type, documentation: doc))
        guard let node = node(key), !node.isBroken else { return nil }
        effective.set(key, node.effectiveValue)
        return node
    }
}

extension Node {
    /// The items of a list; those between the commas of a string. `nil` if it is neither.
    var listItems: [Node]? {
        if let sequence { return sequence }
        guard let text = try? string() else { return nil }
        return text.split(separator: ",").map { part in
            let trimmed = part.drop { $0 == " " }
            let end = trimmed.lastIndex { $0 != " " }
            let word = end.map { String(trimmed[...$0]) } ?? ""
            return Node(.scalar(Scalar(word, isPlain: false)), at: location, from: nil)
        }
    }

    /// As it was written, with references resolved.
    var effectiveValue: EffectiveValue {
        switch content {
        case .scalar(let scalar):
            if case .string(let text) = scalar.value { return .string(text) }
            return .scalar(scalar.value == .null ? "null" : scalar.text)
        case .broken: return .scalar("null")
        case .sequence(let items): return .list(items.map(\.effectiveValue))
        case .mapping(let mapping):
            return .mapping(
                mapping.entries.map { EffectiveValue.Entry($0.key, $0.value.effectiveValue) })
        }
    }
}

extension UInt8 {
    /// Of which names of headers consist. (RFC 9110 §5.6.2, `tchar`)
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
