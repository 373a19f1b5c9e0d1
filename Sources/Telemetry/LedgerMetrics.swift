extension Ledger {
    /// Appends what the books say, under otelcol's names, and what otelcol cannot say under ours.
    package func append(to text: inout PrometheusText) {
        let accounts = accounts.map(Reading.init)
        for kind in ["receiver", "processor", "exporter"] {
            appendFlow(of: kind, accounts.filter { $0.component.hasPrefix("\(kind)/") }, to: &text)
        }
        appendMeasurements(of: accounts, to: &text)
        text.append(
            "martlet_dropped_items", .counter, "Records given up, by reason.",
            accounts.flatMap { $0.samples(of: $0.dropped) })
        text.append(
            "martlet_refused_items", .counter, "Records handed back to their sender, by reason.",
            accounts.flatMap { $0.samples(of: $0.refused) })
        text.append(
            "martlet_held_items", .gauge, "Records waiting in a component.",
            accounts.map { PrometheusText.Sample($0.labels, $0.held) })
        text.append(
            "martlet_unaccounted_items", .gauge,
            "Records whose whereabouts are unknown; not 0 while nothing moves is a bug.",
            [PrometheusText.Sample([], unaccounted)])
    }

    /// What components say besides, one family a name, in the order of their first mention.
    private func appendMeasurements(of accounts: [Reading], to text: inout PrometheusText) {
        var families: [String: [(Measurement, PrometheusText.Sample)]] = [:]
        var names: [String] = []
        for account in accounts {
            for measurement in account.measurements {
                if families[measurement.name] == nil { names.append(measurement.name) }
                let sample = PrometheusText.Sample(
                    account.labels + measurement.labels, measurement.value)
                families[measurement.name, default: []].append((measurement, sample))
            }
        }
        for name in names {
            guard let family = families[name], let first = family.first?.0 else { continue }
            let prefix = name.hasPrefix("martlet_") ? "" : "otelcol_"
            // A dot is allowed in OTLP's names and not in Prometheus'.
            let shown = prefix + name.map { $0 == "." ? "_" : String($0) }.joined()
            text.append(shown, first.kind, first.help, family.map(\.1))
        }
    }

    private func appendFlow(
        of kind: String, _ accounts: [Reading], to text: inout PrometheusText
    ) {
        switch kind {
        case "processor":
            append(accounts, "processor_incoming_items", "given to the processor", to: &text) {
                $0.incoming
            }
            append(accounts, "processor_outgoing_items", "passed on", to: &text) {
                $0.outgoing
            }
        case "receiver":
            appendBySignal(accounts, "receiver_accepted", "taken", to: &text) { $0.outgoing }
            appendBySignal(accounts, "receiver_refused", "handed back", to: &text) {
                $0.refused.values.reduce(0, +)
            }
        default:
            appendBySignal(accounts, "exporter_sent", "sent", to: &text) { $0.outgoing }
            appendBySignal(accounts, "exporter_send_failed", "given up", to: &text) {
                $0.dropped.values.reduce(0, +)
            }
        }
    }

    /// One family a signal, since otelcol has the unit in the name.
    private func appendBySignal(
        _ accounts: [Reading], _ name: String, _ what: String, to text: inout PrometheusText,
        _ value: (Reading) -> Int
    ) {
        let units = [("traces", "spans"), ("metrics", "metric_points"), ("logs", "log_records")]
        for (signal, unit) in units {
            let ofSignal = accounts.filter { $0.scope == signal }
            append(ofSignal, "\(name)_\(unit)", what, to: &text, value)
        }
    }

    private func append(
        _ accounts: [Reading], _ name: String, _ what: String, to text: inout PrometheusText,
        _ value: (Reading) -> Int
    ) {
        text.append(
            "otelcol_\(name)", .counter, "Records \(what).",
            accounts.map { PrometheusText.Sample($0.labels, value($0)) })
    }
}

/// An account at one moment, so that the families of one answer agree with each other.
private struct Reading {
    let component: String
    let scope: String
    let incoming: Int
    let outgoing: Int
    let dropped: [String: Int]
    let refused: [String: Int]
    let held: Int
    let measurements: [Measurement]

    init(_ account: Account) {
        component = account.component
        scope = account.scope
        incoming = account.incoming.value
        outgoing = account.outgoing.value
        dropped = account.dropped.values
        refused = account.refused.values
        held = account.held.value
        measurements = account.measurements
    }

    /// `exporter="otlp_http/backup"`, and for a processor, which there is one of a pipeline, that.
    var labels: [(name: String, value: String)] {
        let parts = component.split(separator: "/", maxSplits: 1).map(String.init)
        let kind = parts[0]
        let scopeName = kind == "processor" ? "pipeline" : "otel_signal"
        return [(kind, parts.count > 1 ? parts[1] : ""), (scopeName, scope)]
    }

    func samples(of reasons: [String: Int]) -> [PrometheusText.Sample] {
        reasons.sorted { $0.key < $1.key }.map { reason, count in
            PrometheusText.Sample(labels + [("reason", reason)], count)
        }
    }
}
