import Primitives

/// Writing values the way Go's `fmt` and `time` do, since people compare the text with otelcol's.
extension ByteBuffer {
    /// As Go's `%v`: the fewest digits, with an exponent of two digits and more below −4 and
    /// from 6 on.
    mutating func appendGeneral(_ value: Double) {
        guard value.isFinite else { return appendGoSpecial(value) }
        if value == 0 { return append(value.sign == .minus ? "-0" : "0" as StaticString) }
        let decimal = ShortestDecimal(value)
        let exponent = decimal.exponent + decimal.digitCount - 1
        if exponent < -4 || exponent >= 6 {
            appendScientific(decimal, exponentDigits: 2)
        } else {
            appendPlain(decimal)
        }
    }

    private mutating func appendGoSpecial(_ value: Double) {
        append(value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" as StaticString)
    }

    /// As Go's `%f`: six digits behind the point, rounded exactly, ties to even.
    mutating func appendFixed(_ value: Double) {
        guard value.isFinite else { return appendGoSpecial(value) }
        if value.sign == .minus { append(UInt8(ascii: "-")) }
        // The value is mantissa × 2^exponent.
        let fraction = value.significandBitPattern
        let isNormal = value.exponentBitPattern != 0
        let mantissa = isNormal ? fraction | 1 << 52 : fraction
        let exponent = (isNormal ? Int(value.exponentBitPattern) : 1) - 1075
        if exponent >= 0 {
            appendInteger(mantissa, shiftedBy: exponent)
            append(".000000" as StaticString)
        } else {
            appendMillionths(Self.shifted(UInt128(mantissa) * 1_000_000, right: -exponent))
        }
    }

    /// A number divided by 2^count, rounded, ties to even.
    private static func shifted(_ value: UInt128, right count: Int) -> UInt128 {
        if count > 100 { return 0 }  // A mantissa in millionths has 73 bits.
        let quotient = value >> UInt128(count)
        let rest = value & (1 << UInt128(count) - 1)
        let half: UInt128 = 1 << UInt128(count - 1)
        return quotient + (rest > half || rest == half && quotient & 1 == 1 ? 1 : 0)
    }

    private mutating func appendMillionths(_ value: UInt128) {
        // At most 2^73 / 2 millionths, so the whole part fits.
        let (whole, millionths) = value.quotientAndRemainder(dividingBy: 1_000_000)
        appendDecimal(UInt64(truncatingIfNeeded: whole))
        append(UInt8(ascii: "."))
        appendPadded(UInt64(truncatingIfNeeded: millionths), digits: 6)
    }

    /// The decimal digits of value × 2^count: groups of nine, multiplied by at most 2^29 at once.
    private mutating func appendInteger(_ value: UInt64, shiftedBy count: Int) {
        let base: UInt64 = 1_000_000_000
        var groups = [value % base, value / base]
        var rest = count
        while rest > 0 {
            let step = min(rest, 29)
            var carry: UInt64 = 0
            for index in groups.indices {
                let product = groups[index] << UInt64(step) + carry
                groups[index] = product % base
                carry = product / base
            }
            if carry > 0 { groups.append(carry) }
            rest -= step
        }
        while groups.count > 1, groups.last == 0 { groups.removeLast() }
        appendDecimal(groups.last ?? 0)
        for group in groups.dropLast().reversed() { appendPadded(group, digits: 9) }
    }

    private mutating func appendPadded(_ value: UInt64, digits: Int) {
        var limit: UInt64 = 10
        for _ in 1..<digits {
            limit *= 10
        }
        while limit > 10, value < limit / 10 {
            append(UInt8(ascii: "0"))
            limit /= 10
        }
        appendDecimal(value)
    }

    /// As Go's `time.Time`: `2020-02-11 20:26:12.000000321 +0000 UTC`. As there, times from 2^63
    /// nanoseconds on are taken as negative.
    mutating func appendTime(_ nanoseconds: UInt64) {
        let time = Int64(bitPattern: nanoseconds)
        var (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        if fraction < 0 {
            seconds -= 1
            fraction += 1_000_000_000
        }
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let second = UInt64(seconds - day * 86_400)
        appendDate(day)
        append(UInt8(ascii: " "))
        appendPadded(second / 3_600, digits: 2)
        append(UInt8(ascii: ":"))
        appendPadded(second / 60 % 60, digits: 2)
        append(UInt8(ascii: ":"))
        appendPadded(second % 60, digits: 2)
        if fraction > 0 {
            append(UInt8(ascii: "."))
            appendPadded(UInt64(fraction), digits: 9)
            while count > 0, bytes.unsafeLoad(fromByteOffset: count - 1, as: UInt8.self) == 0x30 {
                truncate(to: count - 1)
            }
        }
        append(" +0000 UTC" as StaticString)
    }

    /// The civil date of a day since 1970. (H. Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms": years begin in March, eras have 400 years.)
    private mutating func appendDate(_ day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        appendPadded(UInt64(clamping: year), digits: 4)
        append(UInt8(ascii: "-"))
        appendPadded(UInt64(clamping: month), digits: 2)
        append(UInt8(ascii: "-"))
        appendPadded(UInt64(clamping: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), digits: 2)
    }
}

extension ShortestDecimal {
    /// How many decimal digits there are.
    var digitCount: Int {
        var count = 1
        var rest = digits / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}
