import Configuration
import Pipeline
import Testing

@testable import Collector

struct LoadedConfigurationTests {
    @Test func `a sound configuration has no messages, and all its parts`() {
        let text = ConfigurationText.sound()

        #expect(text.messages == [])
        #expect(Array(text.loaded.parts.receivers.keys) == ["otlp"])
        #expect(Array(text.loaded.parts.exporters.keys) == ["nop"])
        #expect(text.loaded.parts.processors.values.flatMap { $0 }.map(\.id) == ["batch"])
    }

    // MARK: Components

    @Test func `an unknown component is reported with what was probably meant`() {
        let text = ConfigurationText.sound(
            processors: "bath:",
            pipelines: "traces: {receivers: [otlp], processors: [bath], exporters: [nop]}")

        #expect(
            text.messages == [
                """
                error: processors.bath: there is no processor 'bath' (did you mean 'batch'? the \
                processors are \(Registry.standard.names(.processor).joined(separator: ", ")))
                """
            ])
    }

    @Test(
        "a component of otelcol that is not in this build is named as such",
        arguments: [
            (
                "exporters", "kafka",
                "error: exporters.kafka: the exporter 'kafka' is not in this build yet"
            ),
            (
                "exporters", "otlp",
                """
                error: exporters.otlp: the exporter 'otlp' is not in this build yet (use \
                otlp_http, port 4318)
                """
            ),
        ])
    func missing(kind: String, name: String, message: String) {
        let text = ConfigurationText.sound(
            exporters: "\(name):",
            pipelines: "traces: {receivers: [otlp], processors: [batch], exporters: [\(name)]}")

        #expect(text.messages == [message])
    }

    @Test func `all mistakes are found at once, each of them once`() {
        let text = ConfigurationText.sound(
            processors: "batch: {timeout: 5, send_size: 1}",
            pipelines: """
                traces: {receivers: [otlp], processors: [batch], exporters: [nop]}
                    metrics: {receivers: [otlp], processors: [batch], exporters: [nop, gone]}
                """)

        let messages = text.messages
        #expect(messages.count == 3, "\(messages)")
        #expect(messages[0].hasPrefix("error: processors.batch.timeout is '5', but must be"))
        #expect(messages[1].hasPrefix("error: processors.batch has no option 'send_size'"))
        #expect(
            messages[2].hasPrefix(
                """
                error: service.pipelines.metrics names the exporter 'gone', which is not defined
                """))
    }

    @Test func `mistakes in components that nothing uses are found, too`() {
        let text = ConfigurationText.sound(
            exporters: """
                nop:
                  nop/spare: {x: 1}
                """)

        #expect(
            text.messages.contains { $0.hasPrefix("error: exporters.nop/spare has no option 'x'") })
    }

    @Test(
        "what should be options of a component and is not a mapping is refused",
        arguments: ["7", "[1, 2]", "text"])
    func shape(value: String) {
        let text = ConfigurationText.sound(exporters: "nop: \(value)")

        #expect(text.messages.count == 1)
        #expect(text.messages.allSatisfy { $0.contains("exporters.nop") }, "\(text.messages)")
    }

    // MARK: Pipelines

    @Test func `an exporter named twice in a pipeline is used once`() {
        let text = ConfigurationText.sound(
            pipelines:
                "traces: {receivers: [otlp, otlp], processors: [batch], exporters: [nop, nop]}")

        #expect(
            text.messages == [
                "warning: service.pipelines.traces names the receiver 'otlp' twice; it is used once",
                "warning: service.pipelines.traces names the exporter 'nop' twice; it is used once",
            ])
    }

    @Test func `a signal that a component does not carry is refused`() {
        let registry = Registry(
            receivers: [], processors: [], exporters: [TracesOnly.self], extensions: [])
        let diagnostics = Diagnostics()
        let tree = ConfigurationTree.load(
            [
                .text(
                    """
                    {exporters: {traces_only: }, receivers: {}, service: {pipelines: {
                    logs: {receivers: [], exporters: [traces_only]}}}}
                    """)
            ], reportingTo: diagnostics)

        _ = Parts(Configuration(tree, reportingTo: diagnostics), registry, diagnostics)

        #expect(
            diagnostics.sorted.map(\.message).contains(
                """
                service.pipelines.logs carries logs, which the exporter 'traces_only' does not \
                support
                """))
    }

    // MARK: Telemetry

    @Test func `the daemon's own log is configured as in otelcol`() {
        let text = ConfigurationText.sound(telemetry: "{logs: {level: WARN, encoding: json}}")

        #expect(text.messages == [])
        #expect(text.loaded.telemetry.level == .warning)
        #expect(text.loaded.telemetry.encoding == .json)
    }

    @Test func `a level that does not exist is refused`() {
        let text = ConfigurationText.sound(telemetry: "{logs: {level: loud}}")

        #expect(
            text.messages.allSatisfy {
                $0.hasPrefix("error: service.telemetry.logs.level is 'loud', but must be")
            }, "\(text.messages)")
        #expect(text.messages.count == 1)
    }

    @Test func `what has no effect here is accepted with a warning`() {
        let text = ConfigurationText.sound(telemetry: "{logs: {sampling: {enabled: true}}}")

        #expect(
            text.messages == [
                """
                warning: service.telemetry.logs.sampling has no effect: repeated events are \
                counted instead of repeated
                """
            ])
    }

    @Test func `what print-config prints is the same configuration again`() {
        let first = ConfigurationText.sound(
            processors: "batch: {timeout: 1s}", exporters: "otlp_http: {endpoint: \"http://a:1\"}",
            pipelines: "traces: {receivers: [otlp], processors: [batch], exporters: [otlp_http]}")

        let second = ConfigurationText(first.loaded.effective.yaml)

        #expect(first.messages == [])
        #expect(second.messages == [])
        #expect(second.loaded.effective.yaml == first.loaded.effective.yaml)
    }
}
