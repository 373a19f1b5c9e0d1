import Primitives

/// Values as text, the way otelcol's `AsString` writes them.
extension AnyValue {
    /// Appends a string as it is, bytes in base64, lists and maps as JSON, numbers in the shortest
    /// form, and nothing for the empty value.
    package func appendText(to buffer: inout ByteBuffer) {
        switch kind {
        case .empty: break
        case .string: buffer.append(bytes)
        case .bool: buffer.append(bool == true ? "true" : "false" as StaticString)
        case .int: buffer.appendDecimal(int ?? 0)
        case .double: Self.append(double ?? 0, to: &buffer)
        case .bytes: buffer.appendBase64(bytes)
        case .array, .keyValueList: appendJSON(to: &buffer)
        }
    }

    private static func append(_ value: Double, to buffer: inout ByteBuffer) {
        if !value.isFinite { buffer.append("json: unsupported value: " as StaticString) }
        value.isFinite ? buffer.appendShortest(value) : buffer.appendPositional(value)
    }

    private func appendJSON(to buffer: inout ByteBuffer) {
        var own = ByteBuffer()
        swap(&own, &buffer)
        var writer = TextWriter(body, appendingTo: own)
        kind == .array ? writer.jsonArray(payload) : writer.jsonObject(payload)
        buffer = writer.finish()
    }
}

extension ByteBuffer {
    /// As Go's `%f` with as few digits as tell the number apart: never with an exponent.
    package mutating func appendPositional(_ value: Double) {
        guard value.isFinite else {
            return append(value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" as StaticString)
        }
        let decimal = ShortestDecimal(value)
        let point = decimal.digitCount + decimal.exponent
        guard decimal.exponent < 0, point <= 0 else { return appendPlain(decimal) }
        if decimal.isNegative { append(UInt8(ascii: "-")) }
        append("0." as StaticString)
        for _ in point..<0 { append(UInt8(ascii: "0")) }
        appendDecimal(decimal.digits)
    }
}
