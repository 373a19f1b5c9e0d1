/// All sources of a configuration, merged, with references resolved: one tree of nodes.
package struct ConfigurationTree: Sendable {
    package let root: Node

    /// Reads the sources in order; later ones win. Overrides (`--set`) come after all of them.
    ///
    /// What is wrong is reported, and what could be read is still in the tree, so that the rest
    /// of the mistakes can be found too.
    package static func load(
        _ sources: [ConfigurationSource], overrides: [String] = [],
        in surroundings: Surroundings = .process, reportingTo diagnostics: Diagnostics
    ) -> ConfigurationTree {
        var loader = Loader(surroundings: surroundings, diagnostics: diagnostics)
        let start = SourceLocation(file: sources.first?.name ?? "", line: 1, column: 1)
        var root = Node(.mapping(Mapping()), at: start)
        for source in sources {
            if let node = loader.node(of: source) { root = root.merging(node) }
        }
        for override in overrides {
            if let node = loader.node(ofOverride: override) { root = root.merging(node) }
        }
        var expansion = Expansion(surroundings, reportingTo: diagnostics)
        return ConfigurationTree(root: expansion.expanded(root))
    }
}

/// Turns sources into mappings.
private struct Loader {
    let surroundings: Surroundings
    let diagnostics: Diagnostics
    private var overrideCount = 0
    private var textCount = 0

    init(surroundings: Surroundings, diagnostics: Diagnostics) {
        self.surroundings = surroundings
        self.diagnostics = diagnostics
    }

    mutating func node(of source: ConfigurationSource) -> Node? {
        guard let bytes = bytes(of: source) else { return nil }
        let name = numbered(source)
        guard let node = YAMLParser.parse(bytes, file: name, reportingTo: diagnostics) else {
            return nil
        }
        guard node.mapping != nil || node.isNull else {
            diagnostics.error(
                "\(name) is \(node.shown), but must be a mapping", at: node.location,
                hint: "a configuration begins with a line such as 'receivers:'")
            return nil
        }
        guard !node.isNull else { return nil }
        return Nesting(reportingTo: diagnostics).nested(node)
    }

    /// Several inline texts are told apart by a number.
    private mutating func numbered(_ source: ConfigurationSource) -> String {
        guard case .text = source else { return source.name }
        textCount += 1
        return textCount == 1 ? "yaml:" : "yaml:#\(textCount)"
    }

    private func bytes(of source: ConfigurationSource) -> [UInt8]? {
        switch source {
        case .file(let path):
            switch surroundings.file(path) {
            case .success(let bytes): return bytes
            case .failure(let problem):
                diagnostics.error("cannot read \(quoted(path, limit: .max)): \(problem)")
                return nil
            }
        case .variable(let name):
            guard ConfigurationSource.isVariableName(name) else {
                diagnostics.error("\(quoted(name)) cannot be the name of a variable")
                return nil
            }
            guard let text = surroundings.variable(name) else {
                diagnostics.error("the environment variable \(name) is not set")
                return nil
            }
            return Array(text.utf8)
        case .text(let text): return Array(text.utf8)
        case .unknown(let scheme, _):
            let (predicate, hint) = ConfigurationSource.refusal(ofScheme: scheme)
            diagnostics.error("\(quoted(source.name)) \(predicate)", hint: hint)
            return nil
        }
    }

    /// `key=value`: dots and `::` in the key nest, the value is YAML.
    mutating func node(ofOverride override: String) -> Node? {
        overrideCount += 1
        let file = overrideCount == 1 ? "--set" : "--set#\(overrideCount)"
        let key = override.prefix { $0 != "=" }
        let parts = Nesting.parts(of: key, separatedBy: [":", ":"])
            .flatMap { Nesting.parts(of: Substring($0), separatedBy: ["."]) }
        guard key.count < override.count, !parts.contains("") else {
            diagnostics.error(
                "--set \(quoted(override)) must have the form key=value",
                hint: "such as --set exporters.debug.verbosity=detailed")
            return nil
        }
        let scratch = Diagnostics()
        let value = String(override.dropFirst(key.count + 1))
        let parsed = YAMLParser.parse(Array(value.utf8), file: file, reportingTo: scratch)
        diagnostics.addSource(file, text: override)
        let shift = key.unicodeScalars.count + 1
        guard let parsed else {
            for diagnostic in scratch.sorted { diagnostics.add(diagnostic.moved(by: shift)) }
            return nil
        }
        let place = SourceLocation(file: file, line: 1, column: 1, width: shift - 1)
        return Nesting(reportingTo: diagnostics)
            .node(parsed.moved(by: shift), under: parts, at: place)
    }
}

extension SourceLocation {
    fileprivate func moved(by columns: Int) -> SourceLocation {
        guard line == 1 else { return self }
        var location = self
        location.column += columns
        return location
    }
}

extension Diagnostic {
    fileprivate func moved(by columns: Int) -> Diagnostic {
        Diagnostic(
            severity, message, at: location?.moved(by: columns), hint: hint,
            notes: notes.map { Note($0.message, at: $0.location.moved(by: columns)) },
            showsSource: showsSource)
    }
}

extension Node {
    fileprivate func moved(by columns: Int) -> Node {
        var node = self
        node.location = location.moved(by: columns)
        switch content {
        case .scalar, .broken: break
        case .sequence(let items): node.content = .sequence(items.map { $0.moved(by: columns) })
        case .mapping(let mapping):
            var moved = Mapping()
            for var entry in mapping.entries {
                entry.keyLocation = entry.keyLocation.moved(by: columns)
                entry.value = entry.value.moved(by: columns)
                moved.set(entry)
            }
            node.content = .mapping(moved)
        }
        return node
    }
}
