import Primitives
import Synchronization

/// A wait that ends at a deadline, or earlier when somebody rings, from any thread.
///
/// At most one task waits. A ring that finds nobody waiting ends the next wait at once, so nothing
/// is missed between looking at a queue and waiting for it; several such rings count as one.
package final class Alarm: @unchecked Sendable {
    private let loop: EventLoop
    /// Rung, and no wait has ended by it yet. Also spares the loop a hand-over per ring.
    private let isRung = Atomic<Bool>(false)
    /// Touched only on the loop; scheduled exactly while a task waits.
    private let timer = LoopTimer {}

    package init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Waits; from any task. Returns `true` if the deadline has passed, `false` if somebody rang or
    /// the loop stops. Does not wait on a loop that stops: look at `isStopping` before going on.
    package func wait(until deadline: Instant) async -> Bool {
        await withUnsafeContinuation { task in
            if loop.isCurrent {
                begin(task, until: deadline)
            } else if !loop.execute({ self.begin(task, until: deadline) }) {
                task.resume(returning: false)
            }
        }
    }

    package func ring() {
        if isRung.exchange(true, ordering: .acquiringAndReleasing) { return }
        loop.execute { self.endWait() }
    }

    private func begin(_ task: UnsafeContinuation<Bool, Never>, until deadline: Instant) {
        precondition(!timer.isScheduled, "one task at a time waits for an alarm")
        guard !isRung.exchange(false, ordering: .acquiringAndReleasing), !loop.isStopping else {
            task.resume(returning: false)
            return
        }
        timer.action = .resume(task)
        loop.schedule(timer, at: deadline)
    }

    /// Comes after `ring`, perhaps when a wait has noticed the ring by itself.
    private func endWait() {
        guard timer.isScheduled, isRung.exchange(false, ordering: .acquiringAndReleasing) else {
            return
        }
        loop.cancel(timer)
        if case .resume(let task) = timer.action { task.resume(returning: false) }
    }
}

extension EventLoop {
    /// Waits until `deadline`; from any task. Returns `false` if it ended early, because the task
    /// was cancelled or the loop stops.
    package func sleep(until deadline: Instant) async -> Bool {
        let alarm = Alarm(on: self)
        return await withTaskCancellationHandler {
            await alarm.wait(until: deadline)
        } onCancel: {
            alarm.ring()
        }
    }

    package func sleep(for duration: Duration) async -> Bool {
        await sleep(until: Instant.now() + duration)
    }
}
