/// A number as it is written: sign, significant digits and a power of ten.
///
/// Invariant: without `isTruncated`, the value is exactly ± significand × 10^exponent.
struct JSONNumber {
    /// Longer numbers are refused: the digits needed to tell any two doubles apart are 767, and
    /// an unbounded number would be an unbounded amount of work.
    static let sizeLimit = 1_024

    private(set) var isNegative = false
    /// The first 38 significant digits at most.
    private(set) var significand: UInt128 = 0
    private(set) var exponent = 0
    /// Whether a digit other than zero did not fit the significand.
    private(set) var isTruncated = false
    /// Where the number stands in its text.
    private(set) var range: Range<Int>

    private static let significandLimit =
        UInt128(10_000_000_000_000_000_000) * 1_000_000_000_000_000_000

    /// The number that begins at `start`; `nil` if none does, or if it is longer than the limit.
    /// (RFC 8259 §6: no leading zero or plus, digits on both sides of the point.)
    init?(in text: RawSpan, at start: Int) {
        range = start..<start
        let end = min(text.byteCount, start &+ Self.sizeLimit &+ 1)
        var offset = start
        func byte() -> UInt8 {
            offset < end ? text.unsafeLoad(fromByteOffset: offset, as: UInt8.self) : 0
        }
        if byte() == UInt8(ascii: "-") {
            isNegative = true
            offset &+= 1
        }
        if byte() == UInt8(ascii: "0") {
            offset &+= 1
        } else {
            guard readDigits(text, &offset, end, scale: 0) else { return nil }
        }
        if byte() == UInt8(ascii: ".") {
            offset &+= 1
            guard readDigits(text, &offset, end, scale: -1) else { return nil }
        }
        if byte() | 0x20 == UInt8(ascii: "e") {
            offset &+= 1
            guard readExponent(text, &offset, end) else { return nil }
        }
        guard offset &- start <= Self.sizeLimit else { return nil }
        range = start..<offset
    }

    /// Reads at least one digit; each counts `scale` powers of ten for the exponent.
    private mutating func readDigits(
        _ text: RawSpan, _ offset: inout Int, _ end: Int, scale: Int
    ) -> Bool {
        let first = offset
        while offset < end {
            let digit = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self) &- 0x30
            guard digit <= 9 else { break }
            if significand < Self.significandLimit {
                significand = significand &* 10 &+ UInt128(digit)
                exponent &+= scale
            } else {
                isTruncated = isTruncated || digit != 0
                exponent &+= scale &+ 1
            }
            offset &+= 1
        }
        return offset > first
    }

    private mutating func readExponent(
        _ text: RawSpan, _ offset: inout Int, _ end: Int
    ) -> Bool {
        guard offset < end else { return false }
        let sign = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { offset &+= 1 }
        let first = offset
        var power = 0
        while offset < end {
            let digit = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self) &- 0x30
            guard digit <= 9 else { break }
            power = min(power &* 10 &+ Int(digit), 1_000_000)  // Enough to be out of any range.
            offset &+= 1
        }
        exponent &+= sign == UInt8(ascii: "-") ? -power : power
        return offset > first
    }

    /// What became of a number that had to be an integer.
    enum Integral: Equatable {
        case magnitude(UInt64)
        case fraction
        case tooLarge
    }

    /// The absolute value, if it is an integer of 64 bits.
    var integral: Integral {
        if significand == 0 { return .magnitude(0) }
        var value = significand
        if exponent < 0 {
            if isTruncated { return .fraction }
            for _ in 0..<min(-exponent, 40) {
                let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
                if remainder != 0 { return .fraction }
                value = quotient
            }
        } else {
            for _ in 0..<min(exponent, 40) {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { return .tooLarge }
                value = product
            }
        }
        guard !isTruncated, let magnitude = UInt64(exactly: value) else { return .tooLarge }
        return .magnitude(magnitude)
    }

    /// The nearest double, ties to even; infinite if it is out of range.
    ///
    /// Up to 2^53 the significand is exact, and so are powers of ten up to 22, so that one
    /// operation rounds correctly (W. D. Clinger, "How to Read Floating Point Numbers Accurately").
    /// Others go to the standard library, which rounds correctly too but needs a string.
    func double(in text: RawSpan) -> Double {
        if significand <= 1 << 53, !isTruncated, -22...22 ~= exponent {
            let value = Double(UInt64(truncatingIfNeeded: significand))
            let power = Self.powersOfTen[abs(exponent)]
            let magnitude = exponent < 0 ? value / power : value * power
            return isNegative ? -magnitude : magnitude
        }
        let digits = text.extracting(range)
        let string = String(unsafeUninitializedCapacity: digits.byteCount) { target in
            for index in 0..<digits.byteCount {
                target[index] = digits.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            }
            return digits.byteCount
        }
        return Double(string) ?? .nan
    }

    private static let powersOfTen: [Double] = (0...22).reduce(into: []) { powers, _ in
        powers.append((powers.last ?? 0.1) * 10)
    }
}
