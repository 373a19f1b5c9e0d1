/// Durations as Go writes them: `1h30m0.5s`. (pkg.go.dev/time#ParseDuration)
enum GoDuration {
    private static let second: Int64 = 1_000_000_000

    /// Nanoseconds; nil if the text is no duration or does not fit.
    static func parsed(_ text: some StringProtocol) -> Int64? {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        if rest.elementsEqual("0".utf8) { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: UInt64 = 0
        while !rest.isEmpty {
            guard let part = takePart(from: &rest) else { return nil }
            let (sum, isOverflow) = total.addingReportingOverflow(part)
            guard !isOverflow, sum <= 1 << 63 else { return nil }
            total = sum
        }
        if isNegative { return Int64(truncatingIfNeeded: 0 &- total) }
        return Int64(exactly: total)
    }

    /// A number and its unit.
    private static func takePart(from rest: inout ArraySlice<UInt8>) -> UInt64? {
        let whole = rest.prefix(while: \.isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix(while: \.isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let name = rest.prefix { $0 != UInt8(ascii: ".") && !$0.isDigit }
        rest = rest.dropFirst(name.count)
        guard let unit = unit(named: name) else { return nil }
        let number = whole.isEmpty ? 0 : UInt64(String(decoding: whole, as: UTF8.self))
        guard let number else { return nil }
        let (product, isOverflow) = number.multipliedReportingOverflow(by: unit)
        guard !isOverflow, product <= 1 << 63 else { return nil }
        // Go computes this in floating point, too.
        return product + fractionOf(unit, fraction)
    }

    private static func fractionOf(_ unit: UInt64, _ digits: ArraySlice<UInt8>) -> UInt64 {
        var number: Double = 0
        var scale: Double = 1
        for digit in digits.prefix(18) {
            number = number * 10 + Double(digit - UInt8(ascii: "0"))
            scale *= 10
        }
        return UInt64(number * (Double(unit) / scale))
    }

    private static func unit(named name: ArraySlice<UInt8>) -> UInt64? {
        switch String(decoding: name, as: UTF8.self) {
        case "ns": 1
        case "us", "µs", "μs": 1000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }

    /// As Go's `Duration.String`.
    static func text(_ duration: Int64) -> String {
        let nanoseconds = duration.magnitude
        let sign = duration < 0 ? "-" : ""
        if nanoseconds == 0 { return "0s" }
        if nanoseconds < 1000 { return "\(sign)\(nanoseconds)ns" }
        if nanoseconds < 1_000_000 { return sign + decimal(nanoseconds, 1000) + "µs" }
        if nanoseconds < 1_000_000_000 { return sign + decimal(nanoseconds, 1_000_000) + "ms" }
        let seconds = nanoseconds / 1_000_000_000
        let rest = decimal(nanoseconds % 60_000_000_000, 1_000_000_000) + "s"
        if seconds < 60 { return sign + rest }
        if seconds < 3600 { return "\(sign)\(seconds / 60)m\(rest)" }
        return "\(sign)\(seconds / 3600)h\(seconds / 60 % 60)m\(rest)"
    }

    /// A quotient by a power of ten, without zeros at its end.
    private static func decimal(_ number: UInt64, _ divisor: UInt64) -> String {
        let rest = number % divisor
        if rest == 0 { return String(number / divisor) }
        var digits = String(divisor + rest).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(number / divisor).\(digits)"
    }
}
