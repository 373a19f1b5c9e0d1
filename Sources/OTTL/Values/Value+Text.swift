import OTLP
import Primitives

/// The text of values, as otelcol writes it.
extension RawSpan {
    /// What a parameter of kind `stringLike` makes of a value; `nil` stays `nil`.
    package func likeText(_ value: Value) throws(EvaluationError) -> Text? {
        switch value {
        case .none: nil
        case .string(let text): text
        case .bytes(let text): hexadecimal(text)
        case .int(let number): Text(String(number))
        case .bool(let bool): Text(bool ? "true" : "false")
        case .double(let number) where !number.isFinite:
            throw .failed("a double that is no number has no text")
        default: .own(try json(value))
        }
    }

    private func hexadecimal(_ text: Text) -> Text {
        var buffer = ByteBuffer(capacity: text.count &* 2)
        withBytes(of: text) { buffer.appendHexadecimal($0) }
        return .own(buffer.bytes.withUnsafeBytes { [UInt8]($0) })
    }

    /// What Go's encoding/json makes of a value: keys in order, `<`, `>` and `&` escaped, bytes in
    /// base64.
    package func json(_ value: Value) throws(EvaluationError) -> [UInt8] {
        var writer = JSONWriter()
        try writer.append(value, in: self)
        return writer.finish()
    }
}

/// Writes values as Go's encoding/json does.
private struct JSONWriter: ~Copyable {
    private var output = ByteBuffer(capacity: 64)

    consuming func finish() -> [UInt8] {
        output.bytes.withUnsafeBytes { [UInt8]($0) }
    }

    mutating func append(_ value: Value, in body: RawSpan) throws(EvaluationError) {
        switch value {
        case .none: output.append("null" as StaticString)
        case .bool(let bool): output.append(bool ? "true" : "false" as StaticString)
        case .int(let number), .duration(let number): output.appendDecimal(number)
        case .double(let number):
            guard number.isFinite else {
                throw .failed("a double that is no number has no text")
            }
            output.appendShortest(number)
        case .string(let text): appendString(body.copy(of: text))
        case .bytes(let text):
            output.append(UInt8(ascii: "\""))
            body.withBytes(of: text) { output.appendBase64($0) }
            output.append(UInt8(ascii: "\""))
        case .list(let list): try append(list: body.elements(of: list), in: body)
        case .map(let map): try append(map: body.entries(of: map), in: body)
        case .time(let time): appendString(Array(time.description.utf8))
        case .traceID(let id), .profileID(let id): appendString(Array(id.description.utf8))
        case .spanID(let id): appendString(id.hexadecimalDigits)
        case .object, .pattern, .function:
            throw .mismatch(expected: "a value with a text", found: value.kind)
        }
    }

    private mutating func append(
        list: [Value], in body: RawSpan
    ) throws(EvaluationError) {
        output.append(UInt8(ascii: "["))
        for (index, element) in list.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            try append(element, in: body)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// Of equal keys, the last one counts, as in a map of Go.
    private mutating func append(
        map: [MapEntry], in body: RawSpan
    ) throws(EvaluationError) {
        var sorted = Array(map.enumerated())
        sorted.sort { left, right in
            left.element.key == right.element.key
                ? left.offset < right.offset
                : left.element.key.lexicographicallyPrecedes(right.element.key)
        }
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        for (index, entry) in sorted.enumerated() {
            if index + 1 < sorted.count, sorted[index + 1].element.key == entry.element.key {
                continue
            }
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            appendString(entry.element.key)
            output.append(UInt8(ascii: ":"))
            try append(entry.element.value, in: body)
        }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func appendString(_ bytes: [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { append(scalar) }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": output.append("\\\"" as StaticString)
        case "\\": output.append("\\\\" as StaticString)
        case "\n": output.append("\\n" as StaticString)
        case "\r": output.append("\\r" as StaticString)
        case "\t": output.append("\\t" as StaticString)
        case "\u{8}": output.append("\\b" as StaticString)
        case "\u{c}": output.append("\\f" as StaticString)
        case "\u{0}"..<" ", "<", ">", "&", "\u{2028}", "\u{2029}":
            let digits = String(scalar.value, radix: 16)
            output.append("\\u" as StaticString)
            output.append(String(repeating: "0", count: 4 - digits.utf8.count) + digits)
        default: output.append(String(Character(scalar)))
        }
    }
}

extension UInt64 {
    /// Sixteen lower-case digits.
    package var hexadecimalDigits: [UInt8] {
        (0..<16).map { index in
            let nibble = UInt8(truncatingIfNeeded: self >> UInt64(60 - index * 4)) & 15
            return nibble < 10 ? nibble + 0x30 : nibble + 0x57
        }
    }
}

extension TraceID {
    /// 32 lower-case digits.
    package var hexadecimalDigits: [UInt8] { high.hexadecimalDigits + low.hexadecimalDigits }
}

extension Time: CustomStringConvertible {
    /// RFC 3339, with as many digits of the second as it takes.
    package var description: String {
        let local = seconds &+ zoneOffset
        let days = Calendar.days(since1970: local)
        let second = local &- days &* 86_400
        let (year, month, day) = Calendar.date(daysSince1970: days)
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }
        let date = [Self.padded(year, 4), Self.padded(month, 2), Self.padded(day, 2)]
        return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + fraction + zone
    }

    private var fraction: String {
        if nanoseconds == 0 { return "" }
        var digits = Self.padded(nanoseconds, 9)
        while digits.hasSuffix("0") { digits.removeLast() }
        return "." + digits
    }

    private var zone: String {
        if zoneOffset == 0 { return "Z" }
        let minutes = zoneOffset.magnitude / 60
        let sign = zoneOffset < 0 ? "-" : "+"
        return sign + Self.padded(Int64(minutes / 60), 2) + ":"
            + Self.padded(Int64(minutes % 60), 2)
    }

    static func padded(_ number: Int64, _ count: Int) -> String {
        let digits = String(number.magnitude)
        let zeros = String(repeating: "0", count: Swift.max(0, count - digits.utf8.count))
        return (number < 0 ? "-" : "") + zeros + digits
    }
}
