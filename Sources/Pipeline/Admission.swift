import OTLP
import Primitives
import Synchronization
import Telemetry

/// Why records go back to their sender, who still has them.
package struct Refusal: Error, Sendable, Equatable {
    /// For the books: one of few values, in snake_case.
    package let reason: String
    /// For the sender.
    package let message: String
    /// `false`: sending the same again is pointless.
    package let isRetryable: Bool
    /// When it may be worth trying again.
    package let retryAfter: Duration?

    package init(
        reason: String, message: String, isRetryable: Bool = true, retryAfter: Duration? = nil
    ) {
        self.reason = reason
        self.message = message
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
    }

    /// The daemon is stopping; its successor may take the data.
    package static let stopping = Refusal(
        reason: "stopping", message: "the collector is stopping", retryAfter: .seconds(1))
}

/// Whether an intake takes a batch.
package enum Admission: Sendable {
    case admitted
    case refused(Refusal)
    /// There is no room, and the configuration says to wait for it (`block_on_overflow`).
    case wait(any Waitable)
}

/// A sender's place in a line for room.
package protocol Waitable: Sendable {
    /// Returns when another try makes sense; not a promise that it succeeds.
    func waitForRoom() async
    /// Says that the try is over, however it went. Without it the next in line would not know that
    /// some room is left.
    func passOn()
}

/// A place where batches can stay: the queue of an exporter, or a processor with state.
///
/// Taking batches has two steps, so that what fans out is taken by all or by none: otherwise a
/// sender that is refused by one exporter would send again and the others would see its records
/// twice. Whoever reserves either commits or cancels, with the same batches.
package protocol Intake: AnyObject, Sendable {
    /// What becomes of its records.
    var account: Account { get }
    /// Makes room for all of `batches` or for none.
    ///
    /// - Parameter hasWaited: The sender was told to wait before, and goes before newcomers.
    func reserve(_ batches: [Batch], hasWaited: Bool) -> Admission
    /// Takes over what was admitted. `receipt` is settled once for each batch, when its fate is
    /// known.
    func commit(_ batches: [Batch], _ receipt: Receipt?)
    func cancel(_ batches: [Batch])
    /// Whether it settles receipts. Otherwise it answers for the batches as soon as it has them,
    /// and is given no receipt.
    var answersLate: Bool { get }
    /// Whether senders bring more than leaves, although it does leave (see `Pace`).
    func isOutpaced(at now: Instant) -> Bool
}

extension Intake {
    package func isOutpaced(at now: Instant) -> Bool { false }
}

/// The answer to a sender who wants to know more than "it is held in memory".
///
/// Shared by all intakes that took the batch; the worst fate wins. Settled from any thread.
package final class Receipt: Sendable {
    /// Invariant: the waiter is resumed exactly once, when `pending` reaches 0.
    private struct State: ~Copyable {
        var pending: Int
        var refusal: Refusal?
        var waiter: CheckedContinuation<Refusal?, Never>?
    }

    private let state: Mutex<State>

    package init(pending: Int) {
        state = Mutex(State(pending: pending, refusal: nil, waiter: nil))
    }

    /// One intake knows the batch's fate; `nil` means that it holds what was promised.
    package func settle(_ refusal: Refusal?) {
        let resume = state.withLock { state -> (CheckedContinuation<Refusal?, Never>, Refusal?)? in
            precondition(
                state.pending > 0, "a receipt was settled more often than it was given out")
            state.pending -= 1
            // A permanent refusal outweighs a retryable one: sending again cannot help it.
            if let refusal, state.refusal?.isRetryable ?? true { state.refusal = refusal }
            guard state.pending == 0, let waiter = state.waiter else { return nil }
            state.waiter = nil
            return (waiter, state.refusal)
        }
        if let (waiter, refusal) = resume { waiter.resume(returning: refusal) }
    }

    /// Waits until every intake has settled; `nil` if all hold what was promised.
    package func outcome() async -> Refusal? {
        await withCheckedContinuation { continuation in
            let settled = state.withLock { state -> Refusal?? in
                if state.pending == 0 { return .some(state.refusal) }
                state.waiter = continuation
                return nil
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }
}
