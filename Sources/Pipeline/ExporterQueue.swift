import DequeModule
import Logging
import OTLP
import Primitives
import Sockets
import Synchronization
import Telemetry

/// What waits for one exporter, for one signal, and the consumers that send it.
///
///     reserve ─▶ commit ─▶ [ waiting ] ─▶ consumer: attempt, retry … ─▶ exported | dropped
///     room used = reserved + waiting + in flight ≤ limit
///
/// Room is given back only when a batch is finished. Consumers run on the exporter's own thread;
/// everything else may be called from any. Full means that the sender is told so.
package final class ExporterQueue: Intake {
    /// One batch on its way.
    struct Item {
        let batch: Batch
        let cost: Int
        let receipt: Receipt?
    }

    private typealias Waiter = CheckedContinuation<Void, Never>

    private enum Phase { case accepting, closed, abandoned }

    private struct State: ~Copyable {
        var phase = Phase.accepting
        var room: QueueRoom<Waiter>
        var waiting = Deque<Item>()
        /// What each consumer is busy with.
        var inFlight: [Item?]
        /// Records in `waiting` and `inFlight`.
        var heldItems = 0
        var idleConsumers: [Waiter] = []
        var runningConsumers = 0
        /// Rung when the last consumer has ended.
        var lastConsumerEnded: Alarm?
    }

    package let account: Account
    let exporter: any Exporter
    let settings: DeliverySettings
    let logger: Logger
    let loop: EventLoop
    private let state: Mutex<State>
    private let pace = Pace()
    /// Each consumer's wait between attempts.
    let pauses: [Alarm]
    /// Set when the daemon stops: retries go on only until then.
    private let stopDeadline = Mutex<Instant?>(nil)

    package init(
        _ exporter: any Exporter, settings: DeliverySettings, account: Account, logger: Logger,
        loop: EventLoop
    ) {
        self.exporter = exporter
        self.settings = settings
        self.account = account
        self.logger = logger
        self.loop = loop
        let count = settings.queue.consumerCount
        state = Mutex(
            State(
                room: QueueRoom(limit: settings.queue.sizeLimit),
                inFlight: [Item?](repeating: nil, count: count)))
        pauses = (0..<count).map { _ in Alarm(on: loop) }
    }

    // MARK: Intake

    package var answersLate: Bool { settings.queue.waitsForResult }

    package func reserve(_ batches: [Batch], hasWaited: Bool) -> Admission {
        let cost = cost(of: batches)
        return state.withLock { state in
            guard state.phase == .accepting else { return .refused(.stopping) }
            if cost > settings.queue.sizeLimit { return .refused(tooLarge(cost)) }
            if state.room.take(cost, hasWaited: hasWaited) { return .admitted }
            return settings.queue.blocksOnOverflow
                ? .wait(PlaceInLine(queue: self, cost: cost)) : .refused(Self.full)
        }
    }

    package func isOutpaced(at now: Instant) -> Bool { pace.isExceeded(at: now) }

    package func cancel(_ batches: [Batch]) {
        let cost = cost(of: batches)
        let waiters = state.withLock { state in
            state.room.giveBack(cost)
            return Self.next(&state.room)
        }
        for waiter in waiters { waiter.resume() }
    }

    package func commit(_ batches: [Batch], _ receipt: Receipt?) {
        for batch in batches {
            account.incoming.add(batch.itemCount)
            commit(Item(batch: batch, cost: cost(of: batch), receipt: receipt))
        }
    }

    private func commit(_ item: Item) {
        let (isTaken, consumer) = state.withLock { state -> (Bool, Waiter?) in
            guard state.phase != .abandoned else {
                state.room.giveBack(item.cost)
                return (false, nil)
            }
            state.waiting.append(item)
            state.heldItems += item.batch.itemCount
            account.held.set(state.heldItems)
            return (true, state.idleConsumers.popLast())
        }
        if isTaken { pace.began(item.batch.byteCount) }
        // It was reserved when the queue was still open.
        if !isTaken { book(item, Self.stoppingFate(item)) }
        consumer?.resume()
    }

    private func cost(of batches: [Batch]) -> Int {
        batches.reduce(0) { $0 + cost(of: $1) }
    }

    private func cost(of batch: Batch) -> Int {
        switch settings.queue.sizer {
        case .requests: 1
        case .items: batch.itemCount
        case .bytes: batch.byteCount
        }
    }

    private static let full = Refusal(
        reason: "queue_full", message: "the sending queue is full; send again later",
        retryAfter: .seconds(1))

    private func tooLarge(_ cost: Int) -> Refusal {
        Refusal(
            reason: "larger_than_queue",
            message: """
                the request has \(cost) \(settings.queue.sizer.rawValue), the whole sending queue \
                takes \(settings.queue.sizeLimit)
                """,
            isRetryable: false)
    }

    // MARK: Waiting for room

    private struct PlaceInLine: Waitable {
        let queue: ExporterQueue
        let cost: Int

        func waitForRoom() async { await queue.waitForRoom(cost) }
        func passOn() { queue.passOn(cost) }
    }

    private func waitForRoom(_ cost: Int) async {
        await withCheckedContinuation { continuation in
            let mayTry = state.withLock { state in
                // Trying again is how a sender learns that the queue has closed.
                state.phase != .accepting || state.room.promise(cost, orWait: continuation)
            }
            if mayTry { continuation.resume() }
        }
    }

    private func passOn(_ cost: Int) {
        let waiters = state.withLock { state -> [Waiter] in
            guard state.phase == .accepting else { return [] }
            state.room.endPromise(cost)
            return Self.next(&state.room)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Those in line who may try now.
    private static func next(_ room: inout QueueRoom<Waiter>) -> [Waiter] {
        var waiters: [Waiter] = []
        while let waiter = room.promiseNext() { waiters.append(waiter) }
        return waiters
    }

    // MARK: Starting and stopping

    /// Starts the consumers on the exporter's thread.
    package func start() {
        state.withLock { $0.runningConsumers = settings.queue.consumerCount }
        for consumer in 0..<settings.queue.consumerCount {
            loop.spawn { [self] in await consume(consumer) }
        }
    }

    /// Says when the daemon will end, so that waits between attempts become short. Records are
    /// still taken: a processor may have some to give up.
    package func hurry(by deadline: Instant) {
        stopDeadline.withLock { $0 = deadline }
        for pause in pauses { pause.ring() }
    }

    /// Takes nothing more, sends what waits until `deadline`, and drops the rest, counted.
    ///
    /// - Parameter timers: A loop other than the exporter's, which may hang in an attempt.
    package func drain(by deadline: Instant, timers: EventLoop) async {
        hurry(by: deadline)
        let ended = Alarm(on: timers)
        let (isRunning, waiters) = state.withLock { state in
            state.phase = .closed
            state.lastConsumerEnded = ended
            let waiters = state.idleConsumers + state.room.dismiss()
            state.idleConsumers = []
            return (state.runningConsumers > 0, waiters)
        }
        for waiter in waiters { waiter.resume() }
        if isRunning { _ = await ended.wait(until: deadline + Self.lastAttemptGrace) }
        abandon()
    }

    /// An attempt that began before the deadline may end this much after it.
    private static let lastAttemptGrace = Duration.milliseconds(500)

    /// Books what is still here as given up, because the daemon goes now. An attempt that ends
    /// later has no say any more.
    private func abandon() {
        let items = state.withLock { state in
            let items = state.waiting + state.inFlight.compactMap { $0 }
            state.phase = .abandoned
            state.waiting = []
            for index in state.inFlight.indices { state.inFlight[index] = nil }
            state.heldItems = 0
            account.held.set(0)
            for item in items { state.room.giveBack(item.cost) }
            return items
        }
        for item in items { book(item, Self.stoppingFate(item)) }
        let count = items.reduce(0) { $0 + ($1.receipt == nil ? $1.batch.itemCount : 0) }
        guard count > 0 else { return }
        logger.error(
            "dropped records that could not be sent before the deadline",
            metadata: ["dropped_items": "\(count)", "component": "\(account.component)"])
    }

    /// How long retries may go on; `nil` as long as the daemon does not stop.
    var deadline: Instant? { stopDeadline.withLock { $0 } }

    // MARK: Consumers

    /// What became of a batch.
    enum Fate {
        case exported(rejected: Int)
        case dropped(reason: String)
        case refused(Refusal)

        var isSuccess: Bool {
            if case .exported = self { true } else { false }
        }
    }

    private static func stoppingFate(_ item: Item) -> Fate {
        item.receipt == nil ? .dropped(reason: Refusal.stopping.reason) : .refused(.stopping)
    }

    private func consume(_ consumer: Int) async {
        while let item = await next(for: consumer) {
            finish(consumer, await send(item, pausing: pauses[consumer]))
        }
        let ended = state.withLock { state -> Alarm? in
            state.runningConsumers -= 1
            return state.runningConsumers == 0 ? state.lastConsumerEnded : nil
        }
        ended?.ring()
    }

    private func next(for consumer: Int) async -> Item? {
        while true {
            let (item, isOpen) = state.withLock { state in
                let item = state.waiting.popFirst()
                state.inFlight[consumer] = item
                return (item, state.phase == .accepting)
            }
            if let item { return item }
            guard isOpen else { return nil }
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if !state.waiting.isEmpty || state.phase != .accepting { return true }
                    state.idleConsumers.append(continuation)
                    return false
                }
                if goesOn { continuation.resume() }
            }
        }
    }

    private func finish(_ consumer: Int, _ fate: Fate) {
        let (item, waiters) = state.withLock { state -> (Item?, [Waiter]) in
            // Nothing is in flight once it was abandoned.
            guard let item = state.inFlight[consumer] else { return (nil, []) }
            state.inFlight[consumer] = nil
            state.heldItems -= item.batch.itemCount
            account.held.set(state.heldItems)
            state.room.giveBack(item.cost)
            return (item, Self.next(&state.room))
        }
        if let item {
            pace.ended(item.batch.byteCount, isSuccess: fate.isSuccess, at: .now())
            book(item, fate)
        }
        for waiter in waiters { waiter.resume() }
    }

    private func book(_ item: Item, _ fate: Fate) {
        let itemCount = item.batch.itemCount
        switch fate {
        case .exported(let rejected):
            account.outgoing.add(itemCount - rejected)
            if rejected > 0 { account.dropped.add(rejected, "rejected_by_backend") }
            item.receipt?.settle(nil)
        case .dropped(let reason):
            account.dropped.add(itemCount, reason)
            item.receipt?.settle(nil)
        case .refused(let refusal):
            account.refused.add(itemCount, refusal.reason)
            item.receipt?.settle(refusal)
        }
    }
}
