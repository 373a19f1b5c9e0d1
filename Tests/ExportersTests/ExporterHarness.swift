import ComponentTesting
import Configuration
import OTLP
import Pipeline
import Primitives
import Sockets
import Telemetry
import TestSupport
import Testing

@testable import Exporters

/// An exporter made from the text of its section, on a thread of its own, as in the daemon.
final class ExporterHarness<E: Exporter>: Sendable {
    let exporter: E
    let log = RecordedLog()
    let loop: EventLoop

    /// Starts the exporter.
    convenience init(
        _ yaml: String, for signals: Set<Signal> = Set(Signal.allCases)
    ) async throws {
        let made = MadeExporter<E>(yaml)
        guard made.report.isEmpty else { throw Refused(report: made.report) }
        try await self.init(made.exporter, for: signals)
    }

    init(_ exporter: E, for signals: Set<Signal> = Set(Signal.allCases)) async throws {
        self.exporter = exporter
        let loop = try EventLoop(name: "exporter")
        self.loop = loop
        loop.start()
        let context = ExporterContext(
            id: "test", loop: loop, logger: log.logger, userAgent: "test", signals: signals)
        try await onLoop { await startOutcome(exporter, context) }.get()
    }

    deinit { loop.stop() }

    struct Refused: Error {
        let report: String
    }

    func export(_ batch: Batch) async -> ExportResult {
        await onLoop { [exporter] in await exporter.export(batch) }
    }

    func stop() async {
        await onLoop { [exporter] in await exporter.stop() }
    }

    /// The queue in front of the exporter, with changed settings, running.
    func queue(
        _ account: Account, _ change: (inout DeliverySettings) -> Void
    ) -> ExporterQueue {
        let diagnostics = Diagnostics()
        var section = Section(nil, path: "exporters.x", reportingTo: diagnostics)
        var settings = DeliverySettings(from: &section, defaults: E.delivery)
        change(&settings)
        let queue = ExporterQueue(
            exporter, settings: settings, account: account, logger: log.logger, loop: loop)
        queue.start()
        return queue
    }

    /// Waits until `condition` holds, for a minute at most.
    func wait(for what: String, until condition: () -> Bool) async throws {
        let deadline = Instant.now() + .seconds(60)
        while !condition() {
            try #require(Instant.now() < deadline, "\(what) did not come within 60 s")
            await Task.yield()
        }
    }

    private func onLoop<Result: Sendable>(
        _ body: @escaping @Sendable () async -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            loop.spawn { continuation.resume(returning: await body()) }
        }
    }
}

private func startOutcome(
    _ exporter: some Exporter, _ context: ExporterContext
) async -> Result<Void, StartError> {
    do throws(StartError) {
        try await exporter.start(context)
        return .success(())
    } catch {
        return .failure(error)
    }
}

/// An exporter that only has read its options, and what was wrong with them.
struct MadeExporter<E: Exporter> {
    let exporter: E
    let report: String

    init(_ yaml: String) {
        let made = SectionText(yaml, path: "exporters.\(E.name)") { E(from: &$0) }
        exporter = made.value
        report = made.report
    }
}

extension Batch {
    static func traces(_ count: Int = 1, service: String = "shop") throws -> Batch {
        let bytes = Payloads.traces(spans: count, service: service)
        return try Batch(validating: Body(bytes), as: .traces)
    }

    static func logs(_ count: Int = 1, service: String = "shop") throws -> Batch {
        let bytes = Payloads.logs(records: count, service: service)
        return try Batch(validating: Body(bytes), as: .logs)
    }

    static func metrics(_ count: Int = 1, service: String = "shop") throws -> Batch {
        let bytes = Payloads.metrics(points: count, service: service)
        return try Batch(validating: Body(bytes), as: .metrics)
    }

    func and(_ other: Batch) -> Batch {
        var both = self
        both.append(other)
        return both
    }

    /// As a file holds it.
    var line: String {
        var buffer = ByteBuffer()
        appendJSON(to: &buffer)
        return buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } + "\n"
    }

    var message: [UInt8] {
        joined().withUnsafeBytes { Array($0) }
    }

    /// The message behind its size.
    var sized: [UInt8] { message.behindSize }
}

extension [UInt8] {
    var behindSize: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + self
    }
}
