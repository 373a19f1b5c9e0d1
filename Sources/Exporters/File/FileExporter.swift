import Configuration
import Logging
import OTLP
import Pipeline
import Primitives

/// Writes what it is given to a file, or to one file for each value of a resource attribute.
///
/// Documented in `docs/exporters/file.md`.
///
/// All signals and pipelines that use one id share one object and so one file; each batch is
/// written with one call, on the exporter's own thread, so lines never mix. A batch counts as
/// exported when the kernel has all of it.
package final class FileExporter: Exporter, @unchecked Sendable {
    package static let name = "file"
    package static let summary = "writes OTLP/JSON lines or protobuf to files"
    package static let delivery = DeliveryDefaults.direct

    private let settings: FileSettings
    // Touched only on the exporter's thread.
    private var framing: FileFraming
    private var frame = ByteBuffer()
    private var target = Target.closed
    private var log: Logger?
    private var isFailing = false

    /// Where frames go.
    private enum Target {
        case closed
        case one(OutputFile)
        case grouped(GroupPath, GroupedFiles)
    }

    package init(from section: inout Section) {
        settings = FileSettings(from: &section)
        framing = FileFraming(settings.format, settings.compression)
    }

    package func start(_ context: ExporterContext) async throws(StartError) {
        log = context.logger
        do throws(FileError) {
            target = try openTarget(context.logger)
        } catch {
            throw StartError(error.description)
        }
        if settings.syncing == .interval {
            context.loop.spawn { [self] in await syncRegularly(on: context) }
        }
    }

    private func openTarget(_ log: Logger) throws(FileError) -> Target {
        var options = OutputFile.Options()
        options.appends = settings.appends || settings.groupBy != nil
        options.rotation = settings.rotation
        options.syncing = settings.syncing
        options.directoryPermissions = settings.directoryPermissions
        options.framing = framing.end
        if let groupBy = settings.groupBy, let path = GroupPath(pattern: settings.path) {
            // The folders are named by what arrives, so nobody can have made them.
            options.directoryPermissions = settings.directoryPermissions ?? 0o755
            return .grouped(path, GroupedFiles(limit: groupBy.openFileLimit, options, log))
        }
        let file = OutputFile(settings.path, options, log)
        try file.open()
        return .one(file)
    }

    package func export(_ batch: Batch) async -> ExportResult {
        do throws(FileError) {
            let result = try write(batch)
            if isFailing {
                log?.info("writing works again", metadata: ["path": "\(settings.path)"])
            }
            isFailing = false
            return result
        } catch {
            isFailing = true
            log?.error(
                "writing failed, nothing is lost while there is room to wait",
                metadata: ["reason": "\(error)", "items": "\(batch.itemCount)"])
            return .retryable(reason: error.description, after: nil)
        }
    }

    package func stop() async {
        switch target {
        case .closed: break
        case .one(let file): file.close()
        case .grouped(_, var files): files.closeAll()
        }
        target = .closed
    }

    private func write(_ batch: Batch) throws(FileError) -> ExportResult {
        switch target {
        case .closed:
            return .retryable(reason: "the exporter is not running", after: nil)
        case .one(let file):
            guard framing.make(&frame, of: batch) else { return Self.tooLarge }
            try file.append(frame)
            return .exported
        case .grouped(let path, var files):
            defer { target = .grouped(path, files) }
            return try write(batch, path, &files)
        }
    }

    private static let tooLarge = ExportResult.permanent(
        reason: "the batch is larger than 4 GiB, the most that a frame's size can say")

    /// All groups of the batch or none: what was written is taken back if a later group fails,
    /// because the whole batch will come again.
    private func write(
        _ batch: Batch, _ path: GroupPath, _ files: inout GroupedFiles
    ) throws(FileError) -> ExportResult {
        let groupBy = settings.groupBy
        var marks: [OutputFile.Mark] = []
        var droppedCount = 0
        do {
            for group in batch.grouped(byResourceAttribute: groupBy?.attribute ?? "") {
                let value = group.value ?? groupBy?.fallback ?? ""
                if group.value == nil, value.isEmpty {
                    droppedCount += group.batch.itemCount
                } else if framing.make(&frame, of: group.batch) {
                    let file = try files.file(at: path.path(for: value))
                    marks.append(try file.append(frame))
                } else {
                    droppedCount += group.batch.itemCount
                }
            }
        } catch {
            for mark in marks.reversed() { mark.file.undo(to: mark) }
            throw error
        }
        guard droppedCount > 0 else { return .exported }
        return .partlyRejected(
            count: droppedCount, message: "resources without the attribute of group_by were dropped"
        )
    }

    private func syncRegularly(on context: ExporterContext) async {
        let interval = settings.flushInterval > .zero ? settings.flushInterval : .seconds(1)
        while await context.loop.sleep(for: interval) {
            do throws(FileError) {
                switch target {
                case .closed: return
                case .one(let file): try file.syncIfNeeded()
                case .grouped(_, let files): for file in files.open { try file.syncIfNeeded() }
                }
            } catch {
                context.logger.error("syncing failed", metadata: ["reason": "\(error)"])
            }
        }
    }
}

extension OutputFile {
    @discardableResult
    fileprivate func append(_ frame: borrowing ByteBuffer) throws(FileError) -> Mark {
        try frame.withUnsafeBytes { bytes throws(FileError) in try append(bytes) }
    }
}
