import Configuration
import Logging
import OTLP
import Pipeline
import Primitives
import Sockets

/// Writes one line of OTLP/JSON for each batch to standard output, for other programs to read.
///
/// Documented in `docs/exporters/stdout.md`.
package final class StdoutExporter: Exporter, @unchecked Sendable {
    package static let name = "stdout"
    package static let summary = "writes OTLP/JSON lines to standard output, for pipes"
    package static let delivery = DeliveryDefaults.direct

    // Touched only on the exporter's thread.
    private var console = Console("standard output", descriptor: 1)
    private var context: ExporterContext?

    package init(from section: inout Section) {}

    /// Writes to another descriptor, which stays open.
    init(descriptor: Int32) {
        console = Console("descriptor \(descriptor)", descriptor: descriptor)
    }

    package func start(_ context: ExporterContext) async throws(StartError) {
        self.context = context
    }

    package func export(_ batch: Batch) async -> ExportResult {
        guard let context else {
            return .retryable(reason: "the exporter is not running", after: nil)
        }
        do throws(FileError) {
            try await console.write(on: context.loop) { line in
                batch.appendJSON(to: &line)
                line.append(UInt8(ascii: "\n"))
            }
            return .exported
        } catch {
            context.logger.error(
                "writing failed, nothing is lost while there is room to wait",
                metadata: ["reason": "\(error)", "items": "\(batch.itemCount)"])
            return .retryable(reason: error.description, after: nil)
        }
    }

    package func stop() async {
        context = nil
    }
}
