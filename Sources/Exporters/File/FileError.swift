import Glibc

/// The kernel refused something about a file.
struct FileError: Error, Equatable, CustomStringConvertible {
    /// What was tried; the raw value completes "could not be …".
    enum Operation: String {
        case open = "opened"
        case lock = "locked"
        case write = "written"
        case sync = "synced to disk"
        case restore = "cut back after a failed write"
        case rotate = "rotated"
        case makeDirectory = "created"
        case inspect = "read"
    }

    let path: String
    let operation: Operation
    let errno: Int32

    /// Reads `errno`, so it comes right after the call that failed.
    init(_ path: String, _ operation: Operation, errno: Int32 = Glibc.errno) {
        self.path = path
        self.operation = operation
        self.errno = errno
    }

    var description: String {
        "'\(path)' could not be \(operation.rawValue): \(reason)"
    }

    private var reason: String {
        switch (operation, errno) {
        case (.lock, EWOULDBLOCK):
            "another exporter or process writes to it; give each its own file"
        case (.open, ENOENT):
            "its folder does not exist; create it or set create_directory: true"
        case (_, ENOSPC): "no space is left on the disk"
        case (_, EDQUOT): "the disk quota is used up"
        case (_, EFBIG): "the file size limit is reached (ulimit -f)"
        default: String(cString: strerror(errno)).lowercased()
        }
    }
}
