import Configuration

/// What a component made of the text of its section, and what was wrong with it.
package struct SectionText<Value> {
    package let value: Value
    /// All messages, as a user sees them; empty if there are none.
    package let report: String

    package init(_ yaml: String, path: String, _ read: (inout Section) -> Value) {
        let diagnostics = Diagnostics()
        let bytes = Array(yaml.utf8)
        let surroundings = Surroundings(
            variable: { _ in nil },
            file: { $0 == "c.yaml" ? .success(bytes) : .failure(FileProblem("missing")) })
        let tree = ConfigurationTree.load(
            [.file("c.yaml")], in: surroundings, reportingTo: diagnostics)
        var section = Section(tree.root, path: path, reportingTo: diagnostics)
        value = read(&section)
        section.finish()
        report = diagnostics.rendered()
    }

    /// The first line of each message, without its place.
    package var messages: [String] {
        report.split(separator: "\n").filter { $0.hasPrefix("c.yaml:") }.map { line in
            line.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? ""
        }
    }
}
