import ComponentTesting
import Compression
import Glibc
import OTLP
import Pipeline
import Primitives
import Telemetry
import Testing

@testable import Exporters

struct FileExporterTests {
    private typealias Harness = ExporterHarness<FileExporter>

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `each batch is a line, whatever its signal`() async throws {
        let harness = try await Harness("path: \(folder.pathOf("t.json"))")
        let batches = [try Batch.traces(2), try .logs(3), try .metrics(4)]

        for batch in batches { #expect(await harness.export(batch) == .exported) }

        // Written before the answer, not at the end.
        #expect(folder.text(of: "t.json") == batches.map(\.line).joined())
    }

    @Test func `protobuf messages stand behind their sizes`() async throws {
        let harness = try await Harness("path: \(folder.pathOf("t.pb"))\nformat: proto")
        let batches = [try Batch.traces(2), try .logs(300)]

        for batch in batches { #expect(await harness.export(batch) == .exported) }

        #expect(folder.bytes(of: "t.pb") == batches.flatMap(\.sized))
    }

    @Test(
        "gzip decompresses to what would have been written without", arguments: FileFormat.allCases)
    func gzip(format: FileFormat) async throws {
        let harness = try await Harness(
            "{path: '\(folder.pathOf("t.gz"))', format: \(format), compression: gzip}")
        let batches = [try Batch.traces(2), try .logs(300)]

        for batch in batches { #expect(await harness.export(batch) == .exported) }

        let bytes = folder.bytes(of: "t.gz")
        let plain = try Decompressor().decompress(bytes.span.bytes, .gzip, limit: 1 << 20)
        let expected = batches.flatMap { format == .json ? Array($0.line.utf8) : $0.sized }
        #expect(plain.withUnsafeBytes { Array($0) } == expected)
    }

    @Test("zstd frames stand behind their sizes, as in otelcol", arguments: FileFormat.allCases)
    func zstd(format: FileFormat) async throws {
        let harness = try await Harness(
            "{path: '\(folder.pathOf("t.zst"))', format: \(format), compression: zstd}")
        let batch = try Batch.logs(300)

        #expect(await harness.export(batch) == .exported)
        #expect(await harness.export(batch) == .exported)

        let bytes = folder.bytes(of: "t.zst")
        let frame = Array(bytes[4..<bytes.count / 2])
        #expect(bytes == frame.behindSize + frame.behindSize)
        let plain = try Decompressor().decompress(frame.span.bytes, .zstd, limit: 1 << 20)
        let expected = format == .json ? Array(batch.line.utf8.dropLast()) : batch.message
        #expect(plain.withUnsafeBytes { Array($0) } == expected)
    }

    @Test func `a restart continues the file`() async throws {
        for _ in 0..<2 {
            let harness = try await Harness("path: \(folder.pathOf("t.json"))")
            _ = await harness.export(try .traces())
            await harness.stop()
        }

        #expect(folder.text(of: "t.json") == (try Batch.traces().line + Batch.traces().line))
    }

    @Test func `rotation begins a new file`() async throws {
        let harness = try await Harness(
            """
            path: \(folder.pathOf("t.json"))
            rotation: {max_megabytes: 1, max_backups: 2}
            """)
        let batch = try Batch.logs(4_000)

        for _ in 0..<6 { #expect(await harness.export(batch) == .exported) }

        #expect(folder.names.count == 3)
        #expect(folder.names.allSatisfy { folder.bytes(of: $0).count <= 1 << 20 })
        #expect(folder.names.allSatisfy { folder.text(of: $0).hasPrefix(batch.line) })
    }

    // /dev/full takes nothing, like a full disk; then the disk has room again.
    @Test func `a full disk is loud, and the batch can be written later`() async throws {
        let path = folder.pathOf("t.json")
        symlink("/dev/full", path)
        let harness = try await Harness("path: \(path)")
        let batch = try Batch.traces(7)

        let result = await harness.export(batch)

        let reason = "'\(path)' could not be written: no space is left on the disk"
        #expect(result == .retryable(reason: reason, after: nil))
        #expect(
            harness.log.lines == [
                """
                error writing failed, nothing is lost while there is room to wait \
                items=7 reason=\(reason)
                """
            ])
    }

    // Behind a processor nobody waits for an answer: the queue keeps the batch.
    @Test func `what a full disk refuses is written once there is room`() async throws {
        let path = folder.pathOf("t.json")
        symlink("/dev/full", path)
        let harness = try await Harness("path: \(path)")
        let account = Account(component: "exporter/file", scope: "traces")
        let queue = harness.queue(account) {
            $0.retry.initialInterval = .milliseconds(1)
            $0.retry.intervalLimit = .milliseconds(50)
        }
        let batch = try Batch.traces(7)

        _ = queue.reserve([batch], hasWaited: false)
        queue.commit([batch], nil)
        try await harness.wait(for: "a failed write") { !harness.log.lines.isEmpty }
        let held = account.held.value
        symlink(folder.pathOf("larger-disk.json"), path + ".new")
        rename(path + ".new", path)
        try await harness.wait(for: "the batch") { account.outgoing.value == 7 }
        await queue.drain(by: .now(), timers: harness.loop)

        #expect(held == 7)
        #expect(folder.text(of: "larger-disk.json") == batch.line)
        #expect(account.unaccounted == 0)
    }

    @Test func `a batch is parted by an attribute of its resources`() async throws {
        let harness = try await Harness(
            """
            path: \(folder.pathOf("by/*/t.json"))
            group_by: {enabled: true, resource_attribute: service.name}
            """)
        let mixed = try Batch.traces(1, service: "a").and(.traces(2, service: "../../b"))

        #expect(await harness.export(mixed) == .exported)
        #expect(await harness.export(try .logs(3, service: "a")) == .exported)

        let first = try Batch.traces(1, service: "a").line + Batch.logs(3, service: "a").line
        #expect(folder.text(of: "by/a/t.json") == first)
        #expect(folder.text(of: "by/b/t.json") == (try Batch.traces(2, service: "../../b").line))
    }

    @Test func `resources without the attribute are not lost`() async throws {
        let harness = try await Harness(
            "{path: '\(folder.pathOf("*.json"))', group_by: {enabled: true}}")
        let batch = try Batch.traces(3)

        #expect(await harness.export(batch) == .exported)

        #expect(folder.text(of: "unknown.json") == batch.line)
    }

    @Test func `resources without the attribute are dropped and counted if that is wanted`()
        async throws
    {
        let harness = try await Harness(
            "{path: '\(folder.pathOf("*.json"))', group_by: {enabled: true, fallback: ''}}")

        let result = await harness.export(try .traces(3))

        let message = "resources without the attribute of group_by were dropped"
        #expect(result == .partlyRejected(count: 3, message: message))
        #expect(folder.names == [])
    }

    @Test func `a file that was closed for another is continued`() async throws {
        let harness = try await Harness(
            """
            path: \(folder.pathOf("*.json"))
            group_by: {enabled: true, resource_attribute: service.name, max_open_files: 1}
            """)

        for service in ["a", "b", "a", "b"] {
            #expect(await harness.export(try .traces(service: service)) == .exported)
        }

        let line = try Batch.traces(service: "a").line
        #expect(folder.text(of: "a.json") == line + line)
        #expect(folder.names == ["a.json", "b.json"])
    }

    @Test("either all groups of a batch are written or none", arguments: [1, 100])
    func groupsTogether(openFileLimit: Int) async throws {
        mkdir(folder.pathOf("b.json"), 0o755)
        let harness = try await Harness(
            """
            path: \(folder.pathOf("*.json"))
            group_by:
              {enabled: true, resource_attribute: service.name, max_open_files: \(openFileLimit)}
            """)
        let a = try Batch.traces(1, service: "a")
        let mixed = try Batch.traces(2, service: "a").and(.traces(2, service: "b"))
        #expect(await harness.export(a) == .exported)

        let failed = await harness.export(mixed)
        let between = folder.text(of: "a.json")
        rmdir(folder.pathOf("b.json"))
        let succeeded = await harness.export(mixed)

        guard case .retryable = failed else { return #expect(failed == .exported, "a folder") }
        #expect(between == a.line)
        #expect(succeeded == .exported)
        #expect(folder.text(of: "a.json") == (try a.line + Batch.traces(2, service: "a").line))
    }

    @Test func `syncing at intervals goes on until the end`() async throws {
        let harness = try await Harness(
            "{path: '\(folder.pathOf("t.json"))', fsync: interval, flush_interval: 1ms}")

        for _ in 0..<20 { #expect(await harness.export(try .traces()) == .exported) }
        await harness.stop()

        #expect(folder.text(of: "t.json").split(separator: "\n").count == 20)
        #expect(harness.log.lines == [])
    }

    @Test func `a file that cannot be opened stops the start`() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await Harness("path: \(folder.pathOf("no/t.json"))")
        }

        #expect(
            "\(error.map { "\($0)" } ?? "")" == """
                '\(folder.pathOf("no/t.json"))' could not be opened: its folder does not exist; \
                create it or set create_directory: true
                """)
    }

    static let badSections: [(yaml: String, message: String)] = [
        ("format: json", "exporters.file.path must be given"),
        ("path: ''", "exporters.file.path is empty, but must be given"),
        ("{path: a, format: xml}", "exporters.file.format is 'xml'"),
        ("{path: a, compression: lz4}", "exporters.file.compression is 'lz4'"),
        ("{path: a, encoding: otlp}", "exporters.file.encoding is not in this build yet"),
        ("{path: a, flush_interval: -1s}", "exporters.file.flush_interval is '-1s'"),
        ("{path: a, rotation: {max_megabytes: 0}}", "exporters.file.rotation.max_megabytes is '0'"),
        (
            "{path: a, group_by: {enabled: true}}",
            "exporters.file.path is 'a', but must have exactly one '*', not at its beginning"
        ),
        (
            "{path: a, create_directory: true, directory_permissions: rwx}",
            """
            exporters.file.directory_permissions is 'rwx', but must be octal permissions such as \
            0755
            """
        ),
        (
            "{path: a, directory_permissions: '0700'}",
            "exporters.file.directory_permissions needs create_directory: true"
        ),
        (
            "{path: a/*, append: false, group_by: {enabled: true}}",
            "exporters.file.append has no effect: with group_by files are always continued"
        ),
    ]

    @Test("a mistake in the configuration is named", arguments: badSections)
    func mistakes(yaml: String, message: String) {
        #expect(MadeExporter<FileExporter>(yaml).report.contains(message))
    }

    @Test(
        "otelcol's options are known",
        arguments: [
            "{path: a, append: false}", "{path: a, rotation: }",
            """
            {path: a, rotation: {max_megabytes: 10, max_days: 3, max_backups: 3, localtime: true},
             format: proto, compression: zstd, flush_interval: 5s}
            """,
            "{path: a, create_directory: true, directory_permissions: '0700'}",
            """
            {path: a/*.json, group_by: {enabled: true, resource_attribute: x, max_open_files: 9}}
            """,
            "{path: a, group_by: {resource_attribute: x}}",
        ])
    func options(yaml: String) {
        #expect(MadeExporter<FileExporter>(yaml).report == "")
    }
}
