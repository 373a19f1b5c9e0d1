import OTLP
import Primitives

// Fields without keys behind them.

extension Path {
    func writeField(
        _ value: Value, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        if case .point(let point) = field.form {
            return try write(value, to: point, for: subject, into: &output)
        }
        if field.form == .aggregationTemporality || field.form == .isMonotonic {
            return try writeToPoints(value, for: subject, into: &output)
        }
        if case .string(let text) = value, field.form == .text,
            subject.isText(text, of: context, field.tag)
        {
            return .none
        }
        return try subject.revised(context, into: &output) {
            (message, output) throws(EvaluationError) in
            try self.append(message, value, to: &output)
        }
    }

    /// The message with the field changed.
    private func append(
        _ message: borrowing Message, _ value: Value, to output: inout ByteBuffer
    ) throws(EvaluationError) {
        switch field.form {
        case .status, .statusCode, .statusMessage:
            return try appendStatus(message, value, to: &output)
        case .messages(let kind):
            guard case .object(let list) = value, list.kind == kind else {
                throw .mismatch(expected: kind.rawValue, found: value.kind)
            }
            output.append(message, without: field.tag)
            output.append(Message(message.body, list.range), only: list.tag)
            return
        case .attributes:
            guard case .map(let map) = value else {
                throw .mismatch(expected: "map", found: value.kind)
            }
            output.append(message, without: field.tag)
            return try output.appendPairs(of: map, field.tag, in: message.body)
        default: break
        }
        output.append(message, withoutNumber: field.tag >> 3)
        try appendScalar(value, in: message.body, to: &output)
    }

    /// The field itself.
    private func appendScalar(
        _ value: Value, in body: RawSpan, to output: inout ByteBuffer
    ) throws(EvaluationError) {
        let tag = field.tag
        switch (field.form, value) {
        case (.text, .string(let text)), (.traceState, .string(let text)):
            output.appendText(tag, text, in: body)
        case (.unsigned, .int(let number)):
            output.appendField(tag, varint: UInt64(UInt32(truncatingIfNeeded: number)))
        case (.fixed32, .int(let number)):
            output.appendField(tag, fixed32: UInt32(truncatingIfNeeded: number))
        case (.enumeration, .int(let number)): output.appendEnumeration(tag, number)
        case (.kindText, .string(let text)), (.kindName, .string(let text)):
            output.appendEnumeration(tag, try kind(named: body.copy(of: text)))
        case (.nanoseconds, .int(let number)):
            output.appendField(tag, fixed64: UInt64(bitPattern: number))
        case (.time, .time(let time)):
            output.appendField(tag, fixed64: UInt64(bitPattern: time.unixNanoseconds))
        case (.traceID, .traceID(let id)): output.appendID(tag, [id.high, id.low])
        case (.spanID, .spanID(let id)): output.appendID(tag, [id])
        case (.traceIDText, .string(let text)):
            output.appendID(tag, try Self.words(2, in: body.copy(of: text)))
        case (.spanIDText, .string(let text)):
            output.appendID(tag, try Self.words(1, in: body.copy(of: text)))
        case (.value, _):
            let mark = output.open(tag)
            try output.appendAnyValue(value, in: body)
            output.close(mark)
        case (.valueText, .string(let text)):
            let mark = output.open(tag)
            output.appendText(AnyValueTag.string, text, in: body)
            output.close(mark)
        default: throw .mismatch(expected: expectation, found: value.kind)
        }
    }

    private var expectation: String {
        switch field.form {
        case .unsigned, .fixed32, .enumeration, .nanoseconds: "int"
        case .time: "time"
        case .traceID: "trace id"
        case .spanID: "span id"
        default: "string"
        }
    }

    private func kind(named name: [UInt8]) throws(EvaluationError) -> Int64 {
        for number in 0..<Int64(SpanKind.texts.count) {
            let text = field.form == .kindText ? SpanKind.text(number) : SpanKind.name(number)
            if case .own(name) = text { return number }
        }
        throw .failed("unknown span kind '\(String(decoding: name, as: UTF8.self))'")
    }

    private static func words(
        _ count: Int, in digits: [UInt8]
    ) throws(EvaluationError) -> [UInt64] {
        var words: [UInt64] = []
        for index in 0..<count where digits.count == count * 16 {
            let part = String(decoding: digits[index * 16..<index * 16 + 16], as: UTF8.self)
            if !part.hasPrefix("+"), let word = UInt64(part, radix: 16) { words.append(word) }
        }
        guard words.count == count else {
            throw .failed("an id has \(count * 16) hexadecimal digits")
        }
        return words
    }

    // MARK: Status

    private func appendStatus(
        _ span: borrowing Message, _ value: Value, to output: inout ByteBuffer
    ) throws(EvaluationError) {
        output.append(span, without: SpanTag.status)
        let status = Message(span.body, span.field(SpanTag.status)?.payload ?? 0..<0)
        switch (field.form, value) {
        case (.status, .object(let object)) where object.kind == .status:
            output.appendField(SpanTag.status, bytes: span.body.extracting(object.range))
        case (.statusCode, .int(let number)):
            let mark = output.open(SpanTag.status)
            output.append(status, withoutNumber: StatusTag.code >> 3)
            output.appendEnumeration(StatusTag.code, number)
            output.close(mark)
        case (.statusMessage, .string(let text)):
            let mark = output.open(SpanTag.status)
            output.append(status, without: StatusTag.message)
            output.appendText(StatusTag.message, text, in: span.body)
            output.close(mark)
        default:
            let expected =
                field.form == .status ? "status" : field.form == .statusCode ? "int" : "string"
            throw .mismatch(expected: expected, found: value.kind)
        }
    }

    // MARK: What a metric has once for all its points

    private func writeToPoints(
        _ value: Value, for subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        let points = subject.record.points
        let tag: UInt32
        let number: Int64
        switch (field.form, value) {
        case (.isMonotonic, .bool(let bool)):
            guard points?.tag == MetricTag.sum else { return .none }
            tag = MetricPointsTag.isMonotonic
            number = bool ? 1 : 0
        case (.aggregationTemporality, .int(let int)):
            guard let points, points.tag != MetricTag.gauge, points.tag != MetricTag.summary
            else { return .none }
            tag = MetricPointsTag.aggregationTemporality
            number = int
        default:
            throw .mismatch(
                expected: field.form == .isMonotonic ? "bool" : "int", found: value.kind)
        }
        return try subject.revised(context, into: &output) { metric, output in
            output.append(metric, rewritingPoints: points) { list, output in
                output.append(list, withoutNumber: tag >> 3)
                output.appendEnumeration(tag, number)
            }
        }
    }
}

extension ByteBuffer {
    /// An enum or bool: 32 bits with their sign.
    mutating func appendEnumeration(_ tag: UInt32, _ number: Int64) {
        let signed = Int64(Int32(truncatingIfNeeded: number))
        appendField(tag, varint: UInt64(bitPattern: signed))
    }

    /// An id; nothing if it is all zeros.
    fileprivate mutating func appendID(_ tag: UInt32, _ words: [UInt64]) {
        if words.allSatisfy({ $0 == 0 }) { return }
        appendHeader(tag, size: words.count * 8)
        for word in words { appendFixed64(word.byteSwapped) }
    }

    /// The fields of a message with a tag.
    mutating func append(_ message: borrowing Message, only tag: UInt32) {
        var cursor = WireCursor(message.body, at: message.range.lowerBound)
        while let field = cursor.nextField(before: message.range.upperBound) {
            if field.tag == tag { append(message.body.extracting(field.range)) }
        }
    }

    /// A metric with what becomes of its points, perhaps as points of another type.
    mutating func append(
        _ metric: borrowing Message, rewritingPoints points: WireField?, as tag: UInt32? = nil,
        _ write: (borrowing Message, inout ByteBuffer) -> Void
    ) {
        var cursor = WireCursor(metric.body, at: metric.range.lowerBound)
        while let field = cursor.nextField(before: metric.range.upperBound) {
            guard field == points else {
                append(metric.body.extracting(field.range))
                continue
            }
            let mark = open(tag ?? field.tag, expectedSize: field.payload.count)
            write(Message(metric.body, field.payload), &self)
            close(mark)
        }
    }
}

extension Subject {
    /// Whether a field of a context's message is this text.
    fileprivate func isText(_ text: Text, of context: PathContext, _ tag: UInt32) -> Bool {
        let message = message(of: context)
        guard let field = message.field(tag) else { return false }
        return body.withBytes(of: text) { $0.hasSameBytes(as: body.extracting(field.payload)) }
    }
}
