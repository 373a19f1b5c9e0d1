import DequeModule
import Logging
import OTLP
import Primitives
import Sockets
import Synchronization
import Telemetry

/// A processor with state, its lock, its timer, and what could not be passed on yet.
///
///     deliveries of all loops ──▶ [ processor ] ──▶ outbox ──▶ route
///
/// Records taken are never lost to a full queue further on: what the route does not admit waits in
/// the outbox, and while something waits there new batches are refused. So the outbox never holds
/// more than the processor held, plus what arrived in the moment the route closed.
package final class StatefulStage<P: Processor>: Stage {
    /// How long to wait before offering again what the route did not admit.
    static var retryInterval: Duration { .milliseconds(50) }

    private enum Phase { case accepting, draining, closed }

    private struct State {
        var processor: P
        var phase = Phase.accepting
        var outbox = Deque<Batch>()
        /// Records in the outbox.
        var outboxItems = 0
        /// What the account was told is held; shards of one component add up there.
        var postedHeld = 0
        /// When the timer fires next, as far as the loop was told.
        var scheduled: Instant?
    }

    private let state: Mutex<State>
    private let route: Route
    package let account: Account
    private let logger: Logger
    private let loop: EventLoop
    private let timer: StageTimer

    /// - Parameter loop: Runs the timer.
    package init(
        _ processor: P, route: Route, account: Account, logger: Logger, loop: EventLoop
    ) {
        state = Mutex(State(processor: processor))
        self.route = route
        self.account = account
        self.logger = logger
        self.loop = loop
        timer = StageTimer(loop)
        timer.action = { [weak self] in self?.advance() }
    }

    // MARK: Intake

    package var answersLate: Bool { false }

    package func isOutpaced(at now: Instant) -> Bool { route.isOutpaced(at: now) }

    package func reserve(_ batches: [Batch], hasWaited: Bool) -> Admission {
        state.withLock { state in
            guard state.phase == .accepting else { return .refused(.stopping) }
            // Room may have come since; a sender should not wait for the timer to find out.
            switch flush(&state) {
            case .admitted: return .admitted
            case .wait(let room): return .wait(room)
            case .refused: return .refused(Self.backlogged)
            }
        }
    }

    package func cancel(_ batches: [Batch]) {}

    package func commit(_ batches: [Batch], _ receipt: Receipt?) {
        let now = Instant.now()
        state.withLock { state in
            for batch in batches { take(batch, at: now, &state) }
        }
    }

    private static var backlogged: Refusal {
        Refusal(
            reason: "backlog", message: "an exporter's queue is full; send again later",
            retryAfter: .seconds(1))
    }

    // MARK: Time

    /// Runs on the loop when the timer fires.
    private func advance() {
        let now = Instant.now()
        state.withLock { state in
            state.scheduled = nil
            var output = Output()
            state.processor.advance(to: now, into: &output)
            settle(output, &state)
        }
    }

    /// Gives up what is held and passes it on until `deadline`; what is then left is dropped.
    package func drain(by deadline: Instant) async {
        state.withLock { state in
            state.phase = .draining
            giveUpHeld(&state)
        }
        while state.withLock({ !$0.outbox.isEmpty }), Instant.now() < deadline {
            _ = await loop.sleep(until: min(deadline, .now() + Self.retryInterval))
            state.withLock { _ = flush(&$0) }
        }
        state.withLock { state in
            state.phase = .closed
            for batch in state.outbox { dropForStop(batch) }
            state.outbox = []
            state.outboxItems = 0
            postHeld(&state)
        }
    }

    /// What the processor says of itself.
    package var measurements: [Measurement] { state.withLock { $0.processor.measurements } }

    package func explanation(of trace: TraceID) -> String? {
        state.withLock { $0.processor.explanation(of: trace) }
    }

    private func dropForStop(_ batch: Batch) {
        account.dropped.add(batch.itemCount, Refusal.stopping.reason)
        logger.error(
            "dropped records that no exporter took before the deadline",
            metadata: ["items": "\(batch.itemCount)", "signal": "\(batch.signal)"])
    }

    // MARK: The rest runs under the lock

    private func take(_ batch: Batch, at now: Instant, _ state: inout State) {
        account.incoming.add(batch.itemCount)
        // It was reserved when the stage was still open.
        if state.phase == .closed { return dropForStop(batch) }
        var output = Output()
        state.processor.process(batch, at: now, into: &output)
        if let refusal = output.refusal { account.dropped.add(batch.itemCount, refusal.reason) }
        settle(output, &state)
        if state.phase == .draining { giveUpHeld(&state) }
    }

    private func giveUpHeld(_ state: inout State) {
        var output = Output()
        state.processor.drain(at: .now(), into: &output)
        settle(output, &state)
    }

    private func settle(_ output: Output, _ state: inout State) {
        for drop in output.dropped { account.dropped.add(drop.count, drop.reason) }
        account.count(output.counts)
        state.outbox.append(contentsOf: output.forwarded)
        state.outboxItems += output.forwardedItems
        _ = flush(&state)
        postHeld(&state)
        schedule(&state)
    }

    /// Passes on in order, until the route has no room.
    ///
    /// - Returns: What the route says to the first batch that is left, if one is.
    private func flush(_ state: inout State) -> Admission {
        guard !state.outbox.isEmpty else { return .admitted }
        defer { postHeld(&state) }
        while let batch = state.outbox.first {
            switch offer(batch, at: .now()) {
            case .admitted:
                account.outgoing.add(batch.itemCount)
            case .refused(let refusal) where !refusal.isRetryable:
                account.dropped.add(batch.itemCount, refusal.reason)
                logRefusal(refusal, account, batch.itemCount)
            case .refused(let refusal):
                return .refused(refusal)
            case .wait(let room):
                return .wait(room)
            }
            state.outbox.removeFirst()
            state.outboxItems -= batch.itemCount
        }
        return .admitted
    }

    private func offer(_ batch: Batch, at now: Instant) -> Admission {
        var delivery = Delivery()
        if let refusal = route.prepare(batch, at: now, for: &delivery) { return .refused(refusal) }
        // What is here has waited long enough to go before newcomers.
        let admission = delivery.reserve(hasWaited: true, ifRefused: .leaveOut)
        guard case .admitted = admission else { return admission }
        delivery.commit(nil)
        for (account, itemCount, refusal) in delivery.refusals {
            logRefusal(refusal, account, itemCount)
        }
        return .admitted
    }

    private func logRefusal(_ refusal: Refusal, _ account: Account, _ itemCount: Int) {
        logger.error(
            "dropped records that will never be taken",
            metadata: [
                "by": "\(account.component)", "reason": "\(refusal.message)",
                "items": "\(itemCount)",
            ])
    }

    private func postHeld(_ state: inout State) {
        let held = state.processor.heldItems + state.outboxItems
        account.held.add(held - state.postedHeld)
        state.postedHeld = held
    }

    /// Makes the timer fire no later than the processor wants, or soon if the outbox waits.
    private func schedule(_ state: inout State) {
        guard state.phase == .accepting else { return }
        var wake = state.processor.wakeAt
        if !state.outbox.isEmpty { wake = min(wake ?? .distantFuture, .now() + Self.retryInterval) }
        guard let wake, wake < state.scheduled ?? .distantFuture else { return }
        state.scheduled = wake
        timer.fire(at: wake)
    }
}

/// A timer of a loop that any thread may set. The action runs on the loop.
private final class StageTimer: @unchecked Sendable {  // Its state is touched on the loop only.
    private let loop: EventLoop
    private var timer: LoopTimer?
    private var dueAt = Instant.distantFuture
    /// Set once, before the first `fire`.
    var action: @Sendable () -> Void = {}

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// Fires at `instant` or earlier. Calls of several threads may arrive in any order, so a later
    /// instant never moves an earlier one.
    func fire(at instant: Instant) {
        loop.execute { [self] in
            guard instant < dueAt else { return }
            dueAt = instant
            let timer =
                timer
                ?? LoopTimer { [weak self] in
                    self?.dueAt = .distantFuture
                    self?.action()
                }
            self.timer = timer
            loop.schedule(timer, at: instant)
        }
    }
}

/// A processor with state at its place, as the collector sees it: without knowing its type.
package protocol Stage: Intake {
    /// Gives up what is held and passes it on until `deadline`; what is then left is dropped.
    func drain(by deadline: Instant) async
    /// What the processor says of itself.
    var measurements: [Measurement] { get }
    /// What the processor remembers about a trace.
    func explanation(of trace: TraceID) -> String?
}
