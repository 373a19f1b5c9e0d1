import Primitives

/// Metrics in Prometheus' text format, version 0.0.4.
/// (prometheus.io/docs/instrumenting/exposition_formats)
package struct PrometheusText: ~Copyable {
    /// What a value does over time.
    package enum Kind: String, Sendable {
        case counter, gauge
    }

    /// One series of a family.
    package struct Sample {
        let labels: [(name: String, value: String)]
        let value: Double

        package init(_ labels: [(name: String, value: String)], _ value: Double) {
            self.labels = labels
            self.value = value
        }

        package init(_ labels: [(name: String, value: String)], _ value: Int) {
            self.init(labels, Double(value))
        }
    }

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var text = ByteBuffer()

    package init() {}

    /// Appends a family with its series; one without series is left out.
    package mutating func append(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]
    ) {
        if samples.isEmpty { return }
        text.append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            text.append("\(name)\(list) \(Self.shown(sample.value))\n")
        }
    }

    package consuming func finish() -> ByteBuffer { text }

    /// Label values are quoted; a backslash, a quote and a line feed are escaped.
    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    private static func shown(_ value: Double) -> String {
        Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
