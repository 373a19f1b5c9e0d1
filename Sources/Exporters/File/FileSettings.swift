import Configuration

/// The options of the file exporter.
///
/// Documented in `docs/exporters/file.md`.
struct FileSettings {
    let path: String
    let format: FileFormat
    let compression: FileCompression
    let appends: Bool
    let syncing: Syncing
    let flushInterval: Duration
    let rotation: Rotation?
    let directoryPermissions: UInt32?
    let groupBy: GroupBy?

    init(from section: inout Section) {
        path = section.takeRequired("path", "the file to write")
        format = section.take(
            "format", default: .json,
            "json: one OTLP/JSON object a line; proto: protobuf messages, each behind its size")
        compression = section.take(
            "compression", default: .none, "how each batch is compressed")
        appends = section.take(
            "append", default: true,
            "whether to continue the file of an earlier run; otherwise it begins empty")
        syncing = section.take(
            "fsync", default: .never,
            "when data is brought to the disk: never (the kernel decides), interval, or always")
        flushInterval = section.take(
            "flush_interval", default: .seconds(1), in: .zero ... .seconds(86_400),
            "how often fsync: interval brings data to the disk; 0 means 1s")
        rotation = section.takeSection(
            "rotation", .offUnlessPresent, "beginning a new file when one is full"
        ) { Rotation(from: &$0) }
        directoryPermissions = Self.takeDirectoryPermissions(from: &section)
        let grouping = section.takeSection(
            "group_by", "one file for each value of a resource attribute"
        ) { GroupBy(from: &$0) }
        groupBy = grouping.isEnabled ? grouping : nil
        section.refuseUnsupported("encoding", "encoding extensions", hint: "use format")
        check(section)
    }

    private func check(_ section: borrowing Section) {
        guard groupBy != nil, !path.isEmpty else { return }
        if GroupPath(pattern: path) == nil {
            section.refuse(
                "path", "is '\(path)', but must have exactly one '*', not at its beginning",
                hint: "group_by puts the attribute's value there")
        }
        if !appends {
            section.warn("append", "has no effect: with group_by files are always continued")
        }
    }

    private static func takeDirectoryPermissions(from section: inout Section) -> UInt32? {
        let creates = section.take(
            "create_directory", default: false, "whether to make folders that are missing")
        let permissions = section.take(
            "directory_permissions", as: .permissions, default: 0o755,
            "permissions of folders that are made, as an octal number")
        if section.contains("directory_permissions"), !creates {
            section.refuse("directory_permissions", "needs create_directory: true")
        }
        return creates ? permissions : nil
    }
}

/// `group_by`: one file for each value of a resource attribute.
struct GroupBy {
    let isEnabled: Bool
    let attribute: String
    let openFileLimit: Int
    /// For resources without the attribute; empty means that they are dropped, as in otelcol.
    let fallback: String

    init(from section: inout Section) {
        isEnabled = section.take(
            "enabled", default: false, "whether resources are written to different files")
        attribute = section.take(
            "resource_attribute", default: "fileexporter.path_segment",
            "the attribute whose value replaces the '*' of path")
        // Linux gives a process 1,024 descriptors unless told otherwise.
        openFileLimit = section.take(
            "max_open_files", default: 100, in: 1...100_000,
            "files open at once; the one used longest ago is closed for another")
        fallback = section.take(
            "fallback", default: "unknown",
            "the value for resources without the attribute; '' drops them")
    }
}

extension Rotation {
    init(from section: inout Section) {
        let megabytes = section.take(
            "max_megabytes", default: 100, in: 1...1_048_576, "size of a full file, in MiB")
        sizeLimit = megabytes << 20
        ageLimitDays = section.take(
            "max_days", default: 0, in: 0...36_500,
            "days after which full files are removed; 0 keeps them")
        backupLimit = section.take(
            "max_backups", default: 100, in: 0...1_000_000,
            "full files to keep; 0 keeps all")
        usesLocalTime = section.take(
            "localtime", default: false, "whether names of full files carry local time, not UTC")
    }
}

extension OptionType where Value == UInt32 {
    /// `0755`: permissions as chmod takes them.
    fileprivate static var permissions: OptionType {
        .text(
            "octal permissions",
            read: { (text) throws(Mismatch) in
                guard let permissions = UInt32(text, radix: 8), permissions <= 0o7777 else {
                    throw Mismatch("is '\(text)', but must be octal permissions such as 0755")
                }
                return permissions
            },
            show: {
                let digits = String($0, radix: 8)
                return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            })
    }
}
