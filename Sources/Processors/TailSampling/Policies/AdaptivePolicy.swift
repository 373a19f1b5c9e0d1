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
        if arriving.keeps(randomness) { probability *= arriving.probability }
        let threshold = Threshold(probability: probability, precision: Self.precision) ?? .never
        return (Vote(threshold.keeps(randomness)), threshold.rejected)
    }

    /// Hexadecimal digits, so that thresholds are short to write.
    private static let precision = 4
}
