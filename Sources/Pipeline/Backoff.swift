import Primitives

/// The retries of one batch. A value: it is told the time and the dice, and decides.
package struct Backoff: Sendable {
    /// What follows a failed attempt.
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
    /// - Parameters:
    ///   - serverDelay: The peer's own wish. The wait is never shorter, also when it exceeds the
    ///     interval's limit; a wish beyond the elapsed limit means giving up.
    ///   - dice: A random number from -1 to 1.
    package mutating func next(
        at now: Instant, serverDelay: Duration?, dice: Double
    ) -> Decision {
        guard settings.isEnabled else { return .giveUp }
        let factor = 1 + settings.randomizationFactor * dice
        let wait = max(interval * factor, serverDelay ?? .zero)
        interval = min(interval * settings.multiplier, settings.intervalLimit)
        if settings.elapsedLimit > .zero, now + wait > firstAttempt + settings.elapsedLimit {
            return .giveUp
        }
        return .wait(wait)
    }
}
