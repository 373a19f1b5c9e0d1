/// How a node is read as a value of a type. otelcol converts nothing (`"5"` is not a number, `5`
/// not a string), and neither do these.
extension Node {
    /// A string. What came out of a reference is taken as its text stands, even if it looks like a
    /// number.
    package func string() throws(Mismatch) -> String {
        if let text = origin?.text { return text }
        guard case .scalar(let scalar) = content else {
            throw .expected("a string", found: self)
        }
        guard case .string(let text) = scalar.value else {
            let hint = scalar.value == .null ? nil : "put it in quotes: \"\(scalar.text)\""
            throw .expected("a string", found: self, hint: hint)
        }
        return text
    }

    /// A whole number; `1e3` is one, `1.5` is not.
    package var integer: Int? {
        switch scalar?.value {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    package var number: Double? {
        switch scalar?.value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// A string in Go's syntax. A bare 0 will do; any other bare number is nanoseconds in otelcol,
    /// which nobody means, and is refused.
    package func duration() throws(Mismatch) -> Duration {
        let expectation = "a duration such as 10s"
        switch scalar?.value {
        case .integer(0): return .zero
        case .integer(let number):
            throw .expected(
                expectation, found: self,
                hint: "write the unit: \(number)s, \(number)ms, \(number)m")
        case .string(let text):
            if let duration = Duration(goText: text) { return duration }
            throw .expected(expectation, found: self, hint: Self.durationHint(text))
        default: throw .expected(expectation, found: self)
        }
    }

    private static func durationHint(_ text: String) -> String? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard !digits.isEmpty else { return nil }
        switch unit {
        case "sec", "secs", "second", "seconds": return "write \(digits)s"
        case "min", "mins", "minute", "minutes": return "write \(digits)m"
        case "hr", "hrs", "hour", "hours": return "write \(digits)h"
        case "msec", "millis", "milliseconds": return "write \(digits)ms"
        case "d", "day", "days":
            return Int(digits).flatMap { $0 < 1_000_000 ? "write \($0 * 24)h" : nil }
        default: return "the units are ns, us, ms, s, m and h, as in 1h30m"
        }
    }

    /// A whole number of bytes, or a string with a unit.
    package var byteCount: ByteCount? {
        switch scalar?.value {
        case .integer(let value): value >= 0 ? ByteCount(bytes: value) : nil
        case .string(let text): ByteCount(text)
        default: nil
        }
    }

    var booleanHint: String? {
        guard case .string(let text) = scalar?.value else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on", "y": return "write true, without quotes"
        case "false", "no", "off", "n": return "write false, without quotes"
        default: return nil
        }
    }

    /// For a number that was put in quotes.
    var unquotedHint: String? {
        guard case .string(let text) = scalar?.value, scalar?.isPlain == false else { return nil }
        switch Scalar(text).value {
        case .integer, .number: return "write it without quotes: \(text)"
        default: return nil
        }
    }
}
