import Hashing
import OTLP
import Primitives

/// How the probabilistic sampler decides: its options, worked out once.
///
/// Bit by bit what otelcol's `probabilistic_sampler` does, which is why it multiplies in 32 bits.
struct SamplingRule: Sendable {
    /// Where randomness comes from, and what becomes of a threshold that arrives.
    enum Mode: String, CaseIterable, Sendable {
        case hashSeed = "hash_seed"
        case equalizing, proportional
    }

    private enum Decision {
        /// Keeps nothing that is not kept for its priority.
        case never
        case fixed(Threshold)
        /// A threshold that arrives counts if it is higher.
        case equalizing(Threshold)
        /// The probability is multiplied with the one that arrives.
        case proportional(Double, alone: Threshold)
    }

    let mode: Mode
    let failsClosed: Bool
    let precision: Int
    private let decision: Decision
    /// What hashing the seed has come to.
    private let hashBasis: UInt32

    init(mode: Mode, percentage: Float, seed: UInt32, failsClosed: Bool, precision: Int) {
        self.mode = mode
        self.failsClosed = failsClosed
        self.precision = precision
        let percentage = min(percentage, 100)
        decision = Self.decision(mode, percentage, precision)
        hashBasis = FNV.hash32([seed.littleEndian].span.bytes)
    }

    private static func decision(
        _ mode: Mode, _ percentage: Float, _ precision: Int
    ) -> Decision {
        if !(percentage > 0) { return .never }
        let ratio = max(Double(percentage) / 100, Threshold.smallestProbability)
        switch mode {
        case .equalizing:
            return .equalizing(
                Threshold(probability: ratio, precision: precision) ?? .always)
        case .proportional:
            let alone = Threshold(probability: ratio, precision: precision) ?? .never
            return .proportional(ratio, alone: alone)
        case .hashSeed:
            let scaled = UInt64(percentage * (Float(HashedRandomness.bucketCount) / 100))
            if scaled == 0 { return .never }
            return .fixed(
                Threshold(rejecting: (HashedRandomness.bucketCount - scaled) << 42))
        }
    }

    var isNever: Bool {
        if case .never = decision { return true }
        return false
    }

    /// The threshold for a record.
    @inline(__always)
    func threshold(isFaulty: Bool, arriving: Threshold?) -> Threshold {
        if isFaulty { return failsClosed ? .never : .always }
        switch decision {
        case .never: return .never
        case .fixed(let threshold): return threshold
        case .equalizing(let threshold): return max(threshold, arriving ?? threshold)
        case .proportional(let ratio, let alone):
            guard let arriving else { return alone }
            let probability = arriving.probability * ratio
            return Threshold(probability: probability, precision: precision) ?? .never
        }
    }

    @inline(__always)
    func hash(_ id: TraceID) -> RandomValue {
        var hash = HashedRandomness(hashBasis)
        hash.add(id.high)
        hash.add(id.low)
        return hash.randomness
    }

    func hash(_ bytes: RawSpan) -> RandomValue {
        HashedRandomness(FNV.hash32(bytes, from: hashBasis)).randomness
    }
}

/// RandomValue from a hash of 32 bits (FNV-1a), as otelcol's mode `hash_seed` makes it.
///
///     55        42 41             14 13       0
///     | 16383 − b | top bits, mixed  | b, the  |     b = the hash's lowest 14 bits
///     |           |                  | bucket  |
private struct HashedRandomness {
    static let bucketCount: UInt64 = 1 << 14

    private var hash: UInt32

    init(_ hash: UInt32) {
        self.hash = hash
    }

    /// Hashes eight bytes, the most significant one first.
    @inline(__always)
    mutating func add(_ word: UInt64) {
        var rest = word.byteSwapped
        for _ in 0..<8 {
            hash = (hash ^ UInt32(truncatingIfNeeded: rest & 0xff)) &* 0x0100_0193
            rest &>>= 8
        }
    }

    @inline(__always)
    var randomness: RandomValue {
        let bucket = UInt64(hash) & (Self.bucketCount - 1)
        let top = UInt64(hash >> 18)
        let mixed = top ^ top << 10
        return RandomValue(bits: (Self.bucketCount - 1 - bucket) << 42 | mixed << 14 | bucket)
    }
}

/// What a record's randomness comes from; `policy` in the counters.
enum RandomnessSource: Int, CaseIterable, Sendable {
    case traceIDHash, traceID, explicit, priority, missing, attribute

    /// The counters' label; of an attribute, its key.
    func policy(_ attribute: String) -> String {
        switch self {
        case .traceIDHash: "trace_id_hash"
        case .traceID: "trace_id_w3c"
        case .explicit: "sampling_randomness"
        case .priority: "sampling_priority"
        case .missing: "missing_randomness"
        case .attribute: attribute
        }
    }
}

/// What was found out about a record before the decision.
struct SamplingFinding {
    var randomness: RandomValue
    var source: RandomnessSource
    /// Something is wrong with it, so that no probability can be told.
    var isFaulty = false
    /// Threshold and randomness can be written into it.
    var isWritable = true
    /// The randomness is new and to be written, too.
    var isNew = false

    init(_ randomness: RandomValue, _ source: RandomnessSource) {
        self.randomness = randomness
        self.source = source
    }

    static var missing: SamplingFinding { SamplingFinding(.highest, .missing) }
}

extension SamplingRule {
    /// - Parameters:
    ///   - hashed: for the mode `hash_seed`, the hash of whatever identifies the record.
    ///   - explicit: the randomness that the record says it has.
    ///   - arriving: the threshold that the record says it was kept with.
    ///   - isMalformed: what the record says cannot be read.
    @inline(__always)
    func finding(
        hashed: SamplingFinding?, _ id: TraceID?, explicit: RandomValue?, arriving: Threshold?,
        isMalformed: Bool
    ) -> SamplingFinding {
        var finding: SamplingFinding
        if isNever {
            finding = SamplingFinding(.highest, .priority)
            finding.isFaulty = isMalformed
            return finding
        }
        if mode == .hashSeed {
            finding = hashed ?? .missing
            // Other samplers rely on what is there.
            finding.isWritable = !isMalformed && explicit == nil && arriving == nil
            finding.isNew = finding.isWritable
            finding.isFaulty = !finding.isWritable
        } else if isMalformed {
            finding = .missing
            finding.isWritable = false
        } else if let explicit {
            finding = SamplingFinding(explicit, .explicit)
        } else if let id, !id.isZero {
            finding = SamplingFinding(RandomValue(id), .traceID)
        } else {
            finding = .missing
        }
        if finding.source == .missing { finding.isFaulty = true }
        return finding
    }
}

/// Counts of decisions, by where the randomness came from.
struct SamplingTally: Sendable {
    private var counts = InlineArray<12, Int>(repeating: 0)

    @inline(__always)
    mutating func add(_ source: RandomnessSource, isKept: Bool) {
        counts[source.rawValue &* 2 &+ (isKept ? 1 : 0)] &+= 1
    }

    /// Those that are not 0.
    func forEach(_ visit: (RandomnessSource, _ isKept: Bool, _ count: Int) -> Void) {
        for source in RandomnessSource.allCases {
            let dropped = counts[source.rawValue * 2]
            let kept = counts[source.rawValue * 2 + 1]
            if kept > 0 { visit(source, true, kept) }
            if dropped > 0 { visit(source, false, dropped) }
        }
    }
}
