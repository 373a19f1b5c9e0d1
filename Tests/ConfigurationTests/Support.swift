@testable import Configuration

/// A configuration read from text, as the daemon would at its start.
struct Loaded {
    let configuration: Configuration
    let root: Node
    let diagnostics = Diagnostics()

    /// The first source is called `collector.yaml`; further ones `2.yaml`, `3.yaml`.
    init(
        _ sources: String..., overrides: [String] = [], variables: [String: String] = [:],
        files: [String: String] = [:]
    ) {
        var contents = files.mapValues { Array($0.utf8) }
        var names: [ConfigurationSource] = []
        for (index, text) in sources.enumerated() {
            let name = index == 0 ? "collector.yaml" : "\(index + 1).yaml"
            contents[name] = Array(text.utf8)
            names.append(.file(name))
        }
        let surroundings = Surroundings(variables: variables, files: contents)
        let tree = ConfigurationTree.load(
            names, overrides: overrides, in: surroundings, reportingTo: diagnostics)
        root = tree.root
        configuration = Configuration(tree, reportingTo: diagnostics)
    }

    var report: String { diagnostics.rendered() }
}

/// What one section says about itself, and what was wrong with it.
struct SectionReading<Result> {
    let result: Result
    let effective: String
    let report: String

    /// Reads `text` as the section `processors.x` of `collector.yaml`.
    init(
        _ text: String, variables: [String: String] = [:], _ read: (inout Section) -> Result
    ) {
        let diagnostics = Diagnostics()
        let surroundings = Surroundings(
            variables: variables, files: ["collector.yaml": Array(text.utf8)])
        let tree = ConfigurationTree.load(
            [.file("collector.yaml")], in: surroundings, reportingTo: diagnostics)
        var section = Section(tree.root, path: "processors.x", reportingTo: diagnostics)
        result = read(&section)
        section.finish()
        effective = section.effectiveValue.yaml
        report = diagnostics.rendered()
    }
}

extension Surroundings {
    init(variables: [String: String] = [:], files: [String: [UInt8]] = [:]) {
        self.init(
            variable: { variables[$0] },
            file: { path in
                files[path].map { .success($0) } ?? .failure(FileProblem("No such file"))
            })
    }
}

extension Node {
    /// A compact form for comparisons: strings in quotes, everything else as it is.
    var summary: String {
        switch content {
        case .broken: return "broken"
        case .sequence(let items): return "[\(items.map(\.summary).joined(separator: ", "))]"
        case .mapping(let mapping):
            let pairs = mapping.entries.map { "\($0.key): \($0.value.summary)" }
            return "{\(pairs.joined(separator: ", "))}"
        case .scalar(let scalar):
            switch scalar.value {
            case .null: return "null"
            case .boolean(let value): return "\(value)"
            case .integer(let value): return "\(value)"
            case .number(let value): return "\(value)"
            case .string(let value): return "\"\(value)\""
            }
        }
    }
}
