/// What is configured: components by kind, and the pipelines that join them.
///
/// Reading it checks everything that can be known without knowing the components: ids, references
/// and pipelines. Components that could not be understood are left out, and what is wrong is in
/// the diagnostics; a configuration with errors is not to be run.
package struct Configuration: Sendable {
    /// One entry of `receivers`, `processors` and so on, its options not yet read.
    package struct Component: Hashable, Sendable {
        package let kind: ComponentKind
        package let id: ComponentID
        /// Its key.
        package let location: SourceLocation
        /// Null if nothing stands after the key: all defaults.
        package let node: Node

        /// `exporters.otlp/backup`
        package var path: String { "\(kind.sectionName).\(id)" }

        /// For the component's `init`.
        package func section(reportingTo diagnostics: Diagnostics) -> Section {
            Section(node, path: path, location: location, reportingTo: diagnostics)
        }
    }

    /// A component named by a pipeline or by `service.extensions`.
    package struct Use: Hashable, Sendable {
        package let id: ComponentID
        package let location: SourceLocation
    }

    /// One entry of `service.pipelines`.
    package struct Pipeline: Hashable, Sendable {
        package let id: PipelineID
        package let location: SourceLocation
        package var receivers: [Use] = []
        package var processors: [Use] = []
        package var exporters: [Use] = []

        /// `service.pipelines.traces`
        package var path: String { "service.pipelines.\(id)" }
    }

    /// In the order in which they are written.
    package internal(set) var components: [Component] = []
    package internal(set) var pipelines: [Pipeline] = []
    package internal(set) var extensions: [Use] = []
    /// `service.telemetry`, which whoever assembles the daemon reads.
    package internal(set) var telemetry: Node?

    /// Reads and checks the whole tree.
    package init(_ tree: ConfigurationTree, reportingTo diagnostics: Diagnostics) {
        var reader = ConfigurationReader(diagnostics)
        self = reader.read(tree.root)
        ConfigurationCheck(self, diagnostics).run()
    }

    init() {}

    package func components(_ kind: ComponentKind) -> [Component] {
        components.filter { $0.kind == kind }
    }

    package func component(_ kind: ComponentKind, _ id: ComponentID) -> Component? {
        components.first { $0.kind == kind && $0.id == id }
    }

    /// `service.telemetry` as a section; empty if it is not written.
    package func telemetrySection(reportingTo diagnostics: Diagnostics) -> Section {
        Section(telemetry, path: "service.telemetry", reportingTo: diagnostics)
    }
}

extension Configuration.Component {
    /// Says that there is no component of this type, what there is, and what to write instead.
    package func reportUnknownType(
        known: [String], replacement: String? = nil, to diagnostics: Diagnostics
    ) {
        let hint =
            replacement.map { "write \($0) instead" }
            ?? NearMiss.hint(for: id.type, "the \(kind.sectionName) are", known.sorted())
        diagnostics.error(
            "\(path): there is no \(kind.rawValue) \(quoted(id.type))", at: location, hint: hint)
    }
}
