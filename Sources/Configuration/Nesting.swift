/// Keys with `::`, which stand for mappings within mappings: `a::b: 1` is `a: {b: 1}`.
struct Nesting {
    private let diagnostics: Diagnostics

    init(reportingTo diagnostics: Diagnostics) {
        self.diagnostics = diagnostics
    }

    func nested(_ node: Node, depth: Int = 0) -> Node {
        var result = node
        switch node.content {
        case .scalar, .broken: break
        case .sequence(let items):
            result.content = .sequence(items.map { nested($0, depth: depth + 1) })
        case .mapping(let mapping):
            result.content = .mapping(nested(mapping, depth: depth + 1))
        }
        return result
    }

    private func nested(_ mapping: Mapping, depth: Int) -> Mapping {
        var result = Mapping()
        for entry in mapping.entries {
            let parts = Self.parts(of: Substring(entry.key), separatedBy: [":", ":"])
            guard depth + parts.count <= YAMLParser.depthLimit else {
                diagnostics.error(
                    "mappings are more than \(YAMLParser.depthLimit) deep here",
                    at: entry.keyLocation)
                continue
            }
            // `::1` and the like are no paths.
            let path = parts.contains("") ? [entry.key] : parts
            let value = nested(entry.value, depth: depth + path.count - 1)
            let inner = node(value, under: Array(path.dropFirst()), at: entry.keyLocation)
            let merged = result[path[0]].map { $0.merging(inner) } ?? inner
            result.set(
                Mapping.Entry(key: path[0], keyLocation: entry.keyLocation, value: merged))
        }
        return result
    }

    /// The value within mappings of one key each.
    func node(_ value: Node, under path: [String], at location: SourceLocation) -> Node {
        guard path.count <= YAMLParser.depthLimit else {
            diagnostics.error(
                "mappings are more than \(YAMLParser.depthLimit) deep here", at: location)
            return value
        }
        return path.reversed().reduce(value) { inner, key in
            var mapping = Mapping()
            mapping.set(Mapping.Entry(key: key, keyLocation: location, value: inner))
            return Node(.mapping(mapping), at: location)
        }
    }

    static func parts(of text: Substring, separatedBy separator: [Character]) -> [String] {
        var parts: [String] = []
        var part = ""
        var rest = text
        while let character = rest.first {
            if rest.starts(with: separator) {
                parts.append(part)
                part = ""
                rest = rest.dropFirst(separator.count)
            } else {
                part.append(character)
                rest = rest.dropFirst()
            }
        }
        return parts + [part]
    }
}

extension Node {
    /// This node with another one over it: mappings are merged key by key, everything else, lists
    /// and null included, replaces.
    func merging(_ other: Node) -> Node {
        guard case .mapping(var mapping) = content, case .mapping(let added) = other.content else {
            return other
        }
        for var entry in added.entries {
            if let present = mapping[entry.key] { entry.value = present.merging(entry.value) }
            mapping.set(entry)
        }
        var merged = other
        merged.content = .mapping(mapping)
        return merged
    }
}
