import Primitives
import Sockets
import Synchronization

/// An HTTP/1.1 server on one endpoint.
///
/// Listening from `init` on, so that a mistake shows at start and the real port is known. Each
/// connection is one task on one loop for life. `stop` lets requests in progress finish.
package final class HTTPServer: Sendable {
    package let endpoint: Endpoint
    package let counts = ServerCounts()
    private let listener: Listener
    private let service: Service
    private let rosters = Mutex<[ConnectionRoster]>([])

    /// What all connections share.
    struct Service: Sendable {
        let handler: any RequestHandler
        let limits: HTTPLimits
        let counts: ServerCounts
        let tls: TLSContext?
    }

    /// With `tls`, every connection begins with a handshake, which has `headerTime` to finish.
    package init(
        _ endpoint: Endpoint, limits: HTTPLimits = HTTPLimits(), tls: TLSContext? = nil,
        options: ListenerOptions = ListenerOptions(), handler: any RequestHandler
    ) throws(SocketError) {
        listener = try Listener(endpoint, options: options)
        self.endpoint = listener.endpoint
        service = Service(handler: handler, limits: limits, counts: counts, tls: tls)
    }

    /// Begins to accept on the first loop and hands connections to all of them in turn.
    package func start(on loops: [EventLoop]) {
        guard let acceptor = loops.first else { preconditionFailure("a server needs a loop") }
        let made = loops.map { ConnectionRoster(on: $0) }
        rosters.withLock { $0 = made }
        let byLoop = Dictionary(uniqueKeysWithValues: made.map { (ObjectIdentifier($0.loop), $0) })
        listener.start(on: acceptor, handingTo: loops) { [service] stream in
            guard let roster = byLoop[ObjectIdentifier(stream.loop)] else { return }
            await Self.serve(stream, service, roster)
        }
    }

    /// Stops accepting, closes idle connections, and returns when the last request is answered or
    /// the deadline has passed; then all connections are closed. Call it from outside the loops or
    /// from a task on one of them.
    package func stop(by deadline: Instant) async {
        await listener.close()
        let rosters = rosters.withLock { $0 }
        for roster in rosters { roster.beginStopping(by: deadline) }
        for roster in rosters { await roster.waitUntilEmpty() }
    }

    private static func serve(
        _ stream: Sockets.Stream, _ service: Service, _ roster: ConnectionRoster
    ) async {
        let openCount = service.counts.connectionBegan()
        let presence = roster.enter(stream)
        var connection = ServerConnection(stream, service, roster, presence)
        if openCount > service.limits.connections {
            await connection.refuse(
                .tooManyConnections(limit: service.limits.connections),
                // Those who are refused must not pile up either.
                lingers: openCount <= service.limits.connections + 64)
        } else {
            await connection.serve()
        }
        stream.close()
        roster.leave(presence)
        service.counts.connectionEnded()
    }
}

/// The connections a server has on one loop, so that stopping finds them. Confined to that loop;
/// `beginStopping` and `waitUntilEmpty` may be called from anywhere.
final class ConnectionRoster: @unchecked Sendable {
    /// One connection's entry.
    final class Presence {
        fileprivate let stream: Sockets.Stream
        /// Whether it waits for a request, so that closing it loses nothing.
        var isIdle = false

        fileprivate init(_ stream: Sockets.Stream) {
            self.stream = stream
        }
    }

    let loop: EventLoop
    /// The `Date` line for this loop's responses.
    var date = DateLine()
    private(set) var isStopping = false
    /// The deadline of stopping has passed, so nobody waits any longer.
    private var isOver = false
    private var present: [ObjectIdentifier: Presence] = [:]
    private var waiters: [UnsafeContinuation<Void, Never>] = []
    private var timer: LoopTimer?

    init(on loop: EventLoop) {
        self.loop = loop
    }

    func enter(_ stream: Sockets.Stream) -> Presence {
        let presence = Presence(stream)
        present[ObjectIdentifier(presence)] = presence
        return presence
    }

    func leave(_ presence: Presence) {
        present[ObjectIdentifier(presence)] = nil
        resumeWaitersIfDone()
    }

    func beginStopping(by deadline: Instant) {
        loop.execute { self.stopIdle(deadline) }
    }

    /// Also returns at the deadline of `beginStopping`, and if the loop has ended.
    func waitUntilEmpty() async {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
            let isTaken = loop.execute {
                self.waiters.append(waiter)
                self.resumeWaitersIfDone()
            }
            if !isTaken { waiter.resume() }
        }
    }

    private func stopIdle(_ deadline: Instant) {
        isStopping = true
        for presence in present.values where presence.isIdle { presence.stream.close() }
        if let timer { loop.cancel(timer) }
        let timer = LoopTimer { [weak self] in self?.closeAll() }
        self.timer = timer
        loop.schedule(timer, at: deadline)
    }

    /// The deadline has passed. A handler may still be busy; what it answers goes nowhere.
    private func closeAll() {
        isOver = true
        for presence in present.values { presence.stream.close() }
        resumeWaitersIfDone()
    }

    private func resumeWaitersIfDone() {
        guard isStopping, present.isEmpty || isOver else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }
}
