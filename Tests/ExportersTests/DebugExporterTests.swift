import ComponentTesting
import OTLP
import Primitives
import Testing

@testable import Exporters

struct DebugExporterTests {
    private typealias Harness = ExporterHarness<DebugExporter>

    @Test func `each batch is an entry of the log that says how much it holds`() async throws {
        let harness = try await Harness("")

        for batch in [try Batch.traces(2), try .metrics(3), try .logs(4)] {
            #expect(await harness.export(batch) == .exported)
        }

        #expect(
            harness.log.lines == [
                "notice Traces resource spans=1 spans=2",
                "notice Metrics data points=3 metrics=1 resource metrics=1",
                "notice Logs log records=4 resource logs=1",
            ])
    }

    @Test("the records follow in an entry of their own", arguments: ["normal", "detailed"])
    func verbosity(verbosity: String) async throws {
        let harness = try await Harness("verbosity: \(verbosity)")

        _ = await harness.export(try .traces())

        let text = try #require(harness.log.lines.last)
        #expect(harness.log.lines.count == 2)
        #expect(text.hasPrefix("notice Resource"))
        #expect(text.contains("span-0"))
        #expect(!text.hasSuffix("\n"))
    }

    @Test func `outputs get the records too`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.pathOf("debug")
        let harness = try await Harness(
            "{verbosity: normal, use_internal_logger: false, output_paths: ['\(path)']}")

        _ = await harness.export(try .logs(2))

        #expect(
            folder.text(of: "debug") == """
                Logs\t{"resource logs": 1, "log records": 2}
                ResourceLog #0 service.name=shop
                ScopeLog #0 test
                log line 0\u{20}
                log line 1\u{20}

                """)
    }

    @Test func `without the log, entries go to the outputs that are named`() async throws {
        let folder = try TemporaryFolder()
        let harness = try await Harness(
            "{use_internal_logger: false, output_paths: ['\(folder.pathOf("debug"))']}")

        _ = await harness.export(try .traces(2))
        _ = await harness.export(try .logs(1))

        #expect(
            folder.text(of: "debug") == """
                Traces\t{"resource spans": 1, "spans": 2}
                Logs\t{"resource logs": 1, "log records": 1}

                """)
        #expect(harness.log.lines == [])
    }

    static let samplings: [(initial: Int, thereafter: Int, shown: [Int])] = [
        (2, 1, [1, 2, 3, 4, 5, 6, 7, 8]),
        (2, 3, [1, 2, 5, 8]),
        (2, 0, [1, 2]),
        (0, 4, [4, 8]),
        (0, 0, []),
    ]

    @Test("of many batches in a second some are shown", arguments: samplings)
    func sampling(initial: Int, thereafter: Int, shown: [Int]) {
        var sampler = EntrySampler(initial: initial, thereafter: thereafter)
        let now = Instant(nanoseconds: 5_000_000_000)

        #expect((1...8).filter { _ in sampler.admits(.traces, at: now) } == shown)
        #expect((1...8).filter { _ in sampler.admits(.logs, at: now) } == shown)
        #expect((1...8).filter { _ in sampler.admits(.traces, at: now + .seconds(1)) } == shown)
    }

    static let badSections: [(yaml: String, message: String)] = [
        ("verbosity: none", "exporters.debug.verbosity is 'none'"),
        (
            "output_paths: [stdout]",
            """
            exporters.debug.output_paths is given, but must not be while use_internal_logger is \
            true
            """
        ),
        (
            "{use_internal_logger: false, output_paths: []}",
            "exporters.debug.output_paths is empty, but must name at least one output"
        ),
        ("sending_queue: {enabled: true}", "exporters.debug.sending_queue has no effect"),
    ]

    @Test("a mistake in the configuration is named", arguments: badSections)
    func mistakes(yaml: String, message: String) {
        #expect(MadeExporter<DebugExporter>(yaml).report.contains(message))
    }

    @Test func `otelcol's options are known`() {
        let yaml = "{verbosity: detailed, sampling_initial: 5, sampling_thereafter: 200}"

        #expect(MadeExporter<DebugExporter>(yaml).report == "")
    }
}
