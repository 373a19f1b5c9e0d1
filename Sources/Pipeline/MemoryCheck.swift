import Primitives
import Synchronization

/// Whether records are to be refused because memory is short: the rule of `memory_limiter`.
///
///     used < soft          fine
///     soft ≤ used          free memory is given back to the system, if it is time for that;
///                          refuse while it is still so
///     hard ≤ used          the same, with other times
///
/// The processor asks it for each batch, on many threads; the daemon runs `check` every `interval`
/// on one. It knows neither clock nor kernel.
package final class MemoryCheck: Sendable {
    /// How often free memory may be given back above a limit: not before `shortest`, and if it
    /// does not help, less and less often, up to `longest` (0: always after `shortest`).
    package struct Pause: Sendable {
        package let shortest: Duration
        package let longest: Duration

        package init(shortest: Duration, longest: Duration) {
            self.shortest = shortest
            self.longest = longest
        }
    }

    /// What a check changed.
    package enum Change: Sendable {
        case refuses, resumes
    }

    package let interval: Duration
    /// In bytes.
    package let softLimit: Int
    package let hardLimit: Int
    private let softPause: Pause
    private let hardPause: Pause
    private let isShort = Atomic<Bool>(false)
    private let state = Mutex(State())

    private struct State {
        var lastRelease: Instant?
        /// What the pauses have grown to.
        var softWait = Duration.zero
        var hardWait = Duration.zero
    }

    package init(
        interval: Duration, softLimit: Int, hardLimit: Int, softPause: Pause, hardPause: Pause
    ) {
        self.interval = interval
        self.softLimit = softLimit
        self.hardLimit = hardLimit
        self.softPause = softPause
        self.hardPause = hardPause
    }

    /// Whether records are to be refused now: the last check said so, or what has arrived since
    /// then has used up the room.
    package var refuses: Bool {
        isShort.load(ordering: .relaxed) || MemoryUse.current >= softLimit
    }

    /// Whether not even a look at what arrives can be afforded.
    package var refusesUnread: Bool { MemoryUse.current >= hardLimit }

    /// - Parameters:
    ///   - measure: How many bytes are in use.
    ///   - release: Gives back to the system what is free.
    package func check(
        at now: Instant, measure: () -> Int, release: () -> Void
    ) -> Change? {
        var used = measure()
        state.withLock { state in
            if used < softLimit {
                (state.softWait, state.hardWait) = (.zero, .zero)
            } else if isTimeToRelease(at: now, used, state) {
                release()
                let before = used
                used = measure()
                state.lastRelease = now
                noteEffect(before, used, &state)
            }
        }
        let short = used >= softLimit
        let wasShort = isShort.exchange(short, ordering: .relaxed)
        if short == wasShort { return nil }
        return short ? .refuses : .resumes
    }

    /// Takes over what the check of another instance of the same component found.
    package func follow(_ other: MemoryCheck) {
        isShort.store(other.isShort.load(ordering: .relaxed), ordering: .relaxed)
    }

    private func isTimeToRelease(at now: Instant, _ used: Int, _ state: State) -> Bool {
        guard let last = state.lastRelease else { return true }
        let wait =
            used >= hardLimit
            ? max(hardPause.shortest, state.hardWait) : max(softPause.shortest, state.softWait)
        return now - last > wait
    }

    /// A release that freed a twentieth or more was worth it; otherwise the next ones come later.
    private func noteEffect(_ before: Int, _ after: Int, _ state: inout State) {
        if after < softLimit || after <= before - before / 20 {
            (state.softWait, state.hardWait) = (.zero, .zero)
        } else {
            state.softWait = longer(state.softWait, softPause)
            state.hardWait = longer(state.hardWait, hardPause)
        }
    }

    private func longer(_ wait: Duration, _ pause: Pause) -> Duration {
        if pause.longest == .zero { return pause.shortest }
        let floor = max(pause.shortest, interval * 95 / 100)
        return min(max(wait, floor) * 2, max(pause.longest, pause.shortest))
    }
}
