/// Durations as Go writes them and otelcol's files have them: `300ms`, `1.5h`, `1h2m3s`, `50µs`.
///
/// Source: `time.ParseDuration` and `Duration.String` of Go's standard library.
extension Duration {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000),
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// The longest duration that Go's 64 bits of nanoseconds hold: 292 years.
    package static let goLimit = Duration.nanoseconds(Int64.max)

    /// `nil` if the text is not a duration or is beyond `goLimit`.
    package init?(goText text: String) {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = Self.takePart(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        self = .nanoseconds(isNegative ? -total : total)
    }

    /// Digits, an optional fraction, a unit: the nanoseconds they make.
    private static func takePart(_ rest: inout Substring) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        var fraction = Substring()
        if rest.first == "." {
            rest.removeFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
        }
        guard !digits.isEmpty || !fraction.isEmpty else { return nil }
        let name = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
        rest = rest.dropFirst(name.count)
        guard let unit = units.first(where: { $0.name == name })?.nanoseconds else { return nil }

        guard let whole = Int64(digits.isEmpty ? "0" : digits) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        let share = Double("0.\(fraction.isEmpty ? "0" : fraction)") ?? 0
        let (sum, overflow2) = product.addingReportingOverflow(Int64(share * Double(unit)))
        return overflow || overflow2 ? nil : sum
    }

    /// The shortest such text: `1m30s`, `200ms`, `0s`.
    package var goText: String {
        if self == .zero { return "0s" }
        if self < .zero { return "-" + (.zero - self).goText }
        var rest = Int64(clamping: Int128(attoseconds / 1_000_000_000))
        if rest < 1_000_000_000 { return Self.subsecondText(rest) }
        var text = ""
        for (name, size) in [("h", 3_600_000_000_000), ("m", 60_000_000_000)] as [(String, Int64)] {
            if rest >= size { text += "\(rest / size)\(name)" }
            rest %= size
        }
        return rest == 0 ? text : text + Self.decimalText(rest, 1_000_000_000) + "s"
    }

    private static func subsecondText(_ nanoseconds: Int64) -> String {
        switch nanoseconds {
        case ..<1_000: "\(nanoseconds)ns"
        case ..<1_000_000: decimalText(nanoseconds, 1_000) + "µs"
        default: decimalText(nanoseconds, 1_000_000) + "ms"
        }
    }

    /// `value / unit` with as many decimals as it takes. `unit` is a power of ten.
    private static func decimalText(_ value: Int64, _ unit: Int64) -> String {
        let fraction = value % unit
        if fraction == 0 { return "\(value / unit)" }
        var digits = String((unit + fraction)).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }
}
