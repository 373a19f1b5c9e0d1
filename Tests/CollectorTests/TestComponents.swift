import Configuration
import Glibc
import OTLP
import Pipeline
import Primitives
import TestSupport

/// An exporter for one signal.
final class TracesOnly: Exporter {
    static let name = "traces_only"
    static let summary = "takes traces"
    static let signals: Set<Signal> = [.traces]
    static let delivery = DeliveryDefaults.direct

    init(from section: inout Section) {}

    func start(_ context: ExporterContext) async throws(StartError) {}
    func export(_ batch: Batch) async -> ExportResult { .exported }
    func stop() async {}
}

/// Delivers three log records when it starts.
final class Source: Receiver {
    static let name = "source"
    static let summary = "delivers three log records"

    init(from section: inout Section) {}

    func start(_ context: ReceiverContext) async throws(StartError) {
        guard let inlet = context.inlets[.logs] else { return }
        context.loops[0].spawn { _ = await inlet.deliver(.numbered(0..<3, .logs)) }
    }

    func stop(by deadline: Instant) async {}
}

/// An attempt blocks the thread for longer than any test waits.
final class Blocking: Exporter {
    static let name = "blocking"
    static let summary = "blocks its thread"
    static let delivery = DeliveryDefaults.queued

    init(from section: inout Section) {}

    func start(_ context: ExporterContext) async throws(StartError) {}

    func export(_ batch: Batch) async -> ExportResult {
        sleep(120)
        return .exported
    }

    func stop() async {}
}

/// Cannot start, and must not be stopped then.
final class Broken: Exporter {
    static let name = "broken"
    static let summary = "cannot start"
    static let delivery = DeliveryDefaults.queued

    init(from section: inout Section) {}

    func start(_ context: ExporterContext) async throws(StartError) {
        throw StartError("broken")
    }

    func export(_ batch: Batch) async -> ExportResult { .exported }
    func stop() async { preconditionFailure("it was never started") }
}
