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
///     used = reserved + waiting + in flight ≤ limit
///
/// Room is given back only when a batch is finished. Consumers run on the exporter's own thread;
/// everything else may be called from any. Full means that the sender is told so.
package final class ExporterQueue: Intake, Waitable {
    private struct Item {
        let batch: Batch
        let cost: Int
        let receipt: Receipt?
    }

    private struct State: ~Copyable {
        var waiting = Deque<Item>()
        var used = 0
        var unfinishedItems = 0
        var isClosed = false
        var idleConsumers: [CheckedContinuation<Void, Never>] = []
        var roomWaiters: [CheckedContinuation<Void, Never>] = []
        var runningConsumers = 0
    }

    private let state = Mutex(State())
    private let exporter: any Exporter
    private let settings: DeliverySettings
    private let account: Account
    private let logger: Logger
    private let loop: EventLoop
    /// Set when the daemon stops: retries go on only until then.
    private let deadline = Mutex<Instant?>(nil)

    package init(
        _ exporter: any Exporter, settings: DeliverySettings, account: Account, logger: Logger,
        loop: EventLoop
    ) {
        self.exporter = exporter
        self.settings = settings
        self.account = account
        self.logger = logger
        self.loop = loop
    }

    // MARK: Intake

    package var answersLate: Bool { settings.queue.waitsForResult }

    package func reserve(_ batch: Batch) -> Admission {
        let cost = cost(of: batch)
        return state.withLock { state in
            if state.isClosed { return .refused(.stopping) }
            if cost > settings.queue.sizeLimit { return .refused(tooLarge(cost)) }
            if state.used + cost <= settings.queue.sizeLimit {
                state.used += cost
                return .admitted
            }
            return settings.queue.blocksOnOverflow ? .wait(self) : .refused(Self.full)
        }
    }

    package func cancel(_ batch: Batch) {
        let waiters = state.withLock { Self.giveBack(cost(of: batch), &$0) }
        for waiter in waiters { waiter.resume() }
    }

    package func commit(_ batch: Batch, _ receipt: Receipt?) {
        account.incoming.add(batch.itemCount)
        let item = Item(batch: batch, cost: cost(of: batch), receipt: receipt)
        let consumer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.waiting.append(item)
            state.unfinishedItems += batch.itemCount
            account.held.set(state.unfinishedItems)
            return state.idleConsumers.popLast()
        }
        consumer?.resume()
    }

    package func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.isClosed || state.used < settings.queue.sizeLimit { return true }
                state.roomWaiters.append(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
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

    /// - Returns: Who waits for room and should try again.
    private static func giveBack(
        _ cost: Int, _ state: inout State
    ) -> [CheckedContinuation<Void, Never>] {
        state.used -= cost
        let waiters = state.roomWaiters
        state.roomWaiters = []
        return waiters
    }

    // MARK: Consumers

    /// Starts the consumers on the exporter's thread.
    package func start() {
        state.withLock { $0.runningConsumers = settings.queue.consumerCount }
        for _ in 0..<settings.queue.consumerCount {
            loop.spawn { [self] in await consume() }
        }
    }

    /// Takes nothing more, sends what waits until `deadline`, and drops the rest, counted.
    package func drain(by deadline: Instant) async {
        self.deadline.withLock { $0 = deadline }
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            defer {
                state.idleConsumers = []
                state.roomWaiters = []
            }
            return (state.idleConsumers, state.roomWaiters)
        }
        for continuation in idle + waiters { continuation.resume() }
        while state.withLock({ $0.runningConsumers > 0 }) {
            if Instant.now() >= deadline + Self.lastAttemptGrace { return abandon() }
            _ = await loop.sleep(until: .now() + .milliseconds(5))
        }
    }

    /// An attempt that began before the deadline may end this much after it.
    private static let lastAttemptGrace = Duration.milliseconds(500)

    /// Counts what is still here as dropped, because the daemon goes now.
    private func abandon() {
        let count = state.withLock { state in
            defer { state.unfinishedItems = 0 }
            return state.unfinishedItems
        }
        guard count > 0 else { return }
        account.held.set(0)
        account.dropped.add(count, "stopping")
        logger.error(
            "dropped records that could not be sent before the deadline",
            metadata: ["dropped_items": "\(count)", "component": "\(account.component)"])
    }

    private func consume() async {
        while let item = await next() {
            let fate = await send(item)
            finish(item, fate)
        }
        state.withLock { $0.runningConsumers -= 1 }
    }

    private func next() async -> Item? {
        while true {
            let (item, isClosed) = state.withLock { ($0.waiting.popFirst(), $0.isClosed) }
            if let item { return item }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let goOn = state.withLock { state in
                    if !state.waiting.isEmpty || state.isClosed { return true }
                    state.idleConsumers.append(continuation)
                    return false
                }
                if goOn { continuation.resume() }
            }
        }
    }

    /// What became of a batch.
    private enum Fate {
        case exported(rejected: Int)
        case dropped(reason: String)
        case refused(Refusal)
    }

    private func send(_ item: Item) async -> Fate {
        var backoff = Backoff(settings.retry, firstAttempt: .now())
        var dice = SystemRandomNumberGenerator()
        while true {
            switch await exporter.export(item.batch) {
            case .exported:
                return .exported(rejected: 0)
            case .partlyRejected(let count, let message):
                return partlyRejected(item, count, message)
            case .permanent(let reason):
                return permanent(item, reason)
            case .retryable(let reason, let after):
                if item.receipt != nil { return .refused(Self.failed(reason, after)) }
                let decision = backoff.next(at: .now(), serverDelay: after, using: &dice)
                guard case .wait(let wait) = decision, await pause(wait, reason) else {
                    return gaveUp(item, reason)
                }
            }
        }
    }

    /// Waits before the next attempt; `false` if the daemon stops before it.
    private func pause(_ wait: Duration, _ reason: String) async -> Bool {
        logger.info(
            "exporting failed, it will be tried again",
            metadata: ["reason": "\(reason)", "interval": "\(wait.rounded)"])
        let end = Instant.now() + wait
        while Instant.now() < end {
            // A stop shortens the wait: one more attempt now is worth more than one too late.
            if let deadline = deadline.withLock({ $0 }) {
                if Instant.now() >= deadline { return false }
                _ = await loop.sleep(until: min(end, deadline, .now() + .milliseconds(200)))
                return Instant.now() < deadline
            }
            _ = await loop.sleep(until: min(end, .now() + .milliseconds(200)))
        }
        return true
    }

    private static func failed(_ reason: String, _ after: Duration?) -> Refusal {
        Refusal(
            reason: "export_failed", message: "exporting failed: \(reason)",
            retryAfter: after ?? .seconds(1))
    }

    private func partlyRejected(_ item: Item, _ count: Int, _ message: String) -> Fate {
        if count > 0 || !message.isEmpty {
            logger.warning(
                "the backend took a batch partly",
                metadata: [
                    "message": "\(message)", "rejected_items": "\(count)",
                    "signal": "\(item.batch.signal)",
                ])
        }
        return .exported(rejected: min(max(count, 0), item.batch.itemCount))
    }

    private func permanent(_ item: Item, _ reason: String) -> Fate {
        if item.receipt != nil {
            return .refused(
                Refusal(reason: "export_failed", message: reason, isRetryable: false))
        }
        logDrop(item, reason)
        return .dropped(reason: "permanent_error")
    }

    private func gaveUp(_ item: Item, _ reason: String) -> Fate {
        logDrop(item, reason)
        let isStopping = deadline.withLock { $0 != nil }
        return .dropped(reason: isStopping ? "stopping" : "retries_exhausted")
    }

    private func logDrop(_ item: Item, _ reason: String) {
        logger.error(
            "exporting failed, records were dropped",
            metadata: [
                "reason": "\(reason)", "dropped_items": "\(item.batch.itemCount)",
                "signal": "\(item.batch.signal)",
            ])
    }

    private func finish(_ item: Item, _ fate: Fate) {
        let itemCount = item.batch.itemCount
        let waiters = state.withLock { state in
            state.unfinishedItems -= itemCount
            account.held.set(state.unfinishedItems)
            return Self.giveBack(item.cost, &state)
        }
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
        for waiter in waiters { waiter.resume() }
    }
}

extension Duration {
    /// For messages: seconds with milliseconds.
    fileprivate var rounded: String {
        let milliseconds = clampedNanoseconds / 1_000_000
        let fraction = String(milliseconds % 1_000)
        return
            "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)s"
    }
}
