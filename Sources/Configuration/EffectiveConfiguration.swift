/// The whole configuration as it takes effect, for `print-config`: references resolved, defaults
/// filled in, secrets redacted. What it prints is a configuration again.
package struct EffectiveConfiguration {
    private let configuration: Configuration
    private var values: [String: EffectiveValue] = [:]

    package init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// What a component's section held once the component had read it.
    package mutating func set(_ component: Configuration.Component, _ section: Section) {
        values[component.path] = section.effectiveValue
    }

    /// What `service.telemetry` held.
    package mutating func setTelemetry(_ section: Section) {
        values["service.telemetry"] = section.effectiveValue
    }

    package var yaml: String {
        var entries: [EffectiveValue.Entry] = []
        for kind in ComponentKind.allCases {
            let components = configuration.components(kind)
            guard !components.isEmpty else { continue }
            entries.append(EffectiveValue.Entry(kind.sectionName, .mapping(components.map(entry))))
        }
        entries.append(EffectiveValue.Entry("service", .mapping(service)))
        return EffectiveValue.mapping(entries).yaml
    }

    /// A component that nobody read is shown without options: which of them are secrets is not
    /// known.
    private func entry(_ component: Configuration.Component) -> EffectiveValue.Entry {
        EffectiveValue.Entry(component.id.description, values[component.path] ?? .mapping([]))
    }

    private var service: [EffectiveValue.Entry] {
        var entries: [EffectiveValue.Entry] = []
        if let telemetry = values["service.telemetry"] {
            entries.append(EffectiveValue.Entry("telemetry", telemetry))
        }
        if !configuration.extensions.isEmpty {
            entries.append(EffectiveValue.Entry("extensions", Self.list(configuration.extensions)))
        }
        let pipelines = configuration.pipelines.map {
            EffectiveValue.Entry($0.id.description, Self.pipeline($0))
        }
        return entries + [EffectiveValue.Entry("pipelines", .mapping(pipelines))]
    }

    private static func pipeline(_ pipeline: Configuration.Pipeline) -> EffectiveValue {
        .mapping(
            [
                EffectiveValue.Entry("receivers", list(pipeline.receivers)),
                EffectiveValue.Entry("processors", list(pipeline.processors)),
                EffectiveValue.Entry("exporters", list(pipeline.exporters)),
            ].filter { $0.value != .list([]) })
    }

    private static func list(_ uses: [Configuration.Use]) -> EffectiveValue {
        .list(uses.map { .string($0.id.description) })
    }
}
