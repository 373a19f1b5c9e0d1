import Primitives

/// Upper, lower, snake and camel case. The last two look at ASCII letters alone, and follow the
/// rules of the package that otelcol uses. (github.com/iancoleman/strcase)
enum CaseFunctions {
    static let all: [Function] = [
        Function("ToLowerCase", [.target(.string)]) { .string(lower($0.bytes(0))) },
        Function("ToUpperCase", [.target(.string)]) { .string(upper($0.bytes(0))) },
        Function("ToSnakeCase", [.target(.string)]) { .string(snake($0.bytes(0))) },
        Function("ToCamelCase", [.target(.string)]) { .string(camel($0.bytes(0))) },
        Function(
            "ConvertCase", [.target(.string), Parameter("to_case", .literal(.string))],
            binding: convert),
    ]

    private static func convert(
        _ literals: [Value?]
    ) throws(ArgumentMistake) -> Function.Implementation {
        let name = literals.literalText(1) ?? ""
        let change: @Sendable ([UInt8]) -> [UInt8]
        switch name {
        case "lower": change = lower
        case "upper": change = upper
        case "snake": change = snake
        case "camel": change = camel
        default:
            throw ArgumentMistake(
                1, "'\(name)' is not a case", hint: "use 'lower', 'upper', 'snake' or 'camel'")
        }
        return { .string(change($0.bytes(0))) }
    }

    private static func lower(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.map(\.lowercased) }
        return mapped(bytes) { scalar in
            // The only capital whose lower case is longer than one character.
            scalar == "\u{130}" ? "i" : scalar.properties.lowercaseMapping
        }
    }

    private static func upper(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.map(\.uppercased) }
        return mapped(bytes) { $0.properties.uppercaseMapping }
    }

    /// Character by character, as Go does: what would become longer stays as it is.
    private static func mapped(
        _ bytes: [UInt8], _ change: (Unicode.Scalar) -> String
    ) -> [UInt8] {
        var result = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let changed = change(scalar).unicodeScalars
            result.append(changed.count == 1 ? changed.first ?? scalar : scalar)
        }
        return Array(String(result).utf8)
    }

    /// `HTTPStatusCode2` becomes `http_status_code_2`.
    private static func snake(_ bytes: [UInt8]) -> [UInt8] {
        let bytes = trimmed(bytes)
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            guard index + 1 < bytes.count, isBorder(byte, bytes[index + 1]) else {
                result.append(isSeparator(byte) ? UInt8(ascii: "_") : byte.lowercased)
                continue
            }
            let next = bytes[index + 1]
            if byte.isUppercase, next.isLowercase, index > 0, bytes[index - 1].isUppercase {
                result.append(UInt8(ascii: "_"))
            }
            result.append(byte.lowercased)
            if !byte.isUppercase || next.isDigit { result.append(UInt8(ascii: "_")) }
        }
        return result
    }

    /// Where one kind of letter, or a digit, meets another.
    private static func isBorder(_ byte: UInt8, _ next: UInt8) -> Bool {
        (byte.isUppercase && (next.isLowercase || next.isDigit))
            || (byte.isLowercase && (next.isUppercase || next.isDigit))
            || (byte.isDigit && (next.isUppercase || next.isLowercase))
    }

    /// `http_status_code` becomes `HttpStatusCode`.
    private static func camel(_ bytes: [UInt8]) -> [UInt8] {
        let trimmed = trimmed(bytes)
        let bytes = trimmed.elementsEqual("ID".utf8) ? Array("id".utf8) : trimmed
        var result: [UInt8] = []
        var startsWord = true
        var followsCapital = false
        for byte in bytes {
            if byte.isUppercase || byte.isLowercase {
                let isLowered = followsCapital && byte.isUppercase && !startsWord
                result.append(
                    startsWord ? byte.uppercased : isLowered ? byte.lowercased : byte)
                startsWord = false
            } else if byte.isDigit {
                result.append(byte)
                startsWord = true
            } else {
                startsWord = isSeparator(byte)
            }
            followsCapital = byte.isUppercase
        }
        return result
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        Array(WhiteSpace.trimmed(bytes[...]))
    }
}

/// What Go's `strings.TrimSpace` takes away, of ASCII.
enum WhiteSpace {
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
}

extension UInt8 {
    var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    var isLowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var lowercased: UInt8 { isUppercase ? self + 32 : self }
    var uppercased: UInt8 { isLowercase ? self - 32 : self }
}
