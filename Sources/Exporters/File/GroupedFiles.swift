import Logging

/// The open files of an exporter with `group_by`, at most so many at once.
///
/// Invariant: files.count ≤ limit. A file that was closed for another is continued when its turn
/// comes again.
struct GroupedFiles {
    private struct Entry {
        let file: OutputFile
        var lastUse: UInt64
    }

    private let limit: Int
    private let options: OutputFile.Options
    private let log: Logger
    private var files: [String: Entry] = [:]
    private var uses: UInt64 = 0

    init(limit: Int, _ options: OutputFile.Options, _ log: Logger) {
        self.limit = limit
        self.options = options
        self.log = log
    }

    var open: [OutputFile] { files.values.map(\.file) }

    mutating func file(at path: String) throws(FileError) -> OutputFile {
        uses += 1
        if let known = files[path] {
            files[path]?.lastUse = uses
            return known.file
        }
        if files.count >= limit { closeLeastRecentlyUsed() }
        let file = OutputFile(path, options, log)
        try file.open()
        files[path] = Entry(file: file, lastUse: uses)
        return file
    }

    mutating func closeAll() {
        for file in open { file.close() }
        files = [:]
    }

    private mutating func closeLeastRecentlyUsed() {
        guard let oldest = files.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        oldest.value.file.close()
        files[oldest.key] = nil
    }
}
