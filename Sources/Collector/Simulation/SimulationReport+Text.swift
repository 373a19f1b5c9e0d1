import Configuration
import OTLP
import Telemetry

extension SimulationReport {
    /// For people.
    func text(against other: String?) -> String {
        var text = inputText
        for (pipeline, comparison) in zip(pipelines, comparisons) {
            text += "\n" + pipeline.text
            if let other { text += "\n" + comparison.text(against: other) }
        }
        if !checks.isEmpty {
            text += "\nexpectations\n" + Self.table(checks.map(\.row), leftColumns: 2)
        }
        return text
    }

    private var inputText: String {
        let counts = items.map { "\($0.count) \($0.signal.itemNoun)" }.joined(separator: ", ")
        var text = "input: \(requestCount) requests"
        if !counts.isEmpty { text += ", \(counts)" }
        if traceCount > 0 { text += " of \(traceCount) traces" }
        if let times {
            let (first, last) = (Self.timestamp(times.first), Self.timestamp(times.last))
            text += "\ntime: \(first) to \(last)"
        }
        for (signal, count) in ignored {
            text += "\nignored: \(count) \(signal.itemNoun), as no pipeline of \(signal) is chosen"
        }
        return text + "\n"
    }

    static func timestamp(_ nanoseconds: UInt64) -> String {
        LogOutput.timestamp(
            Int(clamping: nanoseconds / 1_000_000_000),
            milliseconds: Int(nanoseconds / 1_000_000 % 1_000))
    }

    /// Rows indented by two, the first column and `leftColumns` aligned left, others right.
    static func table(_ rows: [[String]], leftColumns: Int = 1) -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                line += "  " + (column < leftColumns ? cell + gap : gap + cell)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }
        .joined()
    }
}

extension Signal {
    fileprivate var itemNoun: String {
        switch self {
        case .traces: "spans"
        case .metrics: "data points"
        case .logs: "log records"
        }
    }
}

extension SimulationReport.Check {
    fileprivate var row: [String] {
        [
            holds ? "holds" : "FAILED", pipeline + ": " + expectation.text,
            expectation.actual(share),
        ]
    }
}

extension SimulationReport.PipelineReport {
    fileprivate var text: String {
        var text = "\(id): \(flow)\n\n"
        text += SimulationReport.table(stageRows)
        text += "\n" + SimulationReport.table(totalRows)
        if let traces, !traces.decisions.isEmpty {
            text += "\n" + SimulationReport.table(Self.decisionRows(traces), leftColumns: 2)
        }
        if !services.isEmpty { text += "\n" + SimulationReport.table(serviceRows) }
        return text
    }

    private var stageRows: [[String]] {
        var rows = [["processor", "in", "out", "dropped", ""]]
        for stage in stages {
            let drops = stage.dropped.sorted { $0.key < $1.key }
            let reasons = drops.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            rows.append([
                stage.id, "\(stage.incoming)", "\(stage.outgoing)",
                "\(drops.reduce(0) { $0 + $1.value })",
                stage.isBypassed ? "not simulated: passes everything" : reasons,
            ])
        }
        if stages.isEmpty { rows = [["no processors: everything is kept"]] }
        return rows
    }

    private var totalRows: [[String]] {
        var rows = [["", "in", "kept", "dropped", "share kept"]]
        rows.append([signal.itemNoun] + items.cells)
        guard let traces else { return rows }
        rows.append(["traces"] + traces.all.cells)
        rows.append(["  with errors"] + traces.errors.cells)
        rows.append(
            ["  slower than \(SimulationExpectation.slowThreshold.goText)"] + traces.slow.cells)
        if traces.partial > 0 {
            rows.append(["  kept without some spans", "", "\(traces.partial)"])
        }
        return rows
    }

    private static func decisionRows(_ traces: SimulationReport.TraceReport) -> [[String]] {
        let total = traces.decisions.reduce(0) { $0 + $1.traces }
        let rows = traces.decisions.map { decision, count, spans in
            [
                decision.policy ?? "(none)", decision.reason,
                decision.isKept ? "kept" : "dropped", "\(count)", "\(spans)",
                Share.percent(count, of: total),
            ]
        }
        return [["policy", "reason", "", "traces", "spans", "share of traces"]] + rows
    }

    private var serviceRows: [[String]] {
        guard traces != nil else {
            let rows = services.map { [$0.name] + $0.items.cells }
            return [["service", "in", "kept", "dropped", "share kept"]] + rows
        }
        let head = ["service", "spans", "kept", "traces", "kept", "share", "errors", "kept"]
        let rows = services.map { service in
            [
                service.name, "\(service.items.total)", "\(service.items.kept)",
                "\(service.traces.total)", "\(service.traces.kept)",
                Share.percent(service.traces.kept, of: service.traces.total),
                "\(service.errors.total)", "\(service.errors.kept)", "\(service.slow.total)",
                "\(service.slow.kept)",
            ]
        }
        return [head + ["slow", "kept"]] + rows
    }
}

extension Share {
    fileprivate var cells: [String] {
        ["\(total)", "\(kept)", "\(dropped)", Self.percent(kept, of: total)]
    }
}

extension SimulationComparison {
    fileprivate func text(against other: String) -> String {
        guard isThere else { return "\(other) has no pipeline \(pipeline)\n" }
        var text = "compared with \(other): \(keptItems) items kept instead of \(otherKeptItems)\n"
        if keptByBoth + onlyNew.count + onlyOld.count == 0 { return text }
        text += "  \(keptByBoth) traces are kept by both\n"
        text += onlyNew.text("only now")
        text += onlyOld.text("no longer")
        return text
    }
}

extension SimulationComparison.Difference {
    fileprivate func text(_ adverb: String) -> String {
        if count == 0 { return "  0 traces are \(adverb) kept\n" }
        let policies = Self.list(policies)
        let services = Self.list(services)
        let shown = examples.isEmpty ? "" : "    such as \(examples.joined(separator: " "))\n"
        return "  \(count) traces are \(adverb) kept\n    by policy: \(policies)\n"
            + "    by service: \(services)\n" + shown
    }

    /// Most first.
    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
