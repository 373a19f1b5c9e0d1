import Glibc
import Primitives
import Sockets
import Synchronization

/// Standard output or its like: a descriptor of which nobody knows what it is, a pipe, a terminal,
/// a socket of journald, a file.
///
/// Owned by one exporter's thread. Writing waits for a slow reader without blocking the thread, so
/// that the daemon can stop; whoever exports waits, and so do senders: that is the backpressure.
/// What was begun is always finished before anything else is written, so lines stay whole.
final class Console {
    /// pipe(7), PIPE_BUF: this much never blocks on a pipe that poll(2) calls writable. Making
    /// the descriptor non-blocking would do so for the shell and everyone else who shares it.
    private static let pipeChunk = 4_096
    private static let pauses = Duration.milliseconds(1) ... .milliseconds(50)
    /// Memory kept between writes.
    private static let keptCapacity = 1 << 20
    /// Lines of two exporters must not mix either.
    private static let busyDescriptors = Mutex<Set<Int32>>([])

    private let name: String
    private let descriptor: Int32
    private let isOwned: Bool
    private let chunk: Int
    /// What is to be written; what is left over after a failure.
    private var outbox = ByteBuffer()

    private init(_ name: String, _ descriptor: Int32, isOwned: Bool) {
        self.name = name
        self.descriptor = descriptor
        self.isOwned = isOwned
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        chunk = isRegular ? .max : Self.pipeChunk
        // Without this a reader that goes away would end the daemon (signal(7)).
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// A descriptor that stays open and belongs to the caller.
    convenience init(_ name: String, descriptor: Int32) {
        self.init(name, descriptor, isOwned: false)
    }

    /// `stdout`, `stderr`, or a file that is appended to.
    convenience init(opening path: String) throws(FileError) {
        switch path {
        case "stdout": self.init("standard output", 1, isOwned: false)
        case "stderr": self.init("standard error", 2, isOwned: false)
        default:
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY
            let opened = open(path, flags, 0o644)
            guard opened >= 0 else { throw FileError(path, .open) }
            self.init(path, opened, isOwned: true)
        }
    }

    /// Writes what `fill` appends. When it throws, some may have been written; the rest comes
    /// before whatever is written next.
    func write(
        on loop: EventLoop, _ fill: (inout ByteBuffer) -> Void
    ) async throws(FileError) {
        // Also against another write of this console, which may be under way for another signal.
        try await acquire(on: loop)
        defer { Self.busyDescriptors.withLock { _ = $0.remove(descriptor) } }
        let leftover = outbox.count
        fill(&outbox)
        let added = outbox.count - leftover
        do {
            try await flush(on: loop)
        } catch {
            // Whoever asked will ask again: what was not begun need not stay.
            if outbox.count >= added { outbox.truncate(to: outbox.count - added) }
            throw error
        }
        outbox.removeAll(keepingCapacityUpTo: Self.keptCapacity)
    }

    private func acquire(on loop: EventLoop) async throws(FileError) {
        while !Self.busyDescriptors.withLock({ $0.insert(descriptor).inserted }) {
            try await pause(Self.pauses.lowerBound, on: loop)
        }
    }

    private func pause(_ duration: Duration, on loop: EventLoop) async throws(FileError) {
        // The loop ends: so does the daemon.
        guard await loop.sleep(for: duration) else {
            throw FileError(name, .write, errno: ECANCELED)
        }
    }

    private func flush(on loop: EventLoop) async throws(FileError) {
        var pause = Self.pauses.lowerBound
        while !outbox.isEmpty {
            if isWritable, try writeSome() {
                pause = Self.pauses.lowerBound
                continue
            }
            try await self.pause(pause, on: loop)
            pause = min(pause * 2, Self.pauses.upperBound)
        }
    }

    /// poll(2): also true if the reader is gone, so that write(2) says so.
    private var isWritable: Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&watched, 1, 0) > 0
    }

    /// `false` if the reader has to read first.
    private func writeSome() throws(FileError) -> Bool {
        let written = outbox.withUnsafeBytes {
            Glibc.write(descriptor, $0.baseAddress, min($0.count, chunk))
        }
        if written > 0 {
            outbox.removeFirst(written)
            return true
        }
        if written < 0, errno == EINTR || errno == EAGAIN { return false }
        throw FileError(name, .write, errno: written == 0 ? EIO : errno)
    }
}
