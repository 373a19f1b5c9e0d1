import CLinux
import Glibc
import Primitives

/// A connected socket, read and written as straight-line code by tasks of its loop.
///
/// Reading and writing try the system call first and suspend only when the kernel has nothing. At
/// most one task waits to read and one to write. Whoever waits is resumed exactly once: by the
/// kernel, by the deadline, by `close()`, or by the end of the loop. Cancelling a task resumes
/// nothing by itself; set the deadline or close.
///
/// Touched only on the thread of `loop`, hence Sendable.
package final class Stream: EventSource, @unchecked Sendable {
    /// Reads or writes that succeed at once before others get a turn: a peer that always has bytes
    /// ready must not own the loop.
    static let operationsBeforeYield = 32

    /// Why a waiting task runs again.
    private enum Wake { case ready, timedOut, closed }
    private typealias Waiter = UnsafeContinuation<Wake, Never>

    package let loop: EventLoop
    package let peer: SocketAddress
    /// -1 once closed.
    private(set) var fd: Int32
    /// Whether trying makes sense. Cleared when the kernel has been emptied or filled; the next
    /// edge sets it.
    private var isReadable = true
    private var isWritable = true
    /// The peer will send no more. Then there is no further edge to wait for, and trying must go on
    /// until the kernel says 0.
    private var hasEnded = false
    private var reader: Waiter?
    private var writer: Waiter?
    private var timer: LoopTimer?
    private var operationsLeft = operationsBeforeYield

    /// When waiting ends. A read or write that begins later throws `.timedOut`, and so does one
    /// that is waiting then. Moving it to a later time costs nothing.
    package var deadline: Instant? {
        didSet { if reader != nil || writer != nil { armTimer() } }
    }

    /// Takes over a connected, non-blocking socket.
    init(adopting fd: Int32, peer: SocketAddress, on loop: EventLoop) throws(SocketError) {
        self.fd = fd
        self.peer = peer
        self.loop = loop
        do throws(SocketError) {
            try loop.register(fd, self, for: [.reading, .writing, .end, .edgeTriggered])
        } catch {
            SystemCall.close(fd)
            self.fd = -1
            throw error
        }
    }

    package var isClosed: Bool { fd < 0 }

    /// Appends up to `room` bytes; waits for the first. Returns 0 when the peer has ended.
    package func read(
        into buffer: inout ByteBuffer, room: Int
    ) async throws(SocketError) -> Int {
        try await begin()
        while true {
            if isReadable, let count = try receive(into: &buffer, room: room) { return count }
            try check(await waitForReading())
        }
    }

    /// Writes everything in the buffer and leaves it empty.
    package func write(_ buffer: inout ByteBuffer) async throws(SocketError) {
        try await begin()
        while !buffer.isEmpty {
            if isWritable, let count = try buffer.withUnsafeBytes(send) {
                buffer.removeFirst(count)
            } else {
                try check(await waitForWriting())
            }
        }
    }

    /// Writes the whole chain, as many links per system call as the kernel takes.
    package func write(_ chain: ByteChain) async throws(SocketError) {
        try await begin()
        var cursor = ChainCursor(chain)
        while !cursor.isAtEnd {
            if isWritable, let count = try send(cursor) {
                cursor.advance(by: count)
            } else {
                try check(await waitForWriting())
            }
        }
    }

    /// Says that this side sends no more; reading goes on. (shutdown(2), SHUT_WR)
    package func closeWriting() {
        if fd >= 0 { _ = shutdown(fd, Int32(SHUT_WR)) }
    }

    /// Closes, and resumes whoever waits with `.closed`. May be called again.
    package func close() {
        guard fd >= 0 else { return }
        loop.unregister(fd)
        SystemCall.close(fd)
        fd = -1
        if let timer { loop.cancel(timer) }
        timer = nil
        resumeReader(.closed)
        resumeWriter(.closed)
    }

    func ready(_ events: Readiness) {
        if !events.isDisjoint(with: .end) { hasEnded = true }
        if !events.isDisjoint(with: [.reading, .end]) {
            isReadable = true
            resumeReader(.ready)
        }
        if !events.isDisjoint(with: [.writing, .end]) {
            isWritable = true
            resumeWriter(.ready)
        }
    }

    func loopStops() {
        close()
    }
}

// MARK: - Trying

extension Stream {
    /// Before each read and write: is it allowed, and is it somebody else's turn?
    private func begin() async throws(SocketError) {
        assert(loop.isCurrent, "a stream is used on its loop")
        guard fd >= 0 else { throw .closed }
        if let deadline, deadline <= loop.now { throw .timedOut }
        operationsLeft -= 1
        guard operationsLeft <= 0 else { return }
        operationsLeft = Self.operationsBeforeYield
        await loop.yieldTurn()
        guard fd >= 0 else { throw .closed }
    }

    /// What could be read at once, `nil` if there is nothing yet.
    private func receive(
        into buffer: inout ByteBuffer, room: Int
    ) throws(SocketError) -> Int? {
        var isEmpty = false
        let count = try buffer.appendUninitialized(room: room) { spare throws(SocketError) in
            let count = try SystemCall.attempt("recv") { recv(fd, spare.baseAddress, room, 0) }
            isEmpty = count == nil
            return count ?? 0
        }
        // Less than asked for means that the kernel has no more (epoll(7)), which saves the call
        // that would say so.
        if count < room && !hasEnded { isReadable = false }
        return isEmpty ? nil : count
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(SocketError) -> Int? {
        let count = try SystemCall.attempt("send") {
            Glibc.send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if count != bytes.count { isWritable = false }
        return count
    }

    private func send(_ cursor: ChainCursor) throws(SocketError) -> Int? {
        try cursor.withVectors { vectors, size throws(SocketError) in
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            message.msg_iovlen = vectors.count
            let count = try SystemCall.attempt("sendmsg") {
                sendmsg(fd, &message, Int32(MSG_NOSIGNAL))
            }
            if count != size { isWritable = false }
            return count
        }
    }
}

// MARK: - Waiting

extension Stream {
    private func waitForReading() async -> Wake {
        precondition(reader == nil, "one task at a time reads from a stream")
        return await withUnsafeContinuation { waiter in
            reader = waiter
            startWaiting()
        }
    }

    private func waitForWriting() async -> Wake {
        precondition(writer == nil, "one task at a time writes to a stream")
        return await withUnsafeContinuation { waiter in
            writer = waiter
            startWaiting()
        }
    }

    /// Waits for the kernel's verdict on a connection that was begun.
    func finishConnecting(by deadline: Instant) async throws(SocketError) {
        self.deadline = deadline
        try check(await waitForWriting())
        self.deadline = nil
        let code = SystemCall.pendingError(of: fd)
        if code != 0 { throw SocketError(call: "connect", errno: code) }
        // What was seen before the connection existed says nothing about it.
        isReadable = true
        isWritable = true
    }

    private func startWaiting() {
        operationsLeft = Self.operationsBeforeYield
        if deadline != nil { armTimer() }
    }

    private func check(_ wake: Wake) throws(SocketError) {
        if wake == .timedOut { throw .timedOut }
        if wake == .closed || fd < 0 { throw .closed }
    }

    private func resumeReader(_ wake: Wake) {
        guard let waiter = reader else { return }
        reader = nil
        waiter.resume(returning: wake)
    }

    private func resumeWriter(_ wake: Wake) {
        guard let waiter = writer else { return }
        writer = nil
        waiter.resume(returning: wake)
    }

    /// Makes sure that the timer fires no later than the deadline. One that fires earlier, because
    /// the deadline has moved on, is set again; so a request moves its deadline for free.
    private func armTimer() {
        guard let deadline, fd >= 0 else { return }
        let timer = self.timer ?? LoopTimer { [unowned self] in deadlineMayHavePassed() }
        self.timer = timer
        if timer.isScheduled && timer.deadline <= deadline { return }
        loop.schedule(timer, at: deadline)
    }

    private func deadlineMayHavePassed() {
        guard let deadline, reader != nil || writer != nil else { return }
        guard deadline <= loop.now else { return armTimer() }
        resumeReader(.timedOut)
        resumeWriter(.timedOut)
    }
}
