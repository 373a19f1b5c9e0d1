import CLinux
import Glibc
import OTLP
import Pipeline
import Primitives
import Testing

@testable import Exporters

struct StdoutExporterTests {
    private typealias Harness = ExporterHarness<StdoutExporter>

    @Test func `each batch is a line`() async throws {
        let pipe = try Pipe()
        let harness = try await Harness(StdoutExporter(descriptor: pipe.writer))

        #expect(await harness.export(try .traces(2)) == .exported)
        #expect(await harness.export(try .logs(1)) == .exported)

        let expected = try Batch.traces(2).line + Batch.logs(1).line
        #expect(try await pipe.read(expected.utf8.count) == expected)
    }

    @Test func `a reader that does not read makes the exporter wait, and loses nothing`()
        async throws
    {
        let pipe = try Pipe()
        let harness = try await Harness(StdoutExporter(descriptor: pipe.writer))
        // Larger than a pipe's 64 KiB.
        let batch = try Batch.logs(3_000)

        async let result = harness.export(batch)
        try await pipe.waitUntilWritten()
        let text = try await pipe.read(batch.line.utf8.count)

        #expect(await result == .exported)
        #expect(text == batch.line)
    }

    @Test func `a waiting exporter does not keep the daemon from stopping`() async throws {
        let pipe = try Pipe()
        let harness = try await Harness(StdoutExporter(descriptor: pipe.writer))
        let batch = try Batch.logs(3_000)

        async let result = harness.export(batch)
        try await pipe.waitUntilWritten()
        let isFinished = harness.loop.stop()

        #expect(isFinished)
        guard case .retryable = await result else { return #expect(Bool(false), "not retryable") }
    }

    @Test func `a reader that goes away is an error, not the end`() async throws {
        let pipe = try Pipe()
        let harness = try await Harness(StdoutExporter(descriptor: pipe.writer))
        pipe.closeReader()

        let result = await harness.export(try .traces())

        let reason = "'descriptor \(pipe.writer)' could not be written: broken pipe"
        #expect(result == .retryable(reason: reason, after: nil))
    }

    @Test func `lines of two exporters never mix`() async throws {
        let pipe = try Pipe()
        let first = try await Harness(StdoutExporter(descriptor: pipe.writer))
        let second = try await Harness(StdoutExporter(descriptor: pipe.writer))
        let a = try Batch.logs(1_000, service: "a")
        let b = try Batch.logs(1_000, service: "b")

        async let results = [first.export(a), second.export(b), first.export(a), second.export(b)]
        let text = try await pipe.read(2 * (a.line.utf8.count + b.line.utf8.count))

        #expect(await results == [.exported, .exported, .exported, .exported])
        let lines = text.split(separator: "\n").map { "\($0)\n" }
        #expect(lines.sorted() == [a.line, a.line, b.line, b.line].sorted())
    }

    @Test func `standard output into a full device is an error`() async throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let harness = try await Harness(StdoutExporter(descriptor: full))

        let result = await harness.export(try .traces())

        let reason = "'descriptor \(full)' could not be written: no space is left on the disk"
        #expect(result == .retryable(reason: reason, after: nil))
    }

    @Test func `it has no options`() {
        #expect(MadeExporter<StdoutExporter>("").report == "")
        #expect(MadeExporter<StdoutExporter>("path: a").report.contains("has no option 'path'"))
    }
}

/// A pipe of the kernel.
final class Pipe: Sendable {
    let writer: Int32
    private let reader: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        // A program that another test starts meanwhile must not inherit an end and keep it open.
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            throw TemporaryFolder.Failed(call: "pipe2", errno: errno)
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// Bytes that wait for the reader.
    var waitingSize: Int {
        var size: Int32 = 0
        return ioctl(reader, UInt(FIONREAD), &size) == 0 ? Int(size) : -1
    }

    /// Waits until the writer has begun.
    func waitUntilWritten() async throws {
        let deadline = Instant.now() + .seconds(60)
        while waitingSize == 0 {
            try #require(Instant.now() < deadline, "nothing was written within 60 s")
            await Task.yield()
        }
    }

    func closeReader() {
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        dup2(null, reader)
        close(null)
    }

    /// Exactly so many bytes. Does not block the thread, which the writer may need to go on.
    func read(_ size: Int) async throws -> String {
        let deadline = Instant.now() + .seconds(60)
        var bytes = [UInt8](repeating: 0, count: size)
        var count = 0
        while count < size {
            var watched = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 0) > 0 else {
                if Instant.now() > deadline { closeReader() }
                try #require(Instant.now() < deadline, "\(count) of \(size) bytes came in 60 s")
                await Task.yield()
                continue
            }
            let chunk = bytes[count...].withUnsafeMutableBytes {
                Glibc.read(reader, $0.baseAddress, $0.count)
            }
            guard chunk > 0 else { break }
            count += chunk
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
