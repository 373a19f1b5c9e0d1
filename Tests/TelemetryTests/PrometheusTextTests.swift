import Primitives
import Telemetry
import Testing

struct PrometheusTextTests {
    @Test func `a family has its help, its type and a line for each series`() {
        var text = PrometheusText()
        text.append(
            "otelcol_exporter_sent_spans", .counter, "Records sent.",
            [.init([("exporter", "a\"b\\c\nd")], 12), .init([], 0.5)])
        text.append("empty", .gauge, "Not shown.", [])

        #expect(
            string(text.finish()) == #"""
                # HELP otelcol_exporter_sent_spans Records sent.
                # TYPE otelcol_exporter_sent_spans counter
                otelcol_exporter_sent_spans{exporter="a\"b\\c\nd"} 12
                otelcol_exporter_sent_spans 0.5

                """#)
    }

    @Test func `the ledger has otelcol's names, and every drop with its reason`() {
        let ledger = Ledger()
        let receiver = ledger.open(component: "receiver/otlp", scope: "traces")
        receiver.incoming.add(10)
        receiver.outgoing.add(7)
        receiver.refused.add(3, "queue_full")
        let exporter = ledger.open(component: "exporter/otlp_http/b", scope: "traces")
        exporter.incoming.add(7)
        exporter.outgoing.add(4)
        exporter.dropped.add(2, "permanent_error")
        exporter.held.set(1)
        var text = PrometheusText()

        ledger.append(to: &text)

        let lines = Set(string(text.finish()).split(separator: "\n").map(String.init))
        #expect(
            lines.isSuperset(of: [
                #"otelcol_receiver_accepted_spans{receiver="otlp",otel_signal="traces"} 7"#,
                #"otelcol_receiver_refused_spans{receiver="otlp",otel_signal="traces"} 3"#,
                #"otelcol_exporter_sent_spans{exporter="otlp_http/b",otel_signal="traces"} 4"#,
                #"martlet_dropped_items{exporter="otlp_http/b",otel_signal="traces","#
                    + #"reason="permanent_error"} 2"#,
                #"martlet_held_items{exporter="otlp_http/b",otel_signal="traces"} 1"#,
                "martlet_unaccounted_items 0",
            ]))
    }

    private func string(_ buffer: consuming ByteBuffer) -> String {
        buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
