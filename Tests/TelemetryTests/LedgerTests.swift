import Telemetry
import Testing

struct LedgerTests {
    @Test func `a record that nobody speaks for is unaccounted`() {
        let ledger = Ledger()
        let account = ledger.open(component: "exporter/file", scope: "traces")
        account.incoming.add(10)
        account.outgoing.add(4)
        account.dropped.add(2, "permanent")
        account.refused.add(1, "queue_full")
        account.held.add(2)

        #expect(ledger.unaccounted == 1)
        #expect(ledger.held == 2)

        account.dropped.add(1, "permanent")

        #expect(ledger.unaccounted == 0)
        #expect(account.dropped.values == ["permanent": 3])
    }

    @Test func `what a component counts stands under its name and pipeline`() {
        let ledger = Ledger()
        let account = ledger.open(component: "processor/filter/health", scope: "traces")
        let spans = { (count: Double) in
            Measurement("processor_filter_spans.filtered", .counter, "Filtered.", [], count)
        }
        account.count([spans(2)])
        account.count([spans(3)])
        account.ask { [Measurement("martlet_window", .gauge, "Window.", [("x", "y")], 1.5)] }

        var text = PrometheusText()
        ledger.append(to: &text)
        let lines = text.finish().withUnsafeBytes { String(decoding: $0, as: UTF8.self) }

        let labels = #"processor="filter/health",pipeline="traces""#
        #expect(lines.contains("otelcol_processor_filter_spans_filtered{\(labels)} 5\n"))
        #expect(lines.contains("martlet_window{\(labels),x=\"y\"} 1.5\n"))
    }
}
