import Configuration
import OTLP
import Pipeline

/// Takes everything and does nothing, to measure what comes before it.
///
/// Documented in `docs/exporters/nop.md`.
package final class NopExporter: Exporter {
    package static let name = "nop"
    package static let summary = "takes everything and does nothing, for tests"
    package static let delivery = DeliveryDefaults.direct

    package init(from section: inout Section) {}

    package func start(_ context: ExporterContext) async throws(StartError) {}
    package func export(_ batch: Batch) async -> ExportResult { .exported }
    package func stop() async {}
}
