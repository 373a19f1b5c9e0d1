import OTLP
import Primitives

/// Conversion between the types of attributes, by otelcol's rules: what cannot be converted stays.
extension AttributeList {
    mutating func convert(
        _ index: Int, to target: AttributeAction.Target, in message: borrowing Message,
        _ scratch: inout ByteBuffer
    ) {
        scratch.removeAll()
        switch target {
        case .string:
            guard Self.append(textOf: value(at: index, in: message), to: &scratch) else { return }
        case .int:
            guard let int = Self.int(value(at: index, in: message)) else { return }
            scratch.appendValue(int: int)
        case .double:
            guard let double = Self.double(value(at: index, in: message)) else { return }
            scratch.appendValue(double: double)
        }
        set(index, encodedValue: scratch.bytes)
    }

    /// Appends a value that is no string as the content of an `AnyValue` that is one.
    private static func append(
        textOf value: borrowing AnyValue, to buffer: inout ByteBuffer
    ) -> Bool {
        if value.kind == .string { return false }
        let mark = buffer.open(AnyValueTag.string)
        value.appendText(to: &buffer)
        buffer.close(mark)
        return true
    }

    private static func int(_ value: borrowing AnyValue) -> Int64? {
        switch value.kind {
        case .double: Int64(truncatingLikeGo: value.double ?? 0)
        case .bool: value.bool == true ? 1 : 0
        case .string: Int64(decimal: value.bytes)
        default: nil
        }
    }

    private static func double(_ value: borrowing AnyValue) -> Double? {
        switch value.kind {
        case .int: Double(value.int ?? 0)
        case .bool: value.bool == true ? 1 : 0
        case .string: Double(goText: value.bytes)
        default: nil
        }
    }
}

extension Int64 {
    /// Towards zero; the lowest number for what does not fit, as on x86.
    init(truncatingLikeGo value: Double) {
        self = Int64(exactly: value.rounded(.towardZero)) ?? .min
    }

    /// As Go's `strconv.ParseInt` with base 10: digits, perhaps with a sign.
    init?(decimal text: RawSpan) {
        guard text.byteCount > 0 else { return nil }
        let sign = text.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        let isNegative = sign == UInt8(ascii: "-")
        let start = isNegative || sign == UInt8(ascii: "+") ? 1 : 0
        guard start < text.byteCount else { return nil }
        var value: Int64 = 0
        for offset in start..<text.byteCount {
            let byte = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let digit = Int64(byte &- 0x30)
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = tens.addingReportingOverflow(isNegative ? -digit : digit)
            if overflows || overflowsToo { return nil }
            value = sum
        }
        self = value
    }
}

extension Double {
    /// As Go's `strconv.ParseFloat`: decimal or hexadecimal, with underscores between digits;
    /// infinity and not a number by name. What is too large is none.
    init?(goText text: RawSpan) {
        let bytes = text.withUnsafeBytes { Array($0) }
        let lower = bytes.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
        if lower == Array("nan".utf8) {
            self = .nan
            return
        }
        let isSigned = lower.first == UInt8(ascii: "-") || lower.first == UInt8(ascii: "+")
        let number = lower.dropFirst(isSigned ? 1 : 0)
        if number.elementsEqual("inf".utf8) || number.elementsEqual("infinity".utf8) {
            self = lower.first == UInt8(ascii: "-") ? -.infinity : .infinity
            return
        }
        guard GoNumber.isValid(number) else { return nil }
        let digits = lower.filter { $0 != UInt8(ascii: "_") }
        guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else {
            return nil
        }
        self = value
    }
}

/// The syntax of Go's floating-point literals, in lower case and without a sign. (go.dev/ref/spec,
/// "Floating-point literals".)
private enum GoNumber {
    static func isValid(_ text: ArraySlice<UInt8>) -> Bool {
        let isHexadecimal = text.starts(with: "0x".utf8)
        var rest = text.dropFirst(isHexadecimal ? 2 : 0)
        var digitCount = takeDigits(&rest, isHexadecimal, mayStartWithUnderscore: isHexadecimal)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            digitCount += takeDigits(&rest, isHexadecimal)
        }
        guard digitCount > 0 else { return false }
        guard rest.first == UInt8(ascii: isHexadecimal ? "p" : "e") else {
            return rest.isEmpty && !isHexadecimal
        }
        rest.removeFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
            rest.removeFirst()
        }
        return takeDigits(&rest, false) > 0 && rest.isEmpty
    }

    /// How many digits stand at the start. An underscore that does not stand between two is left.
    private static func takeDigits(
        _ rest: inout ArraySlice<UInt8>, _ isHexadecimal: Bool,
        mayStartWithUnderscore: Bool = false
    ) -> Int {
        var count = 0
        var isBehindDigit = mayStartWithUnderscore
        while let byte = rest.first {
            if isDigit(byte, isHexadecimal) {
                count += 1
                isBehindDigit = true
            } else if byte == UInt8(ascii: "_"), isBehindDigit,
                let next = rest.dropFirst().first, isDigit(next, isHexadecimal)
            {
                isBehindDigit = false
            } else {
                break
            }
            rest.removeFirst()
        }
        return count
    }

    private static func isDigit(_ byte: UInt8, _ isHexadecimal: Bool) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            || isHexadecimal && UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
