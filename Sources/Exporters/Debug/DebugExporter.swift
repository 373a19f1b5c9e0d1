import Configuration
import Logging
import OTLP
import Pipeline
import Primitives
import Sockets

/// Shows what passes, for people: a summary of each batch, and its records as text if asked.
///
/// Documented in `docs/exporters/debug.md`.
package final class DebugExporter: Exporter, @unchecked Sendable {
    package static let name = "debug"
    /// What it was called in otelcol until v0.111.
    package static let aliases = ["logging"]
    package static let summary = "shows batches to people, as log entries or on the console"
    package static let delivery = DeliveryDefaults.direct

    /// `verbosity`.
    private enum Verbosity: String, CaseIterable {
        case basic, normal, detailed
    }

    /// `loglevel`, by which `logging` was told how much to show.
    private enum OldLevel: String, CaseIterable {
        case debug, info, warn, error
    }

    private let verbosity: Verbosity
    private let usesLogger: Bool
    private let outputPaths: [String]
    // Touched only on the exporter's thread.
    private var sampler: EntrySampler
    private var consoles: [Console] = []
    private var context: ExporterContext?

    package init(from section: inout Section) {
        verbosity = section.take(
            "verbosity", default: Self.oldVerbosity(&section) ?? .basic,
            "basic: a summary; normal: also a line for each record; detailed: also every field")
        sampler = EntrySampler(
            initial: section.take(
                "sampling_initial", default: 2, in: 0...Int(Int32.max),
                "batches shown in each second before sampling begins"),
            thereafter: section.take(
                "sampling_thereafter", default: 1, in: 0...Int(Int32.max),
                "then each n-th is shown; 1 shows all, 0 no more"))
        usesLogger = section.take(
            "use_internal_logger", default: true,
            "whether batches are shown as entries of the daemon's log, on standard error")
        outputPaths = section.takeStrings(
            "output_paths", default: ["stdout"],
            "without use_internal_logger: stdout, stderr, or files")
        section.ignore("sending_queue", because: "the exporter has no queue of its own to set up")
        check(section)
    }

    /// Reads what files have that were written for `logging`, and says what to write today.
    private static func oldVerbosity(_ section: inout Section) -> Verbosity? {
        if section.path.hasPrefix("exporters.\(aliases[0])") {
            section.warn("has the old name of debug", hint: "write debug instead of logging")
        }
        let level = section.takeDeprecated(
            "loglevel", as: .choice(of: OldLevel.self, ignoringCase: true),
            write: "verbosity: detailed, normal or basic", "how much is shown")
        switch level {
        case .debug?: return .detailed
        case .info?: return .normal
        case .warn?, .error?: return .basic
        case nil: return nil
        }
    }

    private func check(_ section: borrowing Section) {
        guard section.contains("output_paths") else { return }
        if usesLogger {
            section.refuse(
                "output_paths", "is given, but must not be while use_internal_logger is true")
        } else if outputPaths.isEmpty {
            section.refuse("output_paths", "is empty, but must name at least one output")
        }
    }

    package func start(_ context: ExporterContext) async throws(StartError) {
        self.context = context
        guard !usesLogger else { return }
        do throws(FileError) {
            for path in outputPaths { consoles.append(try Console(opening: path)) }
        } catch {
            throw StartError(error.description)
        }
    }

    package func export(_ batch: Batch) async -> ExportResult {
        guard let context else {
            return .retryable(reason: "the exporter is not running", after: nil)
        }
        guard sampler.admits(batch.signal, at: .now()) else { return .exported }
        if usesLogger {
            log(batch, context.logger)
            return .exported
        }
        do throws(FileError) {
            for console in consoles {
                try await console.write(on: context.loop) { write(batch, to: &$0) }
            }
            return .exported
        } catch {
            return .retryable(reason: error.description, after: nil)
        }
    }

    package func stop() async {
        consoles = []
        context = nil
    }

    /// Notices are never counted instead of written, unlike other repeated entries.
    private func log(_ batch: Batch, _ logger: Logger) {
        var fields: Logger.Metadata = [:]
        for (key, count) in batch.summary { fields[key] = "\(count)" }
        logger.notice("\(batch.title)", metadata: fields)
        var text = ByteBuffer()
        appendText(of: batch, to: &text)
        guard !text.isEmpty else { return }
        // The entry brings its own newline.
        text.truncate(to: text.count - 1)
        logger.notice("\(text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })")
    }

    /// otelcol's console form: a tab, and the fields as JSON.
    private func write(_ batch: Batch, to buffer: inout ByteBuffer) {
        let fields = batch.summary.map { "\"\($0.key)\": \($0.count)" }.joined(separator: ", ")
        buffer.append("\(batch.title)\t{\(fields)}\n")
        appendText(of: batch, to: &buffer)
    }

    private func appendText(of batch: Batch, to buffer: inout ByteBuffer) {
        switch verbosity {
        case .basic: break
        case .normal: batch.appendText(.normal, to: &buffer)
        case .detailed: batch.appendText(.detailed, to: &buffer)
        }
    }
}

extension Batch {
    /// The message of otelcol's entries.
    fileprivate var title: String {
        switch signal {
        case .traces: "Traces"
        case .metrics: "Metrics"
        case .logs: "Logs"
        }
    }

    /// The fields of otelcol's entries.
    fileprivate var summary: [(key: String, count: Int)] {
        switch signal {
        case .traces: [("resource spans", resourceCount), ("spans", itemCount)]
        case .metrics:
            [
                ("resource metrics", resourceCount), ("metrics", recordCount),
                ("data points", itemCount),
            ]
        case .logs: [("resource logs", resourceCount), ("log records", itemCount)]
        }
    }
}
