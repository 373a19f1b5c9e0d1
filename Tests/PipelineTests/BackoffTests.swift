import Pipeline
import Primitives
import TestSupport
import Testing

struct BackoffTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func backoff(_ change: (inout RetrySettings) -> Void = { _ in }) -> Backoff {
        var settings = RetrySettings()
        settings.randomizationFactor = 0
        change(&settings)
        return Backoff(settings, firstAttempt: start)
    }

    @Test func `waits grow by the multiplier up to the interval's limit`() {
        var backoff = backoff()
        var dice = SeededGenerator(seed: 1)

        let waits = (0..<6).map { _ in backoff.next(at: start, serverDelay: nil, using: &dice) }

        #expect(
            waits == [
                .wait(.seconds(5)), .wait(.seconds(7.5)), .wait(.seconds(11.25)),
                .wait(.seconds(16.875)), .wait(.seconds(25.3125)), .wait(.seconds(30)),
            ])
    }

    @Test("a wait stays within the randomization factor", arguments: 1...20 as ClosedRange<UInt64>)
    func randomization(seed: UInt64) {
        var backoff = backoff { $0.randomizationFactor = 0.5 }
        var dice = SeededGenerator(seed: seed)

        guard case .wait(let wait) = backoff.next(at: start, serverDelay: nil, using: &dice) else {
            Issue.record("gave up")
            return
        }

        #expect((.seconds(2.5) ... .seconds(7.5)).contains(wait))
    }

    @Test func `the server's wish makes a wait longer, never shorter`() {
        var backoff = backoff()
        var dice = SeededGenerator(seed: 1)

        #expect(
            backoff.next(at: start, serverDelay: .seconds(60), using: &dice) == .wait(.seconds(60)))
        #expect(
            backoff.next(at: start, serverDelay: .seconds(1), using: &dice) == .wait(.seconds(7.5)))
    }

    @Test func `it gives up when the next attempt would come too late`() {
        var backoff = backoff()
        var dice = SeededGenerator(seed: 1)
        let late = start + .seconds(298)

        #expect(backoff.next(at: late, serverDelay: nil, using: &dice) == .giveUp)
    }

    @Test func `without a limit it never gives up`() {
        var backoff = backoff { $0.elapsedLimit = .zero }
        var dice = SeededGenerator(seed: 1)

        #expect(
            backoff.next(at: .init(nanoseconds: 1 << 62), serverDelay: nil, using: &dice)
                == .wait(.seconds(5)))
    }

    @Test func `it gives up at once when retries are disabled`() {
        var backoff = backoff { $0.isEnabled = false }
        var dice = SeededGenerator(seed: 1)

        #expect(backoff.next(at: start, serverDelay: nil, using: &dice) == .giveUp)
    }
}
