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
package final class StatefulStage<P: Processor>: Intake, StageLifecycle {
    /// How long to wait before offering again what the route did not admit.
    static var retryInterval: Duration { .milliseconds(50) }

    private struct State {
        var processor: P
        var outbox = Deque<Batch>()
        var isDraining = false
        /// When the timer fires next, as far as the loop was told.
        var scheduled: Instant?
    }

    private let state: Mutex<State>
    private let route: Route
    private let account: Account
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

    package func reserve(_ batch: Batch) -> Admission {
        state.withLock { state in
            if state.isDraining { return .refused(.stopping) }
            // Room may have come since; a sender should not wait for the timer to find out.
            if !state.outbox.isEmpty { flush(at: .now(), &state) }
            return state.outbox.isEmpty ? .admitted : .refused(Self.backlogged)
        }
    }

    package func cancel(_ batch: Batch) {}

    package func commit(_ batch: Batch, _ receipt: Receipt?) {
        let now = Instant.now()
        state.withLock { state in
            var output = Output()
            state.processor.process(batch, at: now, into: &output)
            settle(output, incoming: batch.itemCount, at: now, &state)
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
            settle(output, incoming: 0, at: now, &state)
        }
    }

    /// Gives up what is held and passes it on until `deadline`; what is then left is dropped.
    package func drain(by deadline: Instant) async {
        state.withLock { state in
            state.isDraining = true
            var output = Output()
            let now = Instant.now()
            state.processor.drain(at: now, into: &output)
            settle(output, incoming: 0, at: now, &state)
        }
        while state.withLock({ !$0.outbox.isEmpty }), Instant.now() < deadline {
            _ = await loop.sleep(until: min(deadline, .now() + Self.retryInterval))
            state.withLock { flush(at: .now(), &$0) }
        }
        state.withLock { state in
            for batch in state.outbox {
                account.dropped.add(batch.itemCount, "stopping")
                logger.error(
                    "dropped records that no exporter took before the deadline",
                    metadata: ["items": "\(batch.itemCount)", "signal": "\(batch.signal)"])
            }
            state.outbox.removeAll()
            postHeld(state)
        }
    }

    // MARK: The rest runs under the lock

    private func settle(
        _ output: Output, incoming: Int, at now: Instant, _ state: inout State
    ) {
        account.incoming.add(incoming)
        for drop in output.dropped { account.dropped.add(drop.count, drop.reason) }
        state.outbox.append(contentsOf: output.forwarded)
        flush(at: now, &state)
        schedule(&state)
    }

    /// Passes on in order, until the route has no room.
    private func flush(at now: Instant, _ state: inout State) {
        while let batch = state.outbox.first {
            switch offer(batch, at: now) {
            case .admitted:
                account.outgoing.add(batch.itemCount)
            case .refused(let refusal) where !refusal.isRetryable:
                account.dropped.add(batch.itemCount, refusal.reason)
                logger.error(
                    "dropped records that an exporter will never take",
                    metadata: ["reason": "\(refusal.message)", "items": "\(batch.itemCount)"])
            case .refused, .wait:
                postHeld(state)
                return
            }
            state.outbox.removeFirst()
        }
        postHeld(state)
    }

    private func offer(_ batch: Batch, at now: Instant) -> Admission {
        var delivery = Delivery()
        if let refusal = route.prepare(batch, at: now, for: &delivery) { return .refused(refusal) }
        let admission = delivery.reserve()
        if case .admitted = admission { delivery.commit(nil) }
        return admission
    }

    private func postHeld(_ state: borrowing State) {
        account.held.set(
            state.processor.heldItems + state.outbox.reduce(0) { $0 + $1.itemCount })
    }

    /// Makes the timer fire no later than the processor wants, or soon if the outbox waits.
    private func schedule(_ state: inout State) {
        var wake = state.processor.wakeAt
        if !state.outbox.isEmpty, !state.isDraining {
            wake = min(wake ?? .distantFuture, .now() + Self.retryInterval)
        }
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
                ?? LoopTimer { [self] in
                    dueAt = .distantFuture
                    action()
                }
            self.timer = timer
            loop.schedule(timer, at: instant)
        }
    }
}

/// How the collector stops a stage without knowing its processor.
package protocol StageLifecycle: Sendable {
    func drain(by deadline: Instant) async
}
