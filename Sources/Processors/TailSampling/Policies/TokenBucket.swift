import Primitives

/// Tokens that refill evenly up to a limit. It starts full. (As `golang.org/x/time/rate`, with
/// which otelcol limits.)
struct TokenBucket: Equatable, Sendable {
    private let tokensPerSecond: Double
    private let capacity: Double
    private var tokens: Double
    private var lastTaken: Instant?

    init(tokensPerSecond: Int, capacity: Int) {
        self.tokensPerSecond = Double(tokensPerSecond)
        self.capacity = Double(capacity)
        tokens = Double(capacity)
    }

    /// Takes all of them or none.
    mutating func take(_ count: Int, at now: Instant) -> Bool {
        var available = tokens
        if let lastTaken, now > lastTaken {
            let seconds = Double(now.nanoseconds - lastTaken.nanoseconds) / 1e9
            available = min(capacity, tokens + seconds * tokensPerSecond)
        }
        available -= Double(count)
        guard Double(count) <= capacity, !isMissed(by: available) else { return false }
        tokens = available
        lastTaken = max(now, lastTaken ?? now)
        return true
    }

    /// A lack that is made up for within less than a nanosecond is none.
    private func isMissed(by available: Double) -> Bool {
        available < 0 && (-available / tokensPerSecond * 1e9).rounded(.towardZero) > 0
    }
}
