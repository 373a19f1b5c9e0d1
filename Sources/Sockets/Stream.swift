import Glibc
import Primitives

/// A connected socket, read and written as straight-line code by tasks of its loop.
///
/// Reading and writing try the system call first and suspend only when the kernel has nothing. At
/// most one task reads and one writes. Whoever waits is resumed exactly once: by the kernel, by
/// the deadline, by `close()`, or by the end of the loop. Cancelling a task resumes nothing by
/// itself; set the deadline or close.
///
/// Touched only on the thread of `loop`, hence Sendable.
package final class Stream: EventSource, @unchecked Sendable {
    /// Reads and writes that succeed at once before others get a turn: a peer that always has bytes
    /// ready must not own the loop.
    static let operationsBeforeYield = 32

    package let loop: EventLoop
    package let peer: SocketAddress
    /// -1 once closed.
    private(set) var fd: Int32
    /// Whether trying makes sense. Cleared when the kernel has been emptied or filled; the next
    /// edge sets it.
    var isReadable = true
    var isWritable = true
    /// The peer will send no more. Then there is no further edge to wait for, and trying must go on
    /// until the kernel says 0.
    var hasEnded = false
    var tls: TLSSession?
    private var reading: Waiting?
    private var writing: Waiting?
    private var timer: LoopTimer?
    private var operationsLeft = operationsBeforeYield

    /// Why a waiting task runs again.
    private enum Wake { case ready, timedOut, closed }

    /// A suspended task. With TLS a reader may have to wait for room to write, and a writer for
    /// bytes to read.
    private struct Waiting {
        let task: UnsafeContinuation<Wake, Never>
        let interest: Readiness
    }

    /// The two tasks a stream may have.
    enum Side { case reader, writer }

    /// When waiting ends. A read or write that begins later throws `.timedOut`, and so does one
    /// that is waiting then. Moving it to a later time costs nothing.
    package var deadline: Instant? {
        didSet { if reading != nil || writing != nil { armTimer() } }
    }

    /// Takes over a connected, non-blocking socket; closes it if that fails.
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

    /// Says that this side sends no more; reading goes on. (shutdown(2), SHUT_WR)
    package func closeWriting() {
        guard fd >= 0 else { return }
        // TLS has an end of its own, and needs the way back for alerts.
        if let tls { tls.sayEnd() } else { _ = shutdown(fd, Int32(SHUT_WR)) }
    }

    /// Closes, and resumes whoever waits with `.closed`. May be called again.
    package func close() {
        guard fd >= 0 else { return }
        tls?.sayEnd()
        tls = nil
        loop.unregister(fd)
        SystemCall.close(fd)
        fd = -1
        if let timer { loop.cancel(timer) }
        timer = nil
        resume(&reading, .closed)
        resume(&writing, .closed)
    }

    func ready(_ events: Readiness) {
        let isEnd = !events.isDisjoint(with: .end)
        if isEnd { hasEnded = true }
        if isEnd || events.contains(.reading) { isReadable = true }
        if isEnd || events.contains(.writing) { isWritable = true }
        if let interest = reading?.interest, isEnd || !events.isDisjoint(with: interest) {
            resume(&reading, .ready)
        }
        if let interest = writing?.interest, isEnd || !events.isDisjoint(with: interest) {
            resume(&writing, .ready)
        }
    }

    func loopStops() {
        close()
    }
}

// MARK: - Waiting

extension Stream {
    /// Before each read and write: is it allowed, and is it somebody else's turn?
    func begin() async throws(SocketError) {
        assert(loop.isCurrent, "a stream is used on its loop")
        guard fd >= 0 else { throw .closed }
        if let deadline, deadline <= loop.now { throw .timedOut }
        operationsLeft -= 1
        guard operationsLeft <= 0 else { return }
        operationsLeft = Self.operationsBeforeYield
        await loop.yieldTurn()
        guard fd >= 0 else { throw .closed }
    }

    /// Suspends until the kernel reports something of `interest`.
    func wait(_ side: Side, for interest: Readiness) async throws(SocketError) {
        operationsLeft = Self.operationsBeforeYield
        let wake = await withUnsafeContinuation { task in
            switch side {
            case .reader:
                precondition(reading == nil, "one task at a time reads from a stream")
                reading = Waiting(task: task, interest: interest)
            case .writer:
                precondition(writing == nil, "one task at a time writes to a stream")
                writing = Waiting(task: task, interest: interest)
            }
            if deadline != nil { armTimer() }
        }
        if wake == .timedOut { throw .timedOut }
        // It may have been closed after the kernel spoke and before this task ran.
        if wake == .closed || fd < 0 { throw .closed }
    }

    private func resume(_ waiting: inout Waiting?, _ wake: Wake) {
        guard let task = waiting?.task else { return }
        waiting = nil
        task.resume(returning: wake)
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
        guard let deadline, reading != nil || writing != nil else { return }
        guard deadline <= loop.now else { return armTimer() }
        resume(&reading, .timedOut)
        resume(&writing, .timedOut)
    }
}
