import Glibc
import Logging

/// One line of the daemon's own log, before it is text.
struct LogLine {
    let timestamp: String
    let level: Logger.Level
    let label: String
    let message: String
    /// Sorted by key, so that lines can be compared and searched.
    let fields: [(key: String, value: String)]

    init(
        _ time: timespec, _ level: Logger.Level, _ label: String, _ message: String,
        _ fields: Logger.Metadata, repeated: Int
    ) {
        timestamp = LogOutput.timestamp(time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
        self.level = level
        self.label = label
        self.message = message
        var sorted = fields.map { (key: $0.key, value: "\($0.value)") }
        sorted.sort { $0.key < $1.key }
        if repeated > 0 { sorted.append(("repeated", "\(repeated)")) }
        self.fields = sorted
    }

    /// `2026-01-31T12:00:00.000Z info receiver/otlp listening endpoint=127.0.0.1:4318`
    var console: String {
        var text = "\(timestamp) \(level.otelcolName) \(label): \(message)"
        for (key, value) in fields {
            text += " \(key)=\(Self.needsQuotes(value) ? Self.quoted(value) : value)"
        }
        return text
    }

    /// Key names as otelcol's JSON log has them.
    var json: String {
        var text = "{\"level\":\"\(level.otelcolName)\",\"ts\":\"\(timestamp)\""
        text += ",\"logger\":\(Self.quoted(label)),\"msg\":\(Self.quoted(message))"
        for (key, value) in fields {
            text += ",\(Self.quoted(key)):\(Self.quoted(value))"
        }
        return text + "}"
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty
            || value.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3d || $0 == 0x7f }
    }

    /// A JSON string. Control characters are escaped, so that no peer can forge a line.
    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

extension Logger.Level {
    /// otelcol's names; it has no notice and no critical of its own.
    fileprivate var otelcolName: String {
        switch self {
        case .trace, .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warn"
        case .error: "error"
        case .critical: "fatal"
        }
    }
}
