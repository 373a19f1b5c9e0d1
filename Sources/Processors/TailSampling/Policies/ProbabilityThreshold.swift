import OTLP

/// The arithmetic of the policy `probabilistic`: a hash of the trace id, and up to where it
/// samples.
///
/// The same as otelcol's to the last bit: FNV-1a of 64 bits over a salt and the id, compared with
/// a share of 2^64 - 1 that is computed with a mantissa of 64 bits.
struct ProbabilityThreshold: Sendable {
    static let defaultSalt = "default-hash-seed"

    /// The hash of the salt, to go on from.
    private let saltHash: UInt64
    let limit: UInt64

    init(percentage: Double, salt: String) {
        saltHash = (salt.isEmpty ? Self.defaultSalt : salt).utf8.reduce(
            0xcbf2_9ce4_8422_2325, Self.hash)
        limit = Self.limit(ratio: percentage / 100)
    }

    func samples(_ id: TraceID) -> Bool { hash(of: id) <= limit }

    func hash(of id: TraceID) -> UInt64 {
        Self.hash(Self.hash(saltHash, bytesOf: id.high), bytesOf: id.low)
    }

    private static func hash(_ hash: UInt64, bytesOf word: UInt64) -> UInt64 {
        var hash = hash
        var shift: UInt64 = 64
        while shift > 0 {
            shift &-= 8
            hash = Self.hash(hash, UInt8(truncatingIfNeeded: word &>> shift))
        }
        return hash
    }

    private static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// (2^64 - 1) · ratio, rounded to 64 significant bits and then cut off.
    private static func limit(ratio: Double) -> UInt64 {
        guard ratio > 0 else { return 0 }
        guard ratio < 1 else { return .max }
        let significand = ratio.significandBitPattern | (ratio.isNormal ? 1 << 52 : 0)
        // ratio = significand · 2^-scale, with a scale of at least 53.
        let scale =
            52 - (ratio.isNormal ? Int(ratio.exponent) : Int(Double.leastNormalMagnitude.exponent))
        let product = UInt128(UInt64.max) * UInt128(significand)
        let surplus = max(0, 128 - product.leadingZeroBitCount - 64)
        let rounded = roundedHalfToEven(product, droppingBits: surplus)
        let shift = scale - surplus
        return shift >= 128 ? 0 : UInt64(truncatingIfNeeded: rounded >> UInt128(shift))
    }

    private static func roundedHalfToEven(_ number: UInt128, droppingBits count: Int) -> UInt128 {
        guard count > 0 else { return number }
        let kept = number >> UInt128(count)
        let rest = number & ((1 << UInt128(count)) - 1)
        let half: UInt128 = 1 << UInt128(count - 1)
        return rest > half || rest == half && kept & 1 == 1 ? kept + 1 : kept
    }
}
