import OTLP
import Primitives

/// 56 random bits of a trace or a log record, the same wherever it is looked at. (OpenTelemetry,
/// "TraceState: Probability Sampling", R.)
struct RandomValue: Equatable, Sendable {
    static let bitCount: UInt64 = 56
    /// How many values there are.
    static let valueCount: UInt64 = 1 << bitCount
    /// Kept whatever the probability is.
    static let highest = RandomValue(bits: valueCount - 1)

    let bits: UInt64

    init(bits: UInt64) {
        self.bits = bits & (Self.valueCount - 1)
    }

    /// The last seven bytes of a trace id. (W3C Trace Context 2, "Random Trace ID Flag")
    init(_ id: TraceID) {
        self.init(bits: id.low)
    }

    /// The form of `rv`: 14 hexadecimal digits.
    init?(_ text: RawSpan) {
        guard text.byteCount == HexadecimalDigits.limit,
            let bits = HexadecimalDigits.number(in: text)
        else { return nil }
        self.init(bits: bits)
    }

    func append(to buffer: inout ByteBuffer) {
        HexadecimalDigits.append(bits, count: HexadecimalDigits.limit, to: &buffer)
    }
}

/// How many of the 2^56 values of randomness are rejected: a probability, seen from its other end.
/// (OpenTelemetry, "TraceState: Probability Sampling", T.)
struct Threshold: Comparable, Sendable {
    /// Rejects nothing.
    static let always = Threshold(rejecting: 0)
    /// Rejects everything. Not a probability, and never written anywhere.
    static let never = Threshold(rejecting: RandomValue.valueCount)
    /// The smallest probability that there is: 2^-56.
    static let smallestProbability = 1 / Double(RandomValue.valueCount)

    let rejected: UInt64

    init(rejecting count: UInt64) {
        rejected = min(count, RandomValue.valueCount)
    }

    /// The form of `th`: 1 to 14 hexadecimal digits, zeros at the end left out.
    init?(_ text: RawSpan) {
        guard text.byteCount > 0, text.byteCount <= HexadecimalDigits.limit,
            let digits = HexadecimalDigits.number(in: text)
        else { return nil }
        self.init(rejecting: digits << UInt64(4 * (HexadecimalDigits.limit - text.byteCount)))
    }

    /// The threshold for a probability, rounded to some significant hexadecimal digits; as many
    /// more as there are zeros or Fs in front. `nil` if it is not within 2^-56 … 1.
    ///
    /// Rounds as otelcol's `pkg/sampling` does, digit by digit.
    init?(probability: Double, precision: Int) {
        guard probability >= Self.smallestProbability, probability <= 1 else { return nil }
        if probability == 1 {
            self = .always
            return
        }
        let leading = max(Self.leadingDigits(probability), Self.leadingDigits(1 - probability))
        let digits = min(HexadecimalDigits.limit, precision + leading)
        let scaled = (probability * Double(RandomValue.valueCount)).rounded()
        var rejected = RandomValue.valueCount - UInt64(scaled)
        if digits < HexadecimalDigits.limit {
            let shift = UInt64(4 * (HexadecimalDigits.limit - digits))
            rejected = ((rejected + (1 << (shift - 1))) >> shift) << shift
        }
        self.init(rejecting: rejected)
    }

    /// How many hexadecimal digits behind the point are zero. Of a number within 0 … 1.
    private static func leadingDigits(_ fraction: Double) -> Int {
        // 1 is 0.5 × 2^1: there the exponent is positive, and nothing leads.
        max(0, -(Int(fraction.exponent) + 1) / 4)
    }

    var probability: Double {
        Double(RandomValue.valueCount - rejected) / Double(RandomValue.valueCount)
    }

    @inline(__always)
    func keeps(_ randomness: RandomValue) -> Bool { rejected <= randomness.bits }

    static func < (left: Threshold, right: Threshold) -> Bool { left.rejected < right.rejected }

    /// Appends the form of `th`. Not for `never`, which has none.
    func append(to buffer: inout ByteBuffer) {
        let zeros = rejected == 0 ? HexadecimalDigits.limit - 1 : rejected.trailingZeroBitCount / 4
        let count = max(HexadecimalDigits.limit - zeros, 1)
        HexadecimalDigits.append(rejected >> UInt64(4 * zeros), count: count, to: &buffer)
    }
}

/// Numbers of 56 bits as text.
private enum HexadecimalDigits {
    static let limit = 14

    static func number(in text: RawSpan) -> UInt64? {
        var number: UInt64 = 0
        for offset in 0..<text.byteCount {
            let byte = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            let lower = byte | 0x20
            if byte &- 0x30 < 10 {
                number = number << 4 | UInt64(byte &- 0x30)
            } else if lower &- 0x61 < 6 {
                number = number << 4 | UInt64(lower &- 0x61 &+ 10)
            } else {
                return nil
            }
        }
        return number
    }

    /// Lower case, with zeros in front.
    static func append(_ number: UInt64, count: Int, to buffer: inout ByteBuffer) {
        for position in (0..<count).reversed() {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * position) & 15)
            buffer.append(digit < 10 ? 0x30 &+ digit : 0x61 &- 10 &+ digit)
        }
    }
}
