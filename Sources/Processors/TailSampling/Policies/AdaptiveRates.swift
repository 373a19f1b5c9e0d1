import Primitives

/// How an `adaptive` policy is to behave.
struct AdaptiveSettings: Sendable {
    /// Traces to keep in a second, of those that reach the policy.
    var target = 1.0
    /// What is kept before anything is known.
    var initialProbability = 0.1
    var smallestProbability = 0.0
    var interval = Duration.seconds(15)
    /// How much an interval counts against those before it.
    var weight = 0.5
    /// Keys with a probability of their own; all others share one.
    var keyLimit = 500
}

/// A probability for each key, such that about so many traces in a second are kept in all.
///
/// After Honeycomb's EMA throughput sampler: each interval moves a key's average towards the
/// traces it had; what may be kept is shared out in proportion to the logarithms of the averages,
/// so that rare keys are kept whole and common ones have more, but not as much more as they are
/// more common. What a key leaves of its share goes to the others, so the shares are used up as
/// far as there are traces.
///
/// Unlike there, nothing is rounded to one in N; a key that is new may keep an equal share until
/// it has an average; and a rush (twice the traces expected) is answered within a second or so.
struct AdaptiveRates: Sendable {
    private struct Entry {
        let key: UInt64
        /// In the running interval.
        var count = 0
        /// Traces in an interval.
        var average = 0.0
        /// `nil` if it is new.
        var probability: Double?
    }

    /// Where the share of keys that found no room is kept.
    private static let sharedPosition = 0

    private let settings: AdaptiveSettings
    private var entries = [Entry(key: 0)]
    private var positions: [UInt64: Int] = [:]
    private var intervalStart: Instant?
    private var isAdjusted = false
    /// Traces in the running interval, and how many a whole one was expected to have.
    private var count = 0
    private var expected = 0.0
    /// Traces whose key found no room.
    private(set) var overflowCount = 0
    /// Of the traces of an average interval, the share that is to be kept.
    private(set) var keptShare: Double

    init(_ settings: AdaptiveSettings) {
        self.settings = settings
        keptShare = settings.initialProbability
    }

    /// Without those that share one.
    var keyCount: Int { positions.count }

    /// The probability for one more trace of a key, which is counted.
    mutating func probability(of key: UInt64, at now: Instant) -> Double {
        adjustIfDue(at: now)
        let position = position(of: key)
        entries[position].count += 1
        count += 1
        guard isAdjusted else { return settings.initialProbability }
        return entries[position].probability ?? firstProbability(of: entries[position])
    }

    /// Of a new key: the n-th trace has the n-th part of an equal share.
    private func firstProbability(of entry: Entry) -> Double {
        let share = goal / Double(entries.count)
        return limited(share / Double(max(entry.count, 1)))
    }

    private mutating func position(of key: UInt64) -> Int {
        if let known = positions[key] { return known }
        guard positions.count < settings.keyLimit else {
            overflowCount += 1
            return Self.sharedPosition
        }
        positions[key] = entries.count
        entries.append(Entry(key: key))
        return entries.count - 1
    }

    // MARK: - Adjusting

    /// Traces to keep in an interval.
    private var goal: Double { settings.target * intervalSeconds }

    private var intervalSeconds: Double {
        max(Double(settings.interval.clampedNanoseconds) / 1e9, 1e-9)
    }

    private mutating func adjustIfDue(at now: Instant) {
        guard let start = intervalStart else {
            intervalStart = now
            return
        }
        guard now > start else { return }
        let seconds = Double(now.nanoseconds - start.nanoseconds) / 1e9
        let isRush = isRush(after: seconds)
        guard seconds >= intervalSeconds || isRush else { return }
        let intervals = seconds / intervalSeconds
        // A rush is no noise: it replaces what was.
        let weight =
            isRush && intervals < 1 ? 1 : 1 - exponential(naturalLogarithm(rest) * intervals)
        adjust(scale: 1 / intervals, weight: weight)
        intervalStart = now
    }

    /// What is left of an average after an interval without traces.
    private var rest: Double { max(1 - settings.weight, 1e-9) }

    private func isRush(after seconds: Double) -> Bool {
        guard isAdjusted, seconds >= min(1, intervalSeconds / 4) else { return false }
        let usual = expected * seconds / intervalSeconds
        return Double(count) > 2 * usual + 6 * usual.squareRoot() + 10
    }

    /// - Parameter scale: From the traces counted to those of a whole interval.
    private mutating func adjust(scale: Double, weight: Double) {
        for position in entries.indices {
            let scaled = Double(entries[position].count) * scale
            let isNew = entries[position].probability == nil
            let average = entries[position].average
            entries[position].average =
                isNew ? scaled : weight * scaled + (1 - weight) * average
            entries[position].count = 0
        }
        forgetRareKeys()
        shareOut()
        count = 0
        isAdjusted = true
    }

    private mutating func forgetRareKeys() {
        let shared = entries[Self.sharedPosition]
        let kept = entries.dropFirst().filter { $0.average >= settings.weight / 10 }
        guard kept.count + 1 < entries.count else { return }
        entries = [shared] + kept
        positions.removeAll(keepingCapacity: true)
        for position in 1..<entries.count { positions[entries[position].key] = position }
    }

    /// Fills the keys in the order in which they are full, each with its part of what is left.
    private mutating func shareOut() {
        let weights = entries.map { naturalLogarithm(1 + $0.average) }
        let order = entries.indices.filter { weights[$0] > 0 }.sorted {
            entries[$0].average * weights[$1] < entries[$1].average * weights[$0]
        }
        var goalLeft = goal
        var weightLeft = order.reduce(0) { $0 + weights[$1] }
        var kept = 0.0
        expected = 0
        for position in order {
            let average = entries[position].average
            let share = min(average, goalLeft * weights[position] / max(weightLeft, 1e-12))
            goalLeft -= share
            weightLeft -= weights[position]
            entries[position].probability = limited(share / average)
            kept += limited(share / average) * average
            expected += average
        }
        keptShare = expected > 0 ? kept / expected : settings.initialProbability
        for position in entries.indices where weights[position] <= 0 {
            entries[position].probability = nil
        }
    }

    private func limited(_ probability: Double) -> Double {
        min(1, max(settings.smallestProbability, probability))
    }
}
