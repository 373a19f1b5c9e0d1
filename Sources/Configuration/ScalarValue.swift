/// What a scalar means, by the rules that otelcol's YAML library has.
///
/// They are YAML 1.2's core schema with two things of YAML 1.1: integers may have underscores, and
/// a leading zero means octal (`0123` is 83). `yes`, `no`, `on` and `off` are strings; so are
/// dates.
package enum ScalarValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
}

extension Scalar {
    package var value: ScalarValue {
        switch tag {
        case "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary", "!": .string(text)
        case nil: isPlain ? Self.resolved(text) : .string(text)
        default: Self.resolved(text)
        }
    }

    /// A word of letters that is not in this table is a string.
    private static let words: [String: ScalarValue] = [
        "": .null, "~": .null, "null": .null, "Null": .null, "NULL": .null,
        "true": .boolean(true), "True": .boolean(true), "TRUE": .boolean(true),
        "false": .boolean(false), "False": .boolean(false), "FALSE": .boolean(false),
        ".nan": .number(.nan), ".NaN": .number(.nan), ".NAN": .number(.nan),
        ".inf": .number(.infinity), ".Inf": .number(.infinity), ".INF": .number(.infinity),
        "+.inf": .number(.infinity), "+.Inf": .number(.infinity), "+.INF": .number(.infinity),
        "-.inf": .number(-.infinity), "-.Inf": .number(-.infinity), "-.INF": .number(-.infinity),
    ]

    private static func resolved(_ text: String) -> ScalarValue {
        if let word = words[text] { return word }
        guard let first = text.utf8.first, isNumberStart(first) else { return .string(text) }
        let digits = text.filter { $0 != "_" }
        if let integer = integer(digits) { return .integer(integer) }
        if isDecimalNumber(digits), let number = Double(digits) { return .number(number) }
        return .string(text)
    }

    private static func isNumberStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// Decimal, `0x`, `0o`, `0b`, and a leading `0` for octal, with an optional sign.
    static func integer(_ text: String) -> Int? {
        var digits = Substring(text)
        var sign = ""
        if let first = digits.first, first == "+" || first == "-" {
            sign = String(first)
            digits.removeFirst()
        }
        // `Int("+5")` is 5: a second sign must not pass.
        guard let first = digits.first, first != "+", first != "-" else { return nil }
        guard first == "0", digits.count > 1 else { return Int(sign + digits) }
        let radix: Int
        switch digits.dropFirst().first {
        case "x", "X": radix = 16
        case "o", "O": radix = 8
        case "b", "B": radix = 2
        default: return Int(sign + digits.dropFirst(), radix: 8)
        }
        let body = digits.dropFirst(2)
        guard let next = body.first, next != "+", next != "-" else { return nil }
        return Int(sign + body, radix: radix)
    }

    /// `[-+]? ( . digits | digits [. digits*] ) ( [eE] [-+]? digits )?`
    private static func isDecimalNumber(_ text: String) -> Bool {
        var rest = Substring(text)
        func takeDigits() -> Int {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        func takeSign() {
            if rest.first == "+" || rest.first == "-" { rest.removeFirst() }
        }
        takeSign()
        var digitCount = takeDigits()
        if rest.first == "." {
            rest.removeFirst()
            digitCount += takeDigits()
        }
        guard digitCount > 0 else { return false }
        if rest.first == "e" || rest.first == "E" {
            rest.removeFirst()
            takeSign()
            guard takeDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
