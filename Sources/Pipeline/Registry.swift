import Configuration
import Logging
import OTLP
import Primitives
import Sockets
import Telemetry

/// The components that this build has, by the names people write.
///
/// There is one list of them, `StandardComponents.swift`; nothing registers itself.
package struct Registry: Sendable {
    /// What is known of a component without making one.
    package struct Entry: Sendable {
        package let kind: ComponentKind
        package let name: String
        package let aliases: [String]
        package let summary: String
        package let signals: Set<Signal>
        /// Reads a section as the component would, for `martlet components`.
        package let describe: @Sendable (inout Section) -> Void
    }

    package typealias Make<Product> = @Sendable (inout Section) -> Product

    package private(set) var entries: [Entry] = []
    private var receivers: [String: Make<any Receiver>] = [:]
    private var processors: [String: Make<any Processor>] = [:]
    private var exporters: [String: Make<(any Exporter, DeliverySettings)>] = [:]
    private var extensions: [String: Make<any Extension>] = [:]
    /// otelcol components that people's files name and this build lacks, with what to do instead.
    private let missing: [ComponentKind: [String: String]]

    package init(
        receivers: [any Receiver.Type], processors: [any Processor.Type],
        exporters: [any Exporter.Type], extensions: [any Extension.Type],
        missing: [ComponentKind: [String: String]] = [:]
    ) {
        self.missing = missing
        for type in receivers { add(type) }
        for type in processors { add(type) }
        for type in exporters { add(type) }
        for type in extensions { add(type) }
    }

    // MARK: Looking up

    package func receiver(_ type: String) -> Make<any Receiver>? { receivers[type] }
    package func processor(_ type: String) -> Make<any Processor>? { processors[type] }
    package func exporter(_ type: String) -> Make<(any Exporter, DeliverySettings)>? {
        exporters[type]
    }
    package func `extension`(_ type: String) -> Make<any Extension>? { extensions[type] }

    package func entry(_ kind: ComponentKind, _ type: String) -> Entry? {
        entries.first { $0.kind == kind && ($0.name == type || $0.aliases.contains(type)) }
    }

    package func names(_ kind: ComponentKind) -> [String] {
        entries.filter { $0.kind == kind }.map(\.name).sorted()
    }

    /// What to say of a component that otelcol has and this build does not.
    package func reasonMissing(_ kind: ComponentKind, _ type: String) -> String? {
        missing[kind]?[type]
    }

    // MARK: Filling

    private mutating func add<R: Receiver>(_ type: R.Type) {
        let make: Make<any Receiver> = { R(from: &$0) }
        for name in [R.name] + R.aliases { receivers[name] = make }
        enter(type, .receiver) { _ = R(from: &$0) }
    }

    private mutating func add<P: Processor>(_ type: P.Type) {
        let make: Make<any Processor> = { P(from: &$0) }
        for name in [P.name] + P.aliases { processors[name] = make }
        enter(type, .processor) { _ = P(from: &$0) }
    }

    private mutating func add<E: Exporter>(_ type: E.Type) {
        let make: Make<(any Exporter, DeliverySettings)> = { section in
            let settings = DeliverySettings(from: &section, defaults: E.delivery)
            return (E(from: &section), settings)
        }
        for name in [E.name] + E.aliases { exporters[name] = make }
        enter(type, .exporter) { _ = make(&$0) }
    }

    private mutating func add<E: Extension>(_ type: E.Type) {
        let make: Make<any Extension> = { E(from: &$0) }
        for name in [E.name] + E.aliases { extensions[name] = make }
        enter(type, .extension) { _ = E(from: &$0) }
    }

    private mutating func enter(
        _ type: any Component.Type, _ kind: ComponentKind,
        _ describe: @escaping @Sendable (inout Section) -> Void
    ) {
        entries.append(
            Entry(
                kind: kind, name: type.name, aliases: type.aliases, summary: type.summary,
                signals: type.signals, describe: describe))
    }
}
