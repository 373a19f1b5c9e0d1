import Configuration
import Glibc

@testable import Collector

/// A configuration given as text, loaded as the command would load it from a file.
struct ConfigurationText {
    let loaded: LoadedConfiguration

    init(_ yaml: String) {
        loaded = LoadedConfiguration(
            ConfigurationArguments(locations: ["yaml:\(yaml)"], overrides: []))
    }

    /// All messages with their hints, without places and excerpts.
    var messages: [String] {
        loaded.diagnostics.sorted.map { diagnostic in
            let hint = diagnostic.hint.map { " (\($0))" } ?? ""
            return "\(diagnostic.severity.rawValue): \(diagnostic.message)\(hint)"
        }
    }
}

extension ConfigurationText {
    /// A sound configuration with a change.
    static func sound(
        receivers: String = "otlp: {protocols: {http: {endpoint: \"127.0.0.1:0\"}}}",
        processors: String = "batch:", exporters: String = "nop:", more: String = "",
        pipelines: String = "traces: {receivers: [otlp], processors: [batch], exporters: [nop]}",
        telemetry: String = "{}"
    ) -> ConfigurationText {
        ConfigurationText(
            """
            receivers:
              \(receivers)
            processors:
              \(processors)
            exporters:
              \(exporters)
            \(more)
            service:
              telemetry: \(telemetry)
              pipelines:
                \(pipelines)
            """)
    }
}
