import Configuration
import OTLP
import Pipeline
import Processors

/// Everything a configuration names, made but neither connected nor started: the first pass.
///
/// Making is also how a configuration is validated: components record their mistakes while they
/// read their options. Components that nothing uses are made, too, so that their mistakes show.
struct Parts {
    /// A processor at its place in a pipeline.
    struct PlacedProcessor {
        let id: String
        let processor: any Processor
    }

    private(set) var receivers: [String: any Receiver] = [:]
    private(set) var exporters: [String: (exporter: any Exporter, settings: DeliverySettings)] = [:]
    private(set) var extensions: [(id: String, extension: any Extension)] = []
    /// By pipeline, in order. One instance for each place, as processors may hold records.
    private(set) var processors: [PipelineID: [PlacedProcessor]] = [:]
    /// What each component runs with, for `print-config`.
    private(set) var effective: EffectiveConfiguration

    private let registry: Registry
    private let diagnostics: Diagnostics

    init(_ configuration: Configuration, _ registry: Registry, _ diagnostics: Diagnostics) {
        self.registry = registry
        self.diagnostics = diagnostics
        effective = EffectiveConfiguration(configuration)
        for component in configuration.components(.receiver) {
            receivers[component.id.description] = make(component, registry.receiver)
        }
        for component in configuration.components(.exporter) {
            exporters[component.id.description] = make(component, registry.exporter)
        }
        for component in configuration.components(.extension) {
            let made = make(component, registry.extension)
            if let made, configuration.extensions.contains(where: { $0.id == component.id }) {
                extensions.append((component.id.description, made))
            }
        }
        for component in configuration.components(.processor) {
            _ = make(component, registry.processor)
        }
        for component in configuration.components(.connector) { reportUnknown(component) }
        for pipeline in configuration.pipelines {
            placeProcessors(of: pipeline, configuration)
            checkSignals(of: pipeline)
        }
    }

    /// - Parameter signal: Of the pipeline that the component is made for.
    private mutating func make<Product>(
        _ component: Configuration.Component, _ factory: (String) -> Registry.Make<Product>?,
        for signal: String? = nil
    ) -> Product? {
        guard let make = factory(component.id.type) else {
            reportUnknown(component)
            return nil
        }
        var section = component.section(reportingTo: diagnostics)
        section.signal = signal
        let product = make(&section)
        section.finish()
        effective.set(component, section)
        return product
    }

    private func reportUnknown(_ component: Configuration.Component) {
        let (kind, type) = (component.kind, component.id.type)
        guard let advice = registry.reasonMissing(kind, type) else {
            component.reportUnknownType(known: registry.names(kind), to: diagnostics)
            return
        }
        diagnostics.error(
            "\(component.path): the \(kind.rawValue) '\(type)' is not in this build yet",
            at: component.location, hint: advice.isEmpty ? nil : advice)
    }

    private mutating func placeProcessors(
        of pipeline: Configuration.Pipeline, _ configuration: Configuration
    ) {
        var placed: [PlacedProcessor] = []
        for reference in pipeline.processors {
            guard let component = configuration.component(.processor, reference.id),
                registry.processor(component.id.type) != nil,
                let made = make(component, registry.processor, for: pipeline.id.signal)
            else { continue }
            placed.append(PlacedProcessor(id: reference.id.description, processor: made))
        }
        processors[pipeline.id] = placed
        checkSenderUse(of: pipeline, placed)
    }

    /// Warns where a processor is to write who sent a request, and will not be told.
    private func checkSenderUse(
        of pipeline: Configuration.Pipeline, _ placed: [PlacedProcessor]
    ) {
        var forgetful: String?
        for placed in placed {
            let location = pipeline.processors.first { $0.id.description == placed.id }?.location
            let use = placed.processor.senderUse
            if use > .nothing, let forgetful {
                diagnostics.warning(
                    "\(pipeline.path): '\(placed.id)' finds nothing of its from_context behind "
                        + "'\(forgetful)', which joins what several senders sent",
                    at: location, hint: "put it before '\(forgetful)'")
            } else if use == .metadata, !hasMetadata(pipeline) {
                diagnostics.warning(
                    "\(pipeline.path): '\(placed.id)' reads requests' headers with from_context, "
                        + "but no receiver passes them on",
                    at: location, hint: "write include_metadata: true at the receiver")
            }
            if type(of: placed.processor).state == .shared { forgetful = forgetful ?? placed.id }
        }
    }

    private func hasMetadata(_ pipeline: Configuration.Pipeline) -> Bool {
        pipeline.receivers.contains { receivers[$0.id.description]?.includesMetadata ?? true }
    }

    private func checkSignals(of pipeline: Configuration.Pipeline) {
        let groups: [(ComponentKind, [Configuration.Use])] = [
            (.receiver, pipeline.receivers), (.processor, pipeline.processors),
            (.exporter, pipeline.exporters),
        ]
        for (kind, references) in groups {
            for reference in references {
                guard let entry = registry.entry(kind, reference.id.type),
                    !entry.signals.contains(where: { $0.rawValue == pipeline.id.signal })
                else { continue }
                diagnostics.error(
                    """
                    \(pipeline.path) carries \(pipeline.id.signal), which the \(kind.rawValue) \
                    '\(reference.id)' does not support
                    """, at: reference.location)
            }
        }
    }
}
