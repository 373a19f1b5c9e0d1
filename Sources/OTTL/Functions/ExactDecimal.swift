/// All decimal digits of a double: a value is `0.digits × 10^point`, exactly. (A double is a
/// multiple of a power of two, and so has an end in base ten, too: at most 767 digits.)
struct ExactDecimal {
    /// From the first that is not zero to the last; empty for zero.
    private(set) var digits: [UInt8]
    /// Digits before the decimal point, negative for zeros behind it.
    private(set) var point: Int

    /// Of a finite number, without its sign.
    init(_ number: Double) {
        digits = []
        point = 0
        guard number.isFinite, number != 0 else { return }
        let exponent =
            number.isSubnormal || number.exponentBitPattern == 0
            ? -1074 : Int(number.exponentBitPattern) - 1075
        let significand =
            number.exponentBitPattern == 0
            ? number.significandBitPattern : number.significandBitPattern | 1 << 52
        var integer = LargeInteger(significand)
        // m × 2^-k is m × 5^k × 10^-k.
        if exponent >= 0 {
            integer.multiply(by: 2, times: exponent)
        } else {
            integer.multiply(by: 5, times: -exponent)
        }
        digits = integer.digits
        point = digits.count + min(0, exponent)
        while digits.last == 0 { digits.removeLast() }
    }

    /// The shortest digits that stand for the number, as Swift's `description` has them.
    init(shortest number: Double) {
        digits = []
        point = 0
        guard number.isFinite, number != 0 else { return }
        var exponent = 0
        var seesPoint = false
        var fraction = 0
        let text = Array(number.magnitude.description.utf8)
        let end = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
        if end < text.count {
            exponent = Int(String(decoding: text[(end + 1)...], as: UTF8.self)) ?? 0
        }
        for byte in text[..<end] {
            if byte == UInt8(ascii: ".") {
                seesPoint = true
            } else {
                digits.append(byte - UInt8(ascii: "0"))
                if seesPoint { fraction += 1 }
            }
        }
        point = digits.count - fraction + exponent
        while digits.first == 0 {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == 0 { digits.removeLast() }
    }

    /// Keeps so many digits; exact halves go to the even neighbour.
    mutating func round(to count: Int) {
        guard count >= 0 else { return self = ExactDecimal(0) }
        guard count < digits.count else { return }
        let isHalf = digits[count] == 5 && count + 1 == digits.count
        let isOdd = count > 0 && digits[count - 1] % 2 == 1
        let goesUp = isHalf ? isOdd : digits[count] >= 5
        digits.removeLast(digits.count - count)
        if goesUp { increment() }
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { point = 0 }
    }

    private mutating func increment() {
        while let last = digits.popLast() {
            if last < 9 { return digits.append(last + 1) }
        }
        digits = [1]
        point += 1
    }

    /// The digit at a place counted from the decimal point: 0 is the first behind it, -1 the last
    /// before it.
    func digit(_ place: Int) -> UInt8 {
        let index = place + point
        return digits.indices.contains(index)
            ? digits[index] + UInt8(ascii: "0") : UInt8(ascii: "0")
    }
}

/// A natural number of any size, in limbs of nine decimal digits, the lowest first.
private struct LargeInteger {
    private static let base: UInt64 = 1_000_000_000
    private var limbs: [UInt32] = []

    init(_ number: UInt64) {
        var rest = number
        while rest > 0 {
            limbs.append(UInt32(rest % Self.base))
            rest /= Self.base
        }
    }

    /// Multiplies by a power of a small number.
    mutating func multiply(by factor: UInt64, times count: Int) {
        let step = factor == 2 ? 30 : 12
        var rest = count
        while rest > 0 {
            let power = min(rest, step)
            multiply(by: (0..<power).reduce(1 as UInt64) { product, _ in product * factor })
            rest -= power
        }
    }

    private mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = UInt64(limbs[index]) * factor + carry
            limbs[index] = UInt32(product % Self.base)
            carry = product / Self.base
        }
        while carry > 0 {
            limbs.append(UInt32(carry % Self.base))
            carry /= Self.base
        }
    }

    /// The highest digit first.
    var digits: [UInt8] {
        var digits: [UInt8] = []
        for limb in limbs {
            var rest = limb
            for _ in 0..<9 {
                digits.append(UInt8(rest % 10))
                rest /= 10
            }
        }
        while digits.last == 0 { digits.removeLast() }
        return digits.reversed()
    }
}
