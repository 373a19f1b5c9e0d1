/// Looks up what pipelines refer to, and finds what nobody refers to.
struct ConfigurationCheck {
    private let configuration: Configuration
    private let diagnostics: Diagnostics
    private let defined: [ComponentKind: Set<ComponentID>]

    init(_ configuration: Configuration, _ diagnostics: Diagnostics) {
        self.configuration = configuration
        self.diagnostics = diagnostics
        defined = Dictionary(grouping: configuration.components, by: \.kind)
            .mapValues { Set($0.map(\.id)) }
    }

    func run() {
        for pipeline in configuration.pipelines {
            checkReferences(of: pipeline)
            checkOrder(of: pipeline)
        }
        for use in configuration.extensions {
            checkReference(use, [.extension], from: "service.extensions")
        }
        checkConnectors()
        warnOfUnused()
    }

    // MARK: - References

    private func checkReferences(of pipeline: Configuration.Pipeline) {
        for (uses, kinds) in [
            (pipeline.receivers, [.receiver, .connector]), (pipeline.processors, [.processor]),
            (pipeline.exporters, [.exporter, .connector]),
        ] as [([Configuration.Use], [ComponentKind])] {
            var checked: Set<ComponentID> = []
            for use in uses where checked.insert(use.id).inserted {
                checkReference(use, kinds, from: pipeline.path)
            }
        }
        reportRepeated(pipeline.processors, in: pipeline)
        warnOfRepeated(pipeline.receivers, .receiver, in: pipeline)
        warnOfRepeated(pipeline.exporters, .exporter, in: pipeline)
    }

    private func checkReference(
        _ use: Configuration.Use, _ kinds: [ComponentKind], from path: String
    ) {
        let ids = kinds.flatMap { defined[$0] ?? [] }
        guard !ids.contains(use.id) else { return }
        let kind = kinds[0]
        let names = ids.map(\.description).sorted()
        diagnostics.error(
            "\(path) names the \(kind.rawValue) '\(use.id)', which is not defined",
            at: use.location,
            hint: otherKind(of: use.id, than: kinds)
                ?? NearMiss.hint(
                    for: use.id.description, "the \(kind.sectionName) defined are", names)
                ?? "no \(kind.rawValue) is defined")
    }

    /// An exporter in the list of receivers, say.
    private func otherKind(of id: ComponentID, than kinds: [ComponentKind]) -> String? {
        ComponentKind.allCases
            .first { !kinds.contains($0) && defined[$0]?.contains(id) == true }
            .map { "'\(id)' is defined, but under \($0.sectionName)" }
    }

    private func reportRepeated(
        _ uses: [Configuration.Use], in pipeline: Configuration.Pipeline
    ) {
        for (use, first) in repetitions(in: uses) {
            diagnostics.error(
                "\(pipeline.path) names the processor '\(use.id)' twice", at: use.location,
                hint: "remove one, or define another such as '\(use.id.type)/2'",
                notes: [Diagnostic.Note("the first one is here", at: first.location)])
        }
    }

    private func warnOfRepeated(
        _ uses: [Configuration.Use], _ kind: ComponentKind, in pipeline: Configuration.Pipeline
    ) {
        for (use, _) in repetitions(in: uses) {
            diagnostics.warning(
                "\(pipeline.path) names the \(kind.rawValue) '\(use.id)' twice; it is used once",
                at: use.location)
        }
    }

    private func repetitions(
        in uses: [Configuration.Use]
    ) -> [(use: Configuration.Use, first: Configuration.Use)] {
        var firsts: [ComponentID: Configuration.Use] = [:]
        return uses.compactMap { use in
            if let first = firsts[use.id] { return (use, first) }
            firsts[use.id] = use
            return nil
        }
    }

    // MARK: - Traps

    /// Orders that work and are hardly ever meant.
    private func checkOrder(of pipeline: Configuration.Pipeline) {
        let types = pipeline.processors.map(\.id.type)
        if let batch = types.firstIndex(of: "batch"),
            types[batch...].contains("tail_sampling")
        {
            diagnostics.warning(
                "\(pipeline.path) batches before it samples, so records wait twice",
                at: pipeline.processors[batch].location, hint: "put batch after tail_sampling")
        }
        if let limiter = types.firstIndex(of: "memory_limiter"), limiter > 0 {
            diagnostics.warning(
                "\(pipeline.path) has the memory_limiter after other processors, "
                    + "where it refuses too late",
                at: pipeline.processors[limiter].location, hint: "put memory_limiter first")
        }
    }

    private func checkConnectors() {
        for connector in configuration.components(.connector) {
            for kind in [ComponentKind.receiver, .exporter]
            where defined[kind]?.contains(connector.id) == true {
                diagnostics.error(
                    "'\(connector.id)' is both a connector and \(kind == .receiver ? "a" : "an") "
                        + kind.rawValue,
                    at: connector.location, hint: "give one of them a name, as in 'x/2'")
            }
        }
    }

    private func warnOfUnused() {
        let used = usedIDs
        for component in configuration.components
        where used[component.kind]?.contains(component.id) != true {
            let place = component.kind == .extension ? "service.extensions" : "any pipeline"
            diagnostics.warning(
                "\(component.path) is defined, but not named in \(place)", at: component.location)
        }
    }

    private var usedIDs: [ComponentKind: Set<ComponentID>] {
        let pipelines = configuration.pipelines
        let receivers = pipelines.flatMap { $0.receivers.map(\.id) }
        let exporters = pipelines.flatMap { $0.exporters.map(\.id) }
        return [
            .receiver: Set(receivers), .exporter: Set(exporters),
            .processor: Set(pipelines.flatMap { $0.processors.map(\.id) }),
            .connector: Set(receivers + exporters),
            .extension: Set(configuration.extensions.map(\.id)),
        ]
    }
}
