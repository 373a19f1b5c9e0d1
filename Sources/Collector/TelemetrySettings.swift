import Configuration
import Logging
import Telemetry

/// `service::telemetry`: the daemon's own log. Keys and defaults are otelcol's.
struct TelemetrySettings {
    /// otelcol's words for a level.
    enum Level: String, CaseIterable {
        case debug, info, warn, error, dpanic, panic, fatal

        var level: Logger.Level {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            case .dpanic, .panic, .fatal: .critical
            }
        }
    }

    var level = Logger.Level.info
    var encoding = LogEncoding.console
    var metrics = MetricsSettings()

    init(from section: inout Section) {
        section.takeSection("logs", "the daemon's own log, on standard error") { logs in
            level =
                logs.take(
                    "level", as: .choice(of: Level.self, ignoringCase: true), default: .info,
                    "the least severe events to write"
                ).level
            encoding = logs.take("encoding", default: .console, "console or json")
            Self.ignoreUnneeded(&logs)
        }
        metrics = section.takeSection("metrics", "the daemon's own metrics") {
            MetricsSettings(from: &$0)
        }
        section.ignore("traces", because: "martlet does not trace itself")
        section.ignore("resource", because: "martlet does not send its own telemetry yet")
    }

    private static func ignoreUnneeded(_ logs: inout Section) {
        for key in ["development", "disable_caller", "disable_stacktrace", "disable_zap_resource"] {
            logs.ignore(key, because: "the log has no callers, stack traces or resource")
        }
        logs.ignore("sampling", because: "repeated events are counted instead of repeated")
        logs.ignore("error_output_paths", because: "the log is on standard error")
        logs.ignore("initial_fields", because: "the log has no fixed fields")
        logs.refuseUnsupported("processors", "sending the daemon's own log")
        let paths = logs.takeStrings(
            "output_paths", default: ["stderr"], "only stderr; let the service manager redirect it")
        if paths != ["stderr"] {
            logs.refuse("output_paths", "must be [stderr]", hint: "redirect standard error instead")
        }
    }
}

/// Makes the loggers of all components.
struct DaemonLogger: Sendable {
    let output: LogOutput
    let level: Logger.Level

    func logger(_ label: String) -> Logger {
        DaemonLog.logger(label, level: level, output: output)
    }
}
