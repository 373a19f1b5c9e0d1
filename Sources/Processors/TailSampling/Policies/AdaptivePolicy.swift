import OTLP
import Primitives

/// A policy `adaptive`: a trace's key is looked up in its facts, and its randomness is compared
/// with the key's probability.
///
/// The randomness is the trace's own (`ot=rv`, or the last seven bytes of its id), so that
/// collectors that keep the same share keep the same traces. A trace of which only a part arrives,
/// because somebody sampled it before (`ot=th`), is thinned further in proportion.
struct AdaptivePolicy: Sendable {
    private let reader: AdaptiveKeyReader
    private(set) var rates: AdaptiveRates

    init(_ settings: AdaptiveSettings, _ reader: AdaptiveKeyReader) {
        self.reader = reader
        rates = AdaptiveRates(settings)
    }

    mutating func evaluate(
        _ trace: TraceSummary, _ facts: Span<UInt64>, at now: Instant
    ) -> (vote: Vote, threshold: UInt64) {
        let randomness = reader.randomness(of: trace.id, facts)
        let arriving = reader.threshold(facts)
        var probability = rates.probability(of: reader.key(facts), at: now)
        // A threshold that the trace could not have passed says nothing.
        if arriving <= randomness { probability *= Randomness.probability(of: arriving) }
        let threshold = Randomness.threshold(of: probability)
        return (Vote(threshold <= randomness), threshold)
    }
}

/// Numbers of 56 bits: a trace's randomness, and how many of its values are rejected.
/// (OpenTelemetry, "TraceState: Probability Sampling".)
enum Randomness {
    static let bitCount: UInt64 = 56
    static let mask: UInt64 = 1 << bitCount - 1
    private static let count = Double(UInt64(1) << bitCount)

    static func probability(of threshold: UInt64) -> Double {
        Double((1 << bitCount) - min(threshold, mask)) / count
    }

    /// To four significant hexadecimal digits, so that it is short to write; never all.
    static func threshold(of probability: Double) -> UInt64 {
        guard probability < 1 else { return 0 }
        let kept = UInt64(max(1, (max(0, probability) * count).rounded()))
        let zeros = max(0, kept.leadingZeroBitCount - 8)
        // Digits in front that are all F say how small the probability is.
        let digitCount = min(14, zeros / 4 + 4)
        let unit: UInt64 = 1 << UInt64(4 * (14 - digitCount))
        let threshold = (1 << bitCount) - kept
        return min(threshold / unit * unit, mask)
    }
}
