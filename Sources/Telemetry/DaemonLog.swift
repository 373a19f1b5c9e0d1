import Logging

/// swift-log's backend for the daemon: a label that names the component, fields, one output.
package struct DaemonLog: LogHandler {
    private let label: String
    private let output: LogOutput
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]

    package init(label: String, level: Logger.Level, output: LogOutput) {
        self.label = label
        self.output = output
        logLevel = level
    }

    /// A logger for one component, such as `exporter/otlp_http`.
    package static func logger(
        _ label: String, level: Logger.Level, output: LogOutput
    ) -> Logger {
        Logger(label: label) { DaemonLog(label: $0, level: level, output: output) }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        output.write(event.level, label, event.message.description, fields)
    }
}
