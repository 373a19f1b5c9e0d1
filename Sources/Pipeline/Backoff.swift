import Primitives

/// `retry_on_failure`: how long to wait between attempts, and when to give up.
///
/// Defaults and meaning are otelcol's (config/configretry).
package struct RetrySettings: Sendable, Equatable {
    package var isEnabled = true
    package var initialInterval = Duration.seconds(5)
    /// Each wait is the interval times a random factor in 1 ± this.
    package var randomizationFactor = 0.5
    package var multiplier = 1.5
    package var intervalLimit = Duration.seconds(30)
    /// From the first attempt; zero means for ever.
    package var elapsedLimit = Duration.seconds(300)

    package init() {}
}

/// The retries of one batch. A value: it is told the time and the dice, and decides.
package struct Backoff: Sendable {
    package enum Decision: Equatable, Sendable {
        case wait(Duration)
        case giveUp
    }

    private let settings: RetrySettings
    private let firstAttempt: Instant
    private var interval: Duration

    package init(_ settings: RetrySettings, firstAttempt: Instant) {
        self.settings = settings
        self.firstAttempt = firstAttempt
        interval = settings.initialInterval
    }

    /// What to do after a failed attempt.
    ///
    /// - Parameter serverDelay: The peer's own wish. The wait is never shorter, also when it
    ///   exceeds the interval's limit; a wish beyond the elapsed limit means giving up.
    package mutating func next(
        at now: Instant, serverDelay: Duration?, using dice: inout some RandomNumberGenerator
    ) -> Decision {
        guard settings.isEnabled else { return .giveUp }
        let factor = Double.random(
            in: (1 - settings.randomizationFactor)...(1 + settings.randomizationFactor),
            using: &dice)
        let wait = max(interval * factor, serverDelay ?? .zero)
        interval = min(interval * settings.multiplier, settings.intervalLimit)
        if settings.elapsedLimit > .zero, now + wait > firstAttempt + settings.elapsedLimit {
            return .giveUp
        }
        return .wait(wait)
    }
}
