import Primitives
import Sockets

/// The connections of a client: who may have one, and which are idle. Confined to one loop.
///
/// Invariant: turns + idle connections ≤ connectionLimit; whoever waits is resumed once.
final class ConnectionPool {
    private struct Idle {
        let stream: Sockets.Stream
        let expires: Instant
    }

    /// A request that waits for its turn. Whoever clears `continuation` resumes it.
    private final class Waiter {
        enum Outcome { case turn, timedOut, closed }

        var continuation: UnsafeContinuation<Outcome, Never>?
        var timer: LoopTimer?

        func resume(_ outcome: Outcome) {
            continuation?.resume(returning: outcome)
            continuation = nil
        }
    }

    private let options: HTTPClientOptions
    private let loop: EventLoop
    private var turns = 0
    /// Most recently used last; so those that expire first are first.
    private var idle: [Idle] = []
    private var waiters: [Waiter] = []
    private var expiry: LoopTimer?
    private var isClosed = false

    init(_ options: HTTPClientOptions, on loop: EventLoop) {
        self.options = options
        self.loop = loop
    }

    deinit {
        let streams = idle.map(\.stream)
        guard !streams.isEmpty else { return }
        loop.execute { for stream in streams { stream.close() } }
    }

    var connectionCount: Int { turns + idle.count }

    /// Waits until a connection may be used or made.
    func waitForTurn(
        until deadline: Instant, _ timeout: Duration
    ) async throws(HTTPClientError) {
        if isClosed { throw .clientClosed }
        if turns < options.connectionLimit && waiters.isEmpty {
            turns += 1
            return
        }
        let waiter = Waiter()
        let outcome = await withUnsafeContinuation { continuation in
            waiter.continuation = continuation
            waiters.append(waiter)
            // The client, and with it the pool, outlives its waiters: each is in a call of `send`.
            let timer = LoopTimer { [unowned self] in
                waiters.removeAll { $0 === waiter }
                waiter.resume(.timedOut)
            }
            waiter.timer = timer
            loop.schedule(timer, at: deadline)
        }
        if let timer = waiter.timer { loop.cancel(timer) }
        waiter.timer = nil
        switch outcome {
        case .turn: return
        case .timedOut: throw .timedOut(.waitingForConnection, after: timeout)
        case .closed: throw .clientClosed
        }
    }

    /// Gives the turn to whoever has waited longest.
    func endTurn() {
        if waiters.isEmpty {
            turns -= 1
        } else {
            waiters.removeFirst().resume(.turn)
        }
    }

    /// The connection used last, which is the least likely to be dead; dead ones are dropped.
    func takeIdle() -> Sockets.Stream? {
        while let candidate = idle.popLast() {
            if candidate.expires > loop.now, candidate.stream.isQuiet { return candidate.stream }
            candidate.stream.close()
        }
        return nil
    }

    /// Takes a connection back after an exchange that ended well.
    func keep(_ stream: Sockets.Stream) {
        guard !isClosed, idle.count < options.idleConnectionLimit, !stream.isClosed else {
            stream.close()
            return
        }
        stream.deadline = nil
        idle.append(Idle(stream: stream, expires: loop.now + options.idleTime))
        scheduleExpiry()
    }

    func close() {
        isClosed = true
        if let expiry { loop.cancel(expiry) }
        expiry = nil
        for connection in idle { connection.stream.close() }
        idle = []
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume(.closed) }
    }

    private func scheduleExpiry() {
        guard let first = idle.first else { return }
        let timer = expiry ?? LoopTimer { [weak self] in self?.closeExpired() }
        expiry = timer
        if !timer.isScheduled { loop.schedule(timer, at: first.expires) }
    }

    private func closeExpired() {
        while let first = idle.first, first.expires <= loop.now {
            first.stream.close()
            idle.removeFirst()
        }
        scheduleExpiry()
    }
}
