import Glibc
import Logging

/// How far a written batch has come when its sender is told "yes".
enum Syncing: String, CaseIterable, Sendable {
    /// In the kernel's hands: survives the end of this process, not a loss of power.
    case never
    /// The same, and on the disk at most a `flush_interval` later.
    case interval
    /// On the disk.
    case always
}

/// One file that frames are appended to, whole or not at all.
///
/// Owned by the exporter's thread. The name is what counts: when the file has been moved or removed
/// by another program (logrotate), the next frame goes to a new file of that name.
///
/// Invariant: between two appends a regular file ends with a whole frame; what a failed write left
/// behind is cut off, if not at once then before the next frame.
final class OutputFile {
    /// What it takes to open files; the same for all files of an exporter.
    struct Options {
        var appends = true
        var rotation: Rotation?
        var syncing = Syncing.never
        /// Folders that are missing are made with these permissions; `nil`: they are not made.
        var directoryPermissions: mode_t?
        /// How the end of a frame is found again in a file from an earlier run.
        var framing = FrameEnd.newline
        var wallTime: @Sendable () -> WallTime = { .now() }
    }

    /// Where the file stood before a frame, to go back to.
    struct Mark {
        let file: OutputFile
        fileprivate let size: Int
        fileprivate let neededNewline: Bool
    }

    let path: String
    private let folder: Folder
    private let options: Options
    private let naming: BackupNaming
    private let log: Logger

    private var descriptor: Int32 = -1
    /// A pipe or a terminal can neither be cut back nor rotated.
    private var isRegular = false
    private var identity = Identity()
    private var size = 0
    /// Half a frame stands after `size`.
    private var isTorn = false
    /// An earlier run left half a line.
    private var needsNewline = false
    private var needsSync = false

    /// Which file a descriptor or a name stands for.
    fileprivate struct Identity: Equatable {
        var device: dev_t = 0
        var inode: ino_t = 0
    }

    init(_ path: String, _ options: Options, _ log: Logger) {
        self.path = path
        self.options = options
        self.log = log
        folder = Folder(of: path)
        naming = BackupNaming(
            fileName: Folder.fileName(of: path),
            usesLocalTime: options.rotation?.usesLocalTime ?? false)
    }

    deinit { close() }

    /// Opens the file for the first time, according to `append`.
    func open() throws(FileError) {
        try openDescriptor()
        guard isRegular, size > 0 else { return }
        if !options.appends {
            try startAfresh()
        } else {
            try continueEarlierRun()
        }
        removeExpired()
    }

    func close() {
        guard descriptor >= 0 else { return }
        if options.syncing != .never { fdatasync(descriptor) }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Appends a frame: when this returns, the kernel has all of it (or the disk, with
    /// `fsync: always`); when it throws, the file is as it was.
    @discardableResult
    func append(_ frame: UnsafeRawBufferPointer) throws(FileError) -> Mark {
        try followName()
        try repair()
        if let rotation = options.rotation, isRegular,
            rotation.isDue(size: size, adding: frame.count)
        {
            rotate()
        }
        let mark = Mark(file: self, size: size, neededNewline: needsNewline)
        do {
            if needsNewline { try writeNewline() }
            try write(frame)
            if options.syncing == .always { try syncNow() }
        } catch {
            undo(to: mark)
            throw error
        }
        needsSync = true
        return mark
    }

    /// Takes frames back, because a batch that they belong to will be written again.
    func undo(to mark: Mark) {
        if descriptor < 0 { try? openDescriptor() }
        guard isRegular, descriptor >= 0 else { return }
        size = mark.size
        needsNewline = mark.neededNewline
        isTorn = true
        try? repair()
    }

    /// Brings what was written onto the disk, with `fsync: interval`.
    func syncIfNeeded() throws(FileError) {
        guard needsSync, descriptor >= 0 else { return }
        try syncNow()
    }

    private func openDescriptor() throws(FileError) {
        if let permissions = options.directoryPermissions {
            try folder.create(permissions: permissions)
        }
        // A process that ignores this signal gets EFBIG instead (setrlimit(2), RLIMIT_FSIZE).
        signal(SIGXFSZ, SIG_IGN)
        let opened = Glibc.open(path, openFlags(), 0o644)
        guard opened >= 0 else { throw FileError(path, .open) }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            throw failure(.inspect, closing: opened)
        }
        let regular = status.st_mode & S_IFMT == S_IFREG
        // flock(2): two descriptors of one process exclude each other too. Where the file system
        // has no locks we do without.
        if regular, flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            throw failure(.lock, closing: opened)
        }
        adopt(opened, status, isRegular: regular)
    }

    /// A named pipe is opened for both directions, or open(2) would wait for a reader.
    private func openFlags() -> Int32 {
        var status = stat()
        let isPipe = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
        return (isPipe ? O_RDWR : O_WRONLY) | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY
    }

    private func failure(_ operation: FileError.Operation, closing opened: Int32) -> FileError {
        let error = FileError(path, operation)
        Glibc.close(opened)
        return error
    }

    private func adopt(_ opened: Int32, _ status: stat, isRegular regular: Bool) {
        close()
        descriptor = opened
        isRegular = regular
        identity = Identity(status)
        size = Int(status.st_size)
        isTorn = false
        needsNewline = false
        if options.syncing == .always { folder.sync() }
    }

    /// `append: false` begins with an empty file; with rotation the old one is a backup instead.
    private func startAfresh() throws(FileError) {
        if options.rotation != nil { return rotate() }
        guard ftruncate(descriptor, 0) == 0 else { throw FileError(path, .open) }
        size = 0
    }

    /// Looks whether an earlier run, killed in the middle of a write, left half a frame.
    private func continueEarlierRun() throws(FileError) {
        switch try options.framing.state(of: path, size: size) {
        case .whole:
            break
        case .unfinishedLine:
            needsNewline = true
            log.warning(
                "the file ended in an unfinished line; it was closed with a newline",
                metadata: ["path": "\(path)"])
        case .unreadable(let offset):
            // Readers could not find the next frame, so this file must not grow. It may be one
            // that never was ours, so nothing is cut off either.
            log.warning(
                "the file does not end in a whole frame; it was set aside",
                metadata: ["path": "\(path)", "readable_bytes": "\(offset)"])
            rotate()
        }
    }

    /// Opens the file again if its name no longer stands for it.
    private func followName() throws(FileError) {
        guard descriptor >= 0 else { return try openDescriptor() }
        var status = stat()
        if stat(path, &status) == 0, Identity(status) == identity {
            // Another program may have emptied it (logrotate's copytruncate).
            if isRegular, !isTorn { size = Int(status.st_size) }
            return
        }
        try? repair()
        log.info(
            "the file was moved or removed by another program; a new one was begun",
            metadata: ["path": "\(path)"])
        try openDescriptor()
    }

    /// Cuts off what a failed write left behind.
    private func repair() throws(FileError) {
        guard isTorn else { return }
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError(path, .restore) }
        isTorn = false
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes
        while rest.count > 0 {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                throw FileError(path, .write, errno: written == 0 ? EIO : errno)
            }
            if isRegular { isTorn = true }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
        isTorn = false
        size += bytes.count
    }

    private func writeNewline() throws(FileError) {
        try withUnsafeBytes(of: UInt8(ascii: "\n")) { byte throws(FileError) in try write(byte) }
        needsNewline = false
    }

    private func syncNow() throws(FileError) {
        // fdatasync(2): EINVAL is what pipes and terminals answer.
        guard fdatasync(descriptor) == 0 || errno == EINVAL else { throw FileError(path, .sync) }
        needsSync = false
    }

    /// Gives the file a backup's name and begins a new one. If that fails the present file just
    /// grows on: too large is better than lost.
    private func rotate() {
        if needsSync && options.syncing != .never { fdatasync(descriptor) }
        let backup = freeBackupName()
        do {
            guard rename(path, folder.pathOf(backup)) == 0 else { throw FileError(path, .rotate) }
            try openDescriptor()
            log.debug("rotated the file", metadata: ["path": "\(path)", "backup": "\(backup)"])
        } catch {
            log.error("rotation failed, the file grows on", metadata: ["reason": "\(error)"])
        }
        removeExpired()
    }

    /// Backups of the same millisecond must not overwrite each other.
    private func freeBackupName() -> String {
        var time = options.wallTime()
        while true {
            let name = naming.name(at: time)
            if access(folder.pathOf(name), F_OK) != 0 { return name }
            time.milliseconds += 1
        }
    }

    private func removeExpired() {
        guard let rotation = options.rotation, isRegular else { return }
        for name in rotation.expired(among: folder.names(), naming, at: options.wallTime()) {
            if unlink(folder.pathOf(name)) != 0 {
                log.warning(
                    "an old file could not be removed",
                    metadata: [
                        "file": "\(name)",
                        "reason": "\(String(cString: strerror(errno)).lowercased())",
                    ])
            }
        }
    }
}

extension OutputFile.Identity {
    fileprivate init(_ status: stat) {
        self.init(device: status.st_dev, inode: status.st_ino)
    }
}
