import Pipeline
import Primitives
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

        let waits = (0..<6).map { _ in backoff.next(at: start, serverDelay: nil, dice: 0) }

        #expect(
            waits == [
                .wait(.seconds(5)), .wait(.seconds(7.5)), .wait(.seconds(11.25)),
                .wait(.seconds(16.875)), .wait(.seconds(25.3125)), .wait(.seconds(30)),
            ])
    }

    @Test(
        "the dice move a wait within the randomization factor",
        arguments: [
            (dice: -1.0, wait: Duration.seconds(2.5)), (dice: 0, wait: .seconds(5)),
            (dice: 0.5, wait: .seconds(6.25)), (dice: 1, wait: .seconds(7.5)),
        ])
    func randomization(dice: Double, wait: Duration) {
        var backoff = backoff { $0.randomizationFactor = 0.5 }

        #expect(backoff.next(at: start, serverDelay: nil, dice: dice) == .wait(wait))
    }

    @Test func `the server's wish makes a wait longer, never shorter`() {
        var backoff = backoff()

        #expect(
            backoff.next(at: start, serverDelay: .seconds(60), dice: 0) == .wait(.seconds(60)))
        #expect(
            backoff.next(at: start, serverDelay: .seconds(1), dice: 0) == .wait(.seconds(7.5)))
    }

    @Test func `it gives up when the next attempt would come too late`() {
        var backoff = backoff()
        let late = start + .seconds(298)

        #expect(backoff.next(at: late, serverDelay: nil, dice: 0) == .giveUp)
    }

    @Test func `without a limit it never gives up`() {
        var backoff = backoff { $0.elapsedLimit = .zero }

        #expect(
            backoff.next(at: .init(nanoseconds: 1 << 62), serverDelay: nil, dice: 0)
                == .wait(.seconds(5)))
    }

    @Test func `it gives up at once when retries are disabled`() {
        var backoff = backoff { $0.isEnabled = false }

        #expect(backoff.next(at: start, serverDelay: nil, dice: 0) == .giveUp)
    }
}
