/// Doubles as Go's `strconv.FormatFloat` writes them.
enum GoDouble {
    /// Of a finite number that is not negative. Without a precision `v`, `g` and `G` take as many
    /// digits as are needed, the others six.
    static func text(of number: Double, _ verb: Unicode.Scalar, _ precision: Int?) -> String {
        switch verb {
        case "f", "F":
            var decimal = ExactDecimal(number)
            let count = precision ?? 6
            decimal.round(to: decimal.point + count)
            return plain(decimal, count)
        case "e", "E":
            var decimal = ExactDecimal(number)
            let count = precision ?? 6
            decimal.round(to: count + 1)
            return scientific(decimal, count, isUpper: verb == "E")
        default: return general(number, precision, isUpper: verb == "G")
        }
    }

    private static func general(_ number: Double, _ precision: Int?, isUpper: Bool) -> String {
        var decimal = precision == nil ? ExactDecimal(shortest: number) : ExactDecimal(number)
        var limit = 6
        if let precision {
            decimal.round(to: max(1, precision))
            limit = max(1, precision)
            if limit > decimal.digits.count, decimal.digits.count >= decimal.point {
                limit = decimal.digits.count
            }
        }
        let exponent = decimal.point - 1
        if exponent < -4 || exponent >= limit {
            return scientific(decimal, decimal.digits.count - 1, isUpper: isUpper)
        }
        return plain(decimal, max(0, decimal.digits.count - decimal.point))
    }

    private static func plain(_ decimal: ExactDecimal, _ fraction: Int) -> String {
        let whole = max(1, decimal.point)
        var bytes: [UInt8] = []
        for place in -whole..<0 { bytes.append(decimal.digit(place)) }
        if fraction > 0 {
            bytes.append(UInt8(ascii: "."))
            for place in 0..<fraction { bytes.append(decimal.digit(place)) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func scientific(
        _ decimal: ExactDecimal, _ fraction: Int, isUpper: Bool
    ) -> String {
        let first = -decimal.point
        var bytes = [decimal.digit(first)]
        if fraction > 0 {
            bytes.append(UInt8(ascii: "."))
            for place in first + 1...first + fraction { bytes.append(decimal.digit(place)) }
        }
        let exponent = decimal.digits.isEmpty ? 0 : decimal.point - 1
        let digits = String(exponent.magnitude)
        return String(decoding: bytes, as: UTF8.self) + (isUpper ? "E" : "e")
            + (exponent < 0 ? "-" : "+") + (digits.utf8.count < 2 ? "0" : "") + digits
    }
}

/// Text in quotation marks, as Go's `strconv.Quote` writes it.
enum GoQuoting {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars { result += escaped(scalar) }
        return result + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\u{7}": "\\a"
        case "\u{8}": "\\b"
        case "\u{c}": "\\f"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\u{b}": "\\v"
        case "\u{0}"..<" ", "\u{7f}": "\\x" + hexadecimal(scalar, 2)
        default: isPrintable(scalar) ? String(Character(scalar)) : unprintable(scalar)
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func unprintable(_ scalar: Unicode.Scalar) -> String {
        scalar.value < 0x10000
            ? "\\u" + hexadecimal(scalar, 4) : "\\U" + hexadecimal(scalar, 8)
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar, _ count: Int) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }
}
