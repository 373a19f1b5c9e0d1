import Foundation
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

    private static let folder = fixtures + "../../../config/"

    /// `martlet`, `examples/forward` …
    static let names: [String] = {
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            .sorted()
    }()

    @Test("the configurations of this repository load without a mistake", arguments: names)
    func ours(name: String) {
        let diagnostics = Diagnostics()

        let tree = ConfigurationTree.load(
            [.file("\(Self.folder)\(name).yaml")], reportingTo: diagnostics)
        _ = Configuration(tree, reportingTo: diagnostics)

        #expect(!diagnostics.hasErrors, "\(diagnostics.rendered())")
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

    /// What is reported for a configuration that is right but for the given text.
    static func report(_ text: String) -> String { Loaded(text).report }

    @Test func `every mistake of a configuration is shown at once`() {
        let text = """
            recievers: {otlp: }
            receivers:
              otlp:
              "bad id":
              /x:
            processors: [batch]
            exporters:
              debug:
              "debug ":
              otlp/:
            service:
              pipeline: {}
              extensions: [zpages]
              pipelines:
                trace: {receivers: [otlp], exporters: [debug]}
                traces:
                  receivers: [otpl, debug]
                  processors: [batch, batch]
                  exporters: [debug, debug]
                logs:
                metrics: {receivers: otlp, exporters: [5], exporter: [debug]}
                profiles: {receivers: [otlp], exporters: [debug]}
            """

        #expect(
            Self.report(text) == """
                collector.yaml:1:1: error: there is no section 'recievers'
                    1 | recievers: {otlp: }
                      | ^~~~~~~~~
                  hint: did you mean 'receivers'? the sections are receivers, processors, \
                exporters, connectors, extensions, service
                collector.yaml:4:3: error: receivers.bad id is no id: a type is a letter, then \
                letters, digits and '_', at most 63
                    4 |   "bad id":
                      |   ^~~~~~~~
                collector.yaml:5:3: error: receivers./x is no id: nothing stands before '/'
                    5 |   /x:
                      |   ^~
                collector.yaml:6:13: error: processors is a list, but must be a mapping
                    6 | processors: [batch]
                      |             ^
                collector.yaml:9:3: error: the exporter 'debug' is defined twice
                    9 |   "debug ":
                      |   ^~~~~~~~
                collector.yaml:8:3: note: the first one is here
                    8 |   debug:
                      |   ^~~~~
                collector.yaml:10:3: error: exporters.otlp/ is no id: nothing stands after '/'
                   10 |   otlp/:
                      |   ^~~~~
                collector.yaml:12:3: error: service has no option 'pipeline'
                   12 |   pipeline: {}
                      |   ^~~~~~~~
                  hint: did you mean 'pipelines'? its options are telemetry, extensions, pipelines
                collector.yaml:13:16: error: service.extensions names the extension 'zpages', \
                which is not defined
                   13 |   extensions: [zpages]
                      |                ^~~~~~
                  hint: no extension is defined
                collector.yaml:15:5: error: service.pipelines.trace: there is no signal 'trace'
                   15 |     trace: {receivers: [otlp], exporters: [debug]}
                      |     ^~~~~
                  hint: did you mean 'traces'? the signals are traces, metrics, logs
                collector.yaml:17:19: error: service.pipelines.traces names the receiver 'otpl', \
                which is not defined
                   17 |       receivers: [otpl, debug]
                      |                   ^~~~
                  hint: did you mean 'otlp'? the receivers defined are otlp
                collector.yaml:17:25: error: service.pipelines.traces names the receiver 'debug', \
                which is not defined
                   17 |       receivers: [otpl, debug]
                      |                         ^~~~~
                  hint: 'debug' is defined, but under exporters
                collector.yaml:18:20: error: service.pipelines.traces names the processor 'batch', \
                which is not defined
                   18 |       processors: [batch, batch]
                      |                    ^~~~~
                  hint: no processor is defined
                collector.yaml:18:27: error: service.pipelines.traces names the processor 'batch' \
                twice
                   18 |       processors: [batch, batch]
                      |                           ^~~~~
                collector.yaml:18:20: note: the first one is here
                   18 |       processors: [batch, batch]
                      |                    ^~~~~
                  hint: remove one, or define another such as 'batch/2'
                collector.yaml:19:26: warning: service.pipelines.traces names the exporter 'debug' \
                twice; it is used once
                   19 |       exporters: [debug, debug]
                      |                          ^~~~~
                collector.yaml:20:5: error: service.pipelines.logs has no receiver
                   20 |     logs:
                      |     ^~~~
                  hint: write receivers: [...] with one or more of those defined above
                collector.yaml:20:5: error: service.pipelines.logs has no exporter
                   20 |     logs:
                      |     ^~~~
                  hint: write exporters: [...] with one or more of those defined above
                collector.yaml:21:44: error: service.pipelines.metrics.exporters[0] is '5', but \
                must be a component's id
                   21 |     metrics: {receivers: otlp, exporters: [5], exporter: [debug]}
                      |                                            ^
                collector.yaml:21:48: error: service.pipelines.metrics has no option 'exporter'
                   21 |     metrics: {receivers: otlp, exporters: [5], exporter: [debug]}
                      |                                                ^~~~~~~~
                  hint: did you mean 'exporters'? its options are receivers, processors, exporters
                collector.yaml:22:5: error: service.pipelines.profiles: this build has no profiles \
                yet
                   22 |     profiles: {receivers: [otlp], exporters: [debug]}
                      |     ^~~~~~~~

                """)
    }

    @Test(
        "a configuration that would do nothing is refused",
        arguments: [
            (
                "",
                """
                collector.yaml:1:1: error: the configuration is empty
                  hint: it needs receivers, exporters and service.pipelines; config/martlet.yaml \
                is one to begin with

                """
            ),
            (
                "receivers: {otlp: }",
                """
                collector.yaml:1:1: error: there is no 'service', so nothing would run
                    1 | receivers: {otlp: }
                      | ^
                  hint: write service.pipelines.traces, with receivers and exporters
                collector.yaml:1:13: warning: receivers.otlp is defined, but not named in any \
                pipeline
                    1 | receivers: {otlp: }
                      |             ^~~~

                """
            ),
            (
                "service: {extensions: []}",
                """
                collector.yaml:1:10: error: service has no pipelines, so nothing would run
                    1 | service: {extensions: []}
                      |          ^
                  hint: write service.pipelines.traces, with receivers and exporters

                """
            ),
            (
                "service:\n  pipelines:\n",
                """
                collector.yaml:2:13: error: service.pipelines is empty, so nothing would run
                    2 |   pipelines:
                      |             ^
                  hint: write service.pipelines.traces, with receivers and exporters

                """
            ),
        ])
    func nothing(text: String, report: String) {
        #expect(Self.report(text) == report)
    }

    @Test func `an order of processors that is hardly ever meant is warned of`() {
        let text = """
            receivers: {otlp: }
            processors: {batch: , tail_sampling: , memory_limiter: }
            exporters: {nop: }
            service:
              pipelines:
                traces:
                  receivers: [otlp]
                  processors: [batch, tail_sampling, memory_limiter]
                  exporters: [nop]
            """

        #expect(
            Self.report(text) == """
                collector.yaml:8:20: warning: service.pipelines.traces batches before it samples, \
                so records wait twice
                    8 |       processors: [batch, tail_sampling, memory_limiter]
                      |                    ^~~~~
                  hint: put batch after tail_sampling
                collector.yaml:8:42: warning: service.pipelines.traces has the memory_limiter \
                after other processors, where it refuses too late
                    8 |       processors: [batch, tail_sampling, memory_limiter]
                      |                                          ^~~~~~~~~~~~~~
                  hint: put memory_limiter first

                """)
    }

    @Test func `a connector counts as a receiver and as an exporter`() {
        let text = """
            receivers: {otlp: }
            exporters: {nop: }
            connectors: {forward: }
            service:
              pipelines:
                traces: {receivers: [otlp], exporters: [forward]}
                traces/2: {receivers: [forward], exporters: [nop]}
            """

        #expect(Self.report(text) == "")
    }

    @Test func `an unknown type is reported with those there are`() throws {
        let loaded = Loaded("exporters: {logging: , nopp/2: }\nservice: {pipelines: {}}")
        let diagnostics = Diagnostics()

        let exporters = loaded.configuration.components(.exporter)
        exporters[0].reportUnknownType(
            known: ["nop", "debug"], replacement: "debug", to: diagnostics)
        exporters[1].reportUnknownType(known: ["nop", "debug"], to: diagnostics)

        #expect(
            diagnostics.rendered() == """
                collector.yaml:1:13: error: exporters.logging: there is no exporter 'logging'
                  hint: write debug instead
                collector.yaml:1:24: error: exporters.nopp/2: there is no exporter 'nopp'
                  hint: did you mean 'nop'? the exporters are debug, nop

                """)
    }

    @Test func `the effective configuration is a configuration again`() {
        let loaded = Loaded(
            """
            receivers: {otlp: {endpoint: "${env:HOST:-localhost}:4318"}}
            exporters: {nop: }
            extensions: {health_check: }
            service:
              extensions: [health_check]
              pipelines: {traces: {receivers: [otlp], exporters: [nop]}}
            """)
        var effective = EffectiveConfiguration(loaded.configuration)
        for component in loaded.configuration.components {
            var section = component.section(reportingTo: loaded.diagnostics)
            _ = section.take("endpoint", default: "none", "where")
            section.finish()
            effective.set(component, section)
        }

        #expect(loaded.report == "")
        #expect(
            effective.yaml == """
                receivers:
                  otlp:
                    endpoint: localhost:4318
                exporters:
                  nop:
                    endpoint: none
                extensions:
                  health_check:
                    endpoint: none
                service:
                  extensions: [health_check]
                  pipelines:
                    traces:
                      receivers: [otlp]
                      exporters: [nop]

                """)
        #expect(Loaded(effective.yaml).report == "")
    }

    @Test(
        "an id has a type and perhaps a name",
        arguments: [
            ("otlp", "otlp"), (" otlp / a b ", nil), ("otlp/2", "otlp/2"), ("a/b/c", "a/b/c"),
            (" otlp / x ", "otlp/x"), ("2otlp", nil), ("o-t", nil), ("otlp/", nil), ("/2", nil),
            ("", nil), ("a/€", nil), ("a/ü.b-c_1", "a/ü.b-c_1"), ("a/$x", nil),
            (String(repeating: "a", count: 63), String(repeating: "a", count: 63)),
            (String(repeating: "a", count: 64), nil),
            ("a/" + String(repeating: "b", count: 1025), nil),
        ] as [(String, String?)])
    func ids(text: String, id: String?) {
        #expect((try? ComponentID(parsing: text))?.description == id)
    }
}
