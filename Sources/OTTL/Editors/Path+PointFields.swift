import OTLP
import Primitives

// Fields of data points. What a type of metric does not have is left alone.

extension Path {
    func write(
        _ value: Value, to point: PointField, for subject: borrowing Subject,
        into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        let points = subject.pointsTag
        guard point.isField(of: points) else { return .none }
        return try subject.revised(context, into: &output) {
            (message, output) throws(EvaluationError) in
            switch point {
            case .attributes:
                let tag = PointTag.attributes(of: points)
                guard case .map(let map) = value else {
                    throw .mismatch(expected: "map", found: value.kind)
                }
                output.append(message, without: tag)
                try output.appendPairs(of: map, tag, in: message.body)
            case .positive, .positiveOffset, .positiveCounts:
                try output.appendBuckets(message, point, PointTag.positive, value)
            case .negative, .negativeOffset, .negativeCounts:
                try output.appendBuckets(message, point, PointTag.negative, value)
            case .quantileValues:
                try output.appendList(message, PointTag.quantileValues, .quantiles, value)
            case .exemplars:
                try output.appendList(message, PointTag.exemplars(of: points), .exemplars, value)
            default: try output.appendNumber(message, point, points, value)
            }
        }
    }
}

extension PointField {
    /// Whether data points of a type have the field.
    fileprivate func isField(of points: UInt32) -> Bool {
        let isNumber = points == MetricTag.gauge || points == MetricTag.sum
        switch self {
        case .attributes, .startTime, .startNanoseconds, .time, .nanoseconds, .flags: return true
        case .valueInt, .valueDouble: return isNumber
        case .count, .sum: return !isNumber && points != 0
        case .bucketCounts, .explicitBounds: return points == MetricTag.histogram
        case .quantileValues: return points == MetricTag.summary
        case .exemplars: return PointTag.exemplars(of: points) != 0
        case .scale, .zeroCount, .positive, .positiveOffset, .positiveCounts, .negative,
            .negativeOffset, .negativeCounts:
            return points == MetricTag.exponentialHistogram
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func appendNumber(
        _ point: borrowing Message, _ field: PointField, _ points: UInt32, _ value: Value
    ) throws(EvaluationError) {
        switch (field, value) {
        case (.startTime, .time(let time)), (.time, .time(let time)):
            let tag = field == .time ? PointTag.time : PointTag.startTime
            append(point, tag, fixed64: UInt64(bitPattern: time.unixNanoseconds))
        case (.startNanoseconds, .int(let number)):
            append(point, PointTag.startTime, fixed64: UInt64(bitPattern: number))
        case (.nanoseconds, .int(let number)):
            append(point, PointTag.time, fixed64: UInt64(bitPattern: number))
        case (.flags, .int(let number)):
            let tag = PointTag.flags(of: points)
            append(point, withoutNumber: tag >> 3)
            appendField(tag, varint: UInt64(UInt32(truncatingIfNeeded: number)))
        case (.valueInt, .int(let number)):
            append(point, withoutNumber: PointTag.double >> 3, PointTag.int >> 3)
            appendField(PointTag.int, fixed64: UInt64(bitPattern: number))
        case (.valueDouble, .double(let number)):
            append(point, withoutNumber: PointTag.double >> 3, PointTag.int >> 3)
            appendField(PointTag.double, fixed64: number.bitPattern)
        case (.count, .int(let number)):
            append(point, PointTag.count, fixed64: UInt64(bitPattern: number))
        case (.sum, .double(let number)):
            append(point, PointTag.sum, fixed64: number.bitPattern)
        case (.zeroCount, .int(let number)):
            append(point, PointTag.zeroCount, fixed64: UInt64(bitPattern: number))
        case (.scale, .int(let number)):
            append(point, withoutNumber: PointTag.scale >> 3)
            appendField(PointTag.scale, zigZag: Int64(Int32(truncatingIfNeeded: number)))
        case (.bucketCounts, .list(let list)):
            let numbers = try point.body.numbers(in: list) { $0.intBits }
            append(point, PointTag.bucketCounts, packed: numbers)
        case (.explicitBounds, .list(let list)):
            let numbers = try point.body.numbers(in: list) { $0.doubleBits }
            append(point, PointTag.explicitBounds, packed: numbers)
        default: throw .mismatch(expected: field.expectation, found: value.kind)
        }
    }

    private mutating func append(
        _ message: borrowing Message, _ tag: UInt32, fixed64 bits: UInt64
    ) {
        append(message, withoutNumber: tag >> 3)
        appendField(tag, fixed64: bits)
    }

    private mutating func append(
        _ message: borrowing Message, _ tag: UInt32, packed numbers: [UInt64]
    ) {
        append(message, withoutNumber: tag >> 3)
        appendHeader(tag, size: numbers.count * 8)
        for number in numbers { appendFixed64(number) }
    }

    fileprivate mutating func appendBuckets(
        _ point: borrowing Message, _ field: PointField, _ tag: UInt32, _ value: Value
    ) throws(EvaluationError) {
        let body = point.body
        let buckets = Message(body, point.field(tag)?.payload ?? 0..<0)
        append(point, without: tag)
        switch (field, value) {
        case (.positive, .object(let object)) where object.kind == .buckets,
            (.negative, .object(let object)) where object.kind == .buckets:
            appendField(tag, bytes: body.extracting(object.range))
        case (.positiveOffset, .int(let number)), (.negativeOffset, .int(let number)):
            let mark = open(tag)
            append(buckets, withoutNumber: PointTag.bucketsOffset >> 3)
            appendField(
                PointTag.bucketsOffset, zigZag: Int64(Int32(truncatingIfNeeded: number)))
            close(mark)
        case (.positiveCounts, .list(let list)), (.negativeCounts, .list(let list)):
            let numbers = try body.numbers(in: list) { $0.intBits }
            let mark = open(tag)
            append(buckets, withoutNumber: PointTag.bucketsCounts >> 3)
            let list = open(PointTag.bucketsCounts)
            for number in numbers { appendVarint(number) }
            close(list)
            close(mark)
        default: throw .mismatch(expected: field.expectation, found: value.kind)
        }
    }

    fileprivate mutating func appendList(
        _ point: borrowing Message, _ tag: UInt32, _ kind: ObjectValue.Kind, _ value: Value
    ) throws(EvaluationError) {
        guard case .object(let list) = value, list.kind == kind else {
            throw .mismatch(expected: kind.rawValue, found: value.kind)
        }
        append(point, without: tag)
        var cursor = WireCursor(point.body, at: list.range.lowerBound)
        while let field = cursor.nextField(before: list.range.upperBound) {
            if field.tag == list.tag {
                appendField(tag, bytes: point.body.extracting(field.payload))
            }
        }
    }
}

extension PointField {
    fileprivate var expectation: String {
        switch self {
        case .startTime, .time: "time"
        case .valueDouble, .sum: "double"
        case .bucketCounts, .positiveCounts, .negativeCounts: "list of ints"
        case .explicitBounds: "list of doubles"
        case .positive, .negative: "buckets"
        default: "int"
        }
    }
}

extension RawSpan {
    /// The numbers in a list, each as its bits; an error if one is of another kind.
    fileprivate func numbers(
        in list: ListValue, _ bits: (Value) -> UInt64?
    ) throws(EvaluationError) -> [UInt64] {
        var numbers: [UInt64] = []
        for element in elements(of: list) {
            guard let number = bits(element) else {
                throw .mismatch(expected: "a number of the list's kind", found: element.kind)
            }
            numbers.append(number)
        }
        return numbers
    }
}

extension Value {
    fileprivate var intBits: UInt64? {
        if case .int(let number) = self { UInt64(bitPattern: number) } else { nil }
    }

    fileprivate var doubleBits: UInt64? {
        if case .double(let number) = self { number.bitPattern } else { nil }
    }
}
