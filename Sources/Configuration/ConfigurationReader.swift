/// Turns the tree into a `Configuration`: ids and pipelines, nothing looked up yet.
struct ConfigurationReader {
    private static let topLevelKeys = ComponentKind.allCases.map(\.sectionName) + ["service"]

    private let diagnostics: Diagnostics
    private var configuration = Configuration()

    init(_ diagnostics: Diagnostics) {
        self.diagnostics = diagnostics
    }

    mutating func read(_ root: Node) -> Configuration {
        guard let mapping = root.mapping, !mapping.isEmpty else {
            if !diagnostics.hasErrors {
                diagnostics.error(
                    "the configuration is empty", at: root.location,
                    hint: "it needs receivers, exporters and service.pipelines; "
                        + "config/martlet.yaml is one to begin with")
            }
            return configuration
        }
        for entry in mapping.entries { read(entry, known: mapping) }
        if mapping.entry("service") == nil {
            diagnostics.error(
                "there is no 'service', so nothing would run", at: root.location,
                hint: "write service.pipelines.traces, with receivers and exporters")
        }
        return configuration
    }

    private mutating func read(_ entry: Mapping.Entry, known: Mapping) {
        if let kind = ComponentKind.allCases.first(where: { $0.sectionName == entry.key }) {
            readComponents(kind, entry.value)
        } else if entry.key == "service" {
            readService(entry.value)
        } else {
            diagnostics.error(
                "there is no section \(quoted(entry.key))", at: entry.keyLocation,
                hint: NearMiss.hint(for: entry.key, "the sections are", Self.topLevelKeys))
        }
    }

    // MARK: - Components

    private mutating func readComponents(_ kind: ComponentKind, _ node: Node) {
        var places: [ComponentID: SourceLocation] = [:]
        for entry in entries(of: node, at: kind.sectionName) {
            let path = "\(kind.sectionName).\(entry.key)"
            guard let id = id(entry.key, path, at: entry.keyLocation) else { continue }
            if let first = places[id] {
                diagnostics.error(
                    "the \(kind.rawValue) '\(id)' is defined twice", at: entry.keyLocation,
                    notes: [Diagnostic.Note("the first one is here", at: first)])
                continue
            }
            places[id] = entry.keyLocation
            configuration.components.append(
                Configuration.Component(
                    kind: kind, id: id, location: entry.keyLocation, node: entry.value))
        }
    }

    private func id(_ text: String, _ path: String, at location: SourceLocation) -> ComponentID? {
        do {
            return try ComponentID(parsing: text)
        } catch {
            diagnostics.error("\(path) \(error.predicate)", at: location, hint: error.hint)
            return nil
        }
    }

    /// The entries of a mapping; none if nothing is written, or something else.
    private func entries(of node: Node, at path: String) -> [Mapping.Entry] {
        if let mapping = node.mapping { return mapping.entries }
        if !node.isNull, !node.isBroken {
            diagnostics.error("\(path) is \(node.shown), but must be a mapping", at: node.location)
        }
        return []
    }

    // MARK: - Service

    private mutating func readService(_ node: Node) {
        let keys = ["telemetry", "extensions", "pipelines"]
        let entries = entries(of: node, at: "service")
        for entry in entries {
            switch entry.key {
            case "telemetry": configuration.telemetry = entry.value
            case "extensions":
                configuration.extensions = uses(entry.value, "service.extensions")
            case "pipelines": readPipelines(entry.value)
            default: reportOption(entry, of: "service", keys)
            }
        }
        if !entries.contains(where: { $0.key == "pipelines" }), !node.isBroken {
            diagnostics.error(
                "service has no pipelines, so nothing would run", at: node.location,
                hint: "write service.pipelines.traces, with receivers and exporters")
        }
    }

    private mutating func readPipelines(_ node: Node) {
        let entries = entries(of: node, at: "service.pipelines")
        if entries.isEmpty, node.isNull || node.mapping != nil {
            diagnostics.error(
                "service.pipelines is empty, so nothing would run", at: node.location,
                hint: "write service.pipelines.traces, with receivers and exporters")
        }
        var places: [PipelineID: SourceLocation] = [:]
        for entry in entries {
            guard let id = pipelineID(entry) else { continue }
            if let first = places[id] {
                diagnostics.error(
                    "the pipeline '\(id)' is defined twice", at: entry.keyLocation,
                    notes: [Diagnostic.Note("the first one is here", at: first)])
                continue
            }
            places[id] = entry.keyLocation
            readPipeline(id, entry)
        }
    }

    private func pipelineID(_ entry: Mapping.Entry) -> PipelineID? {
        let path = "service.pipelines.\(entry.key)"
        guard let id = id(entry.key, path, at: entry.keyLocation) else { return nil }
        if PipelineID.signals.contains(id.type) {
            return PipelineID(signal: id.type, name: id.name)
        }
        if id.type == "profiles" {
            diagnostics.error("\(path): this build has no profiles yet", at: entry.keyLocation)
        } else {
            diagnostics.error(
                "\(path): there is no signal \(quoted(id.type))", at: entry.keyLocation,
                hint: NearMiss.hint(for: id.type, "the signals are", PipelineID.signals))
        }
        return nil
    }

    private mutating func readPipeline(_ id: PipelineID, _ entry: Mapping.Entry) {
        var pipeline = Configuration.Pipeline(id: id, location: entry.keyLocation)
        for part in entries(of: entry.value, at: pipeline.path) {
            let path = "\(pipeline.path).\(part.key)"
            switch part.key {
            case "receivers": pipeline.receivers = uses(part.value, path)
            case "processors": pipeline.processors = uses(part.value, path)
            case "exporters": pipeline.exporters = uses(part.value, path)
            default:
                reportOption(part, of: pipeline.path, ["receivers", "processors", "exporters"])
            }
        }
        for (name, uses) in [
            ("receiver", pipeline.receivers), ("exporter", pipeline.exporters),
        ] where uses.isEmpty && !entry.value.hasBroken(name + "s") {
            diagnostics.error(
                "\(pipeline.path) has no \(name)", at: entry.keyLocation,
                hint: "write \(name)s: [...] with one or more of those defined above")
        }
        configuration.pipelines.append(pipeline)
    }

    private func reportOption(_ entry: Mapping.Entry, of path: String, _ keys: [String]) {
        diagnostics.error(
            "\(path) has no option \(quoted(entry.key))", at: entry.keyLocation,
            hint: NearMiss.hint(for: entry.key, "its options are", keys))
    }

    /// A list of ids; one string is split at its commas.
    private func uses(_ node: Node, _ path: String) -> [Configuration.Use] {
        if node.isNull || node.isBroken { return [] }
        guard let items = node.listItems else {
            diagnostics.error("\(path) is \(node.shown), but must be a list", at: node.location)
            return []
        }
        return items.enumerated().compactMap { index, item in
            guard !item.isBroken else { return nil }
            guard let text = try? item.string() else {
                diagnostics.error(
                    "\(path)[\(index)] is \(item.shown), but must be a component's id",
                    at: item.location)
                return nil
            }
            return id(text, "\(path)[\(index)]", at: item.location)
                .map { Configuration.Use(id: $0, location: item.location) }
        }
    }
}

extension Node {
    /// True if something stands for the key that was refused already, so that its absence is no
    /// news.
    fileprivate func hasBroken(_ key: String) -> Bool {
        guard !isBroken else { return true }
        guard let node = mapping?[key] else { return false }
        return !(node.isNull || node.sequence?.isEmpty == true)
    }
}
