import Primitives

/// Writes values by the verbs of a format. What does not fit is written as Go does:
/// `%!d(string=a)`.
struct GoFormatWriter {
    private(set) var output: [UInt8] = []

    mutating func write(_ format: GoFormat, _ values: [Value], in body: RawSpan) {
        var next = 0
        for piece in format.pieces {
            switch piece {
            case .text(let bytes): output += bytes
            case .noVerb: output += "%!(NOVERB)".utf8
            case .verb(let verb):
                if next < values.count {
                    write(values[next], verb, in: body)
                } else {
                    output += "%!\(verb.letter)(MISSING)".utf8
                }
                next += 1
            }
        }
        if next < values.count { writeExtra(values[next...], in: body) }
    }

    private mutating func writeExtra(_ values: ArraySlice<Value>, in body: RawSpan) {
        output += "%!(EXTRA ".utf8
        for (index, value) in values.enumerated() {
            if index > 0 { output += ", ".utf8 }
            writeWithType(value, in: body)
        }
        output += ")".utf8
    }

    private mutating func write(
        _ value: Value, _ verb: GoFormat.Verb, in body: RawSpan
    ) {
        switch value {
        case .none:
            if verb.letter == "v" {
                pad("<nil>", verb)
            } else {
                output += "%!\(verb.letter)(<nil>)".utf8
            }
        case .bool(let bool):
            guard "vt".contains(Character(verb.letter)) else { return misfit(value, verb, body) }
            pad(bool ? "true" : "false", verb)
        case .int(let number): write(number, value, verb, body)
        case .double(let number): write(number, value, verb, body)
        case .string(let text): write(bytes: body.copy(of: text), value, verb, body)
        case .bytes(let text):
            if verb.letter == "v" || verb.letter == "d" {
                pad("[\(body.copy(of: text).map(String.init).joined(separator: " "))]", verb)
            } else {
                write(bytes: body.copy(of: text), value, verb, body)
            }
        case .duration(let duration) where verb.letter == "d":
            write(duration, value, verb, body)
        case .time(let time) where "vs".contains(Character(verb.letter)):
            pad(Self.text(of: time), verb)
        default:
            // Whatever else there is has a text.
            write(bytes: body.plainText(of: value), value, verb, body)
        }
    }

    /// Go's `Time.String`.
    private static func text(of time: Time) -> [UInt8] {
        let format = try? TimeFormat("%Y-%m-%d %H:%M:%S.%s")
        let offset = time.zoneOffset == 0 ? Array(" +0000".utf8) : []
        let zone = try? TimeFormat(time.zoneOffset == 0 ? " %Z" : " %z %Z")
        return (format?.text(of: time) ?? []) + offset + (zone?.text(of: time) ?? [])
    }

    // MARK: Kinds

    private mutating func write(
        _ number: Int64, _ value: Value, _ verb: GoFormat.Verb, _ body: RawSpan
    ) {
        let prefixes: [Unicode.Scalar: String] = ["x": "0x", "X": "0X", "o": "0", "b": "0b"]
        switch verb.letter {
        case "v", "d": writeInteger(number, radix: 10, "", verb)
        case "x": writeInteger(number, radix: 16, prefixes["x"] ?? "", verb)
        case "X": writeInteger(number, radix: 16, prefixes["X"] ?? "", verb)
        case "o": writeInteger(number, radix: 8, prefixes["o"] ?? "", verb)
        case "O": writeInteger(number, radix: 8, "0o", verb, alwaysPrefixed: true)
        case "b": writeInteger(number, radix: 2, prefixes["b"] ?? "", verb)
        case "c": pad(String(Character(Self.scalar(number))), verb)
        case "q": pad("'\(Character(Self.scalar(number)))'", verb)
        case "U":
            let digits = String(UInt64(bitPattern: number), radix: 16, uppercase: true)
            pad("U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits, verb)
        default: misfit(value, verb, body)
        }
    }

    private static func scalar(_ number: Int64) -> Unicode.Scalar {
        UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
    }

    private mutating func writeInteger(
        _ number: Int64, radix: Int, _ prefix: String, _ verb: GoFormat.Verb,
        alwaysPrefixed: Bool = false
    ) {
        var digits = String(number.magnitude, radix: radix, uppercase: verb.letter == "X")
        if let precision = verb.precision {
            if precision == 0, number == 0 { return pad("", verb) }
            digits = String(repeating: "0", count: max(0, precision - digits.utf8.count)) + digits
        }
        let sign = sign(isNegative: number < 0, verb)
        let start = sign + (verb.isAlternate || alwaysPrefixed ? prefix : "")
        if verb.hasZeros, verb.precision == nil {
            let missing = verb.width - start.utf8.count - digits.utf8.count
            digits = String(repeating: "0", count: max(0, missing)) + digits
        }
        var verb = verb
        verb.hasZeros = false
        pad(start + digits, verb)
    }

    private func sign(isNegative: Bool, _ verb: GoFormat.Verb) -> String {
        isNegative ? "-" : verb.hasPlus ? "+" : verb.hasSpace ? " " : ""
    }

    private mutating func write(
        _ number: Double, _ value: Value, _ verb: GoFormat.Verb, _ body: RawSpan
    ) {
        guard "veEfFgG".contains(Character(verb.letter)) else { return misfit(value, verb, body) }
        var verb = verb
        let isNegative = number.sign == .minus && !number.isNaN
        guard number.isFinite else {
            verb.hasZeros = false
            let sign = number.isNaN ? sign(isNegative: false, verb) : isNegative ? "-" : "+"
            return pad(sign + (number.isNaN ? "NaN" : "Inf"), verb)
        }
        var digits = GoDouble.text(of: number.magnitude, verb.letter, verb.precision)
        let sign = sign(isNegative: isNegative, verb)
        if verb.hasZeros {
            let missing = verb.width - sign.utf8.count - digits.utf8.count
            digits = String(repeating: "0", count: max(0, missing)) + digits
            verb.hasZeros = false
        }
        pad(sign + digits, verb)
    }

    private mutating func write(
        bytes: [UInt8], _ value: Value, _ verb: GoFormat.Verb, _ body: RawSpan
    ) {
        switch verb.letter {
        case "v", "s": pad(Self.prefix(of: bytes, verb.precision), verb)
        case "q":
            let text = String(decoding: Self.prefix(of: bytes, verb.precision), as: UTF8.self)
            pad(GoQuoting.quoted(text), verb)
        case "x", "X":
            let part = verb.precision.map { Array(bytes.prefix($0)) } ?? bytes
            let digits = HexadecimalText.digits(of: part.span.bytes)
            pad(verb.letter == "X" ? digits.map(\.uppercased) : digits, verb)
        default: misfit(value, verb, body)
        }
    }

    /// So many characters, not bytes.
    private static func prefix(of bytes: [UInt8], _ count: Int?) -> [UInt8] {
        guard let count else { return bytes }
        let pieces = bytes.span.bytes.pieces(between: RawSpan())
        return count < pieces.count ? Array(bytes[..<pieces[count].lowerBound]) : bytes
    }

    // MARK: Padding and misfits

    private mutating func pad(_ text: String, _ verb: GoFormat.Verb) {
        pad(Array(text.utf8), verb)
    }

    private mutating func pad(_ text: [UInt8], _ verb: GoFormat.Verb) {
        let count = text.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        let filler = UInt8(ascii: verb.hasZeros ? "0" : " ")
        let padding = [UInt8](repeating: filler, count: max(0, verb.width - count))
        output += verb.isLeft ? text + padding : padding + text
    }

    private mutating func misfit(_ value: Value, _ verb: GoFormat.Verb, _ body: RawSpan) {
        output += "%!\(verb.letter)(".utf8
        writeWithType(value, in: body)
        output += ")".utf8
    }

    private mutating func writeWithType(_ value: Value, in body: RawSpan) {
        if value.isNone {
            output += "<nil>".utf8
        } else {
            output += "\(value.goType)=".utf8
            write(value, GoFormat.Verb(), in: body)
        }
    }
}

extension Value {
    /// The type's name in Go.
    fileprivate var goType: String {
        switch self {
        case .none, .pattern, .function, .object: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .bytes: "[]uint8"
        case .list: "pcommon.Slice"
        case .map: "pcommon.Map"
        case .time: "time.Time"
        case .duration: "time.Duration"
        case .traceID: "pcommon.TraceID"
        case .spanID: "pcommon.SpanID"
        case .profileID: "pprofile.ProfileID"
        }
    }
}
