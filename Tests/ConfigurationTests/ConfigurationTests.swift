import Testing

@testable import Configuration

/// Ids, references and pipelines, with the messages as they are printed.
struct ConfigurationTests {
    static let fixtures =
        String("\(#filePath)".dropLast("ConfigurationTests.swift".count)) + "Fixtures/"

    @Test(
        "configurations that people have load without a mistake",
        arguments: ["http-gateway.yaml", "tracing-backend.yaml", "gateway-tail-sampling.yaml"])
    func published(name: String) {
        let diagnostics = Diagnostics()

        let tree = ConfigurationTree.load([.file(Self.fixtures + name)], reportingTo: diagnostics)
        let configuration = Configuration(tree, reportingTo: diagnostics)

        #expect(!diagnostics.hasErrors, "\(diagnostics.rendered())")
        #expect(!configuration.pipelines.isEmpty)
    }

    @Test func `pipelines, components and extensions keep their order`() throws {
        let loaded = Loaded(
            """
            receivers: {otlp: , otlp/2: {a: 1}}
            processors: {batch: }
            exporters: {debug: , " otlp_http / b ": }
            extensions: {health_check: }
            service:
              extensions: [health_check]
              pipelines:
                traces: {receivers: [otlp, otlp/2], processors: [batch], exporters: [debug]}
                logs/audit: {receivers: "otlp, otlp/2", exporters: [otlp_http/b]}
            """)

        let configuration = loaded.configuration
        #expect(loaded.report == "")
        #expect(
            configuration.components.map(\.path) == [
                "receivers.otlp", "receivers.otlp/2", "processors.batch", "exporters.debug",
                "exporters.otlp_http/b", "extensions.health_check",
            ])
        #expect(configuration.pipelines.map(\.id.description) == ["traces", "logs/audit"])
        #expect(configuration.pipelines[1].receivers.map(\.id.description) == ["otlp", "otlp/2"])
        #expect(configuration.extensions.map(\.id.description) == ["health_check"])
    }
}
