import Primitives

/// Base64, hexadecimal digits and other encodings of text.
enum EncodingFunctions {
    static let all: [Function] = [
        Function("Hex", [.target(.bytesLike)]) { arguments in
            .string(arguments.withBytes(0) { HexadecimalText.digits(of: $0) })
        },
        Function(
            "Base64Encode", [.target(.string), .option("variant", default: .string("base64"))],
            binding: base64Encode),
        Function("Base64Decode", [.target(.string)]) { arguments throws(EvaluationError) in
            try decode(arguments, as: .base64(.standard))
        },
        Function("Decode", [.target(.any), Parameter("encoding", .string)], binding: decode),
    ]

    private static func base64Encode(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let name = literals.literalText(1) ?? "base64"
        guard let variant = Base64(named: name) else {
            throw ArgumentMistake(
                1, "'\(name)' is not a variant of base64",
                hint: "use 'base64', 'base64-raw', 'base64-url' or 'base64-raw-url'")
        }
        return { arguments in .string(arguments.withBytes(0) { variant.encoded($0) }) }
    }

    private static func decode(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        guard let name = literals.literalText(1) else {
            return { arguments throws(EvaluationError) in
                let name = arguments.string(1)
                guard let encoding = TextEncoding(named: name) else {
                    throw .failed("the encoding '\(name)' is not in this build")
                }
                return try decode(arguments, as: encoding)
            }
        }
        guard let encoding = TextEncoding(named: name) else {
            throw ArgumentMistake(
                1, "'\(name)' is not an encoding of this build",
                hint: "use one of base64, utf-8, utf-16, iso-8859-1 or windows-1252")
        }
        return { arguments throws(EvaluationError) in try decode(arguments, as: encoding) }
    }

    private static func decode(
        _ arguments: borrowing Arguments, as encoding: TextEncoding
    ) throws(EvaluationError) -> Value {
        switch arguments[0] {
        case .string, .bytes: return .string(try encoding.decoded(arguments.bytes(0)))
        default:
            throw .mismatch(expected: "a string or bytes", found: arguments[0].kind)
        }
    }
}

/// How bytes stand for text.
enum TextEncoding: Sendable {
    case base64(Base64)
    case utf8, latin1, windows1252
    case utf16(isBigEndian: Bool)

    init?(named name: String) {
        if let base64 = Base64(named: name) {
            self = .base64(base64)
            return
        }
        switch name.lowercased() {
        case "utf-8", "utf8", "ascii", "us-ascii": self = .utf8
        case "iso-8859-1", "iso8859-1", "latin1", "latin-1": self = .latin1
        case "windows-1252", "cp1252": self = .windows1252
        case "utf-16", "utf16", "utf-16le": self = .utf16(isBigEndian: false)
        case "utf-16be": self = .utf16(isBigEndian: true)
        default: return nil
        }
    }

    func decoded(_ bytes: [UInt8]) throws(EvaluationError) -> [UInt8] {
        switch self {
        case .base64(let variant):
            return try variant.decoded(WhiteSpace.trimmed(bytes[...]))
        case .utf8: return Array(String(decoding: bytes, as: UTF8.self).utf8)
        case .latin1: return text(bytes.map { Unicode.Scalar($0) })
        case .windows1252: return text(bytes.map(Self.windows1252Scalar))
        case .utf16(let isBigEndian):
            let units = stride(from: 0, to: bytes.count - 1, by: 2).map { offset in
                let first = UInt16(bytes[offset])
                let second = UInt16(bytes[offset + 1])
                return isBigEndian ? first << 8 | second : second << 8 | first
            }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        }
    }

    private func text(_ scalars: [Unicode.Scalar]) -> [UInt8] {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return Array(String(view).utf8)
    }

    /// Latin 1, but for 0x80 to 0x9F. (encoding.spec.whatwg.org, index windows-1252)
    private static func windows1252Scalar(_ byte: UInt8) -> Unicode.Scalar {
        let special: [UInt16] = [
            0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
            0x2039, 0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
            0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
        ]
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(special[Int(byte) - 0x80]) ?? Unicode.Scalar(byte)
    }
}

/// Base64 in four variants. (RFC 4648)
struct Base64: Sendable {
    static let standard = Base64(alphabet: alphabet("+/"), isPadded: true)

    private let alphabet: [UInt8]
    private let isPadded: Bool

    private init(alphabet: [UInt8], isPadded: Bool) {
        self.alphabet = alphabet
        self.isPadded = isPadded
    }

    init?(named name: String) {
        switch name {
        case "base64": self = .standard
        case "base64-raw": self.init(alphabet: Self.alphabet("+/"), isPadded: false)
        case "base64-url": self.init(alphabet: Self.alphabet("-_"), isPadded: true)
        case "base64-raw-url": self.init(alphabet: Self.alphabet("-_"), isPadded: false)
        default: return nil
        }
    }

    private static func alphabet(_ last: String) -> [UInt8] {
        Array(
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
    }

    func encoded(_ bytes: RawSpan) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.byteCount + 2) / 3 * 4)
        var offset = 0
        while offset < bytes.byteCount {
            let count = min(3, bytes.byteCount - offset)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(bytes.byte(offset + index)) : 0)
            }
            for index in 0...count {
                result.append(alphabet[Int(group >> UInt32(18 - 6 * index)) & 63])
            }
            if isPadded { for _ in count..<3 { result.append(UInt8(ascii: "=")) } }
            offset += 3
        }
        return result
    }

    /// Line breaks are skipped, as Go does; anything else that does not belong is an error.
    func decoded(_ text: ArraySlice<UInt8>) throws(EvaluationError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var paddings = 0
        for byte in text where byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
            if byte == UInt8(ascii: "="), isPadded {
                paddings += 1
                continue
            }
            guard paddings == 0, let value = value(of: byte) else { throw Self.malformed }
            group = group << 6 | value
            digits += 1
            guard digits == 4 else { continue }
            for shift in [16, 8, 0] as [UInt32] {
                result.append(UInt8(truncatingIfNeeded: group >> shift))
            }
            group = 0
            digits = 0
        }
        guard digits != 1, paddings == (isPadded && digits > 0 ? 4 - digits : 0) else {
            throw Self.malformed
        }
        if digits >= 2 { result.append(UInt8(truncatingIfNeeded: group >> (digits == 2 ? 4 : 10))) }
        if digits == 3 { result.append(UInt8(truncatingIfNeeded: group >> 2)) }
        return result
    }

    private static let malformed = EvaluationError.failed("the string is no base64")

    private func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case alphabet[62]: 62
        case alphabet[63]: 63
        default: nil
        }
    }
}

/// Bytes as hexadecimal digits, and back.
enum HexadecimalText {
    static func digits(of bytes: RawSpan) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.byteCount * 2)
        for offset in 0..<bytes.byteCount {
            result.append(digit(bytes.byte(offset) >> 4))
            result.append(digit(bytes.byte(offset) & 15))
        }
        return result
    }

    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// The bytes that pairs of digits stand for; nil if there is anything else.
    static func bytes(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1])
            else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
        default: nil
        }
    }
}
