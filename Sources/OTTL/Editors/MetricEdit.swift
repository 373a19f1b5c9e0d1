import OTLP
import Primitives

/// What an editor does to a whole metric.
enum MetricEdit: Sendable {
    case sumToGauge
    case gaugeToSum(temporality: Int64, isMonotonic: Bool)
    case scale(factor: Argument, unit: Argument)
}

extension MetricEdit {
    func apply(
        to subject: borrowing Subject, into output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        guard let points = subject.record.points else { return .none }
        switch self {
        case .sumToGauge:
            guard points.tag == MetricTag.sum else { return .none }
            return try subject.revised(.metric, into: &output) { metric, output in
                output.append(metric, rewritingPoints: points, as: MetricTag.gauge) {
                    $1.append($0, only: MetricPointsTag.dataPoints)
                }
            }
        case .gaugeToSum(let temporality, let isMonotonic):
            guard points.tag == MetricTag.gauge else { return .none }
            return try subject.revised(.metric, into: &output) { metric, output in
                output.append(metric, rewritingPoints: points, as: MetricTag.sum) {
                    list, output in
                    output.append(list, only: MetricPointsTag.dataPoints)
                    output.appendEnumeration(
                        MetricPointsTag.aggregationTemporality, temporality)
                    if isMonotonic { output.appendField(MetricPointsTag.isMonotonic, varint: 1) }
                }
            }
        case .scale(let factor, let unit):
            guard case .double(let factor) = try factor.value(for: subject) else { return .none }
            return try Self.scale(subject, points, factor, try unit.value(for: subject), &output)
        }
    }

    private static func scale(
        _ subject: borrowing Subject, _ points: WireField, _ factor: Double, _ unit: Value,
        _ output: inout ByteBuffer
    ) throws(EvaluationError) -> Edit {
        guard points.tag != MetricTag.exponentialHistogram else {
            throw .failed("scale_metric does not support exponential histograms")
        }
        return try subject.revised(.metric, into: &output) { metric, output in
            let start = output.count
            output.append(metric, rewritingPoints: points) { list, output in
                output.append(list, scaledBy: factor, points.tag)
            }
            guard case .string(let text) = unit else { return }
            let scaled = ByteBuffer(copying: output.bytes.extracting(start..<output.count))
            output.truncate(to: start)
            output.append(Message(scaled.bytes, 0..<scaled.count), without: MetricTag.unit)
            output.appendText(MetricTag.unit, text, in: metric.body)
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func append(
        _ list: borrowing Message, scaledBy factor: Double, _ points: UInt32
    ) {
        var cursor = WireCursor(list.body, at: list.range.lowerBound)
        while let field = cursor.nextField(before: list.range.upperBound) {
            guard field.tag == MetricPointsTag.dataPoints else {
                append(list.body.extracting(field.range))
                continue
            }
            let mark = open(field.tag, expectedSize: field.payload.count)
            append(point: Message(list.body, field.payload), scaledBy: factor, points)
            close(mark)
        }
    }

    private mutating func append(
        point: borrowing Message, scaledBy factor: Double, _ points: UInt32
    ) {
        let bytes = point.body
        var cursor = WireCursor(bytes, at: point.range.lowerBound)
        while let field = cursor.nextField(before: point.range.upperBound) {
            let isNumber = points == MetricTag.gauge || points == MetricTag.sum
            switch field.tag {
            case PointTag.int where isNumber:
                let number = Int64(bitPattern: WireCursor(bytes).word(at: field.payload.lowerBound))
                let scaled = Int64(wrapping: Double(number) * factor)
                appendField(field.tag, fixed64: UInt64(bitPattern: scaled))
            case let tag where tag & 7 == WireType.fixed64 && Self.isScaled(tag, points):
                append(field, of: bytes, scaledBy: factor)
            case PointTag.explicitBounds where points == MetricTag.histogram:
                appendHeader(field.tag, size: field.payload.count)
                for offset in stride(
                    from: field.payload.lowerBound, to: field.payload.upperBound - 7, by: 8)
                {
                    let number = Double(bitPattern: WireCursor(bytes).word(at: offset))
                    appendFixed64((number * factor).bitPattern)
                }
            case PointTag.quantileValues where points == MetricTag.summary:
                let mark = open(field.tag, expectedSize: field.payload.count)
                appendQuantile(Message(bytes, field.payload), scaledBy: factor)
                close(mark)
            default: append(bytes.extracting(field.range))
            }
        }
    }

    /// Doubles of a data point that are in the metric's unit: values, sums, the least and the
    /// greatest value, bounds that are not packed.
    private static func isScaled(_ tag: UInt32, _ points: UInt32) -> Bool {
        switch points {
        case MetricTag.gauge, MetricTag.sum: tag == PointTag.double
        case MetricTag.summary: tag == PointTag.sum
        default:
            tag == PointTag.sum || tag == 11 << 3 | 1 || tag == 12 << 3 | 1 || tag == 7 << 3 | 1
        }
    }

    private mutating func append(_ field: WireField, of bytes: RawSpan, scaledBy factor: Double) {
        let number = Double(bitPattern: WireCursor(bytes).word(at: field.payload.lowerBound))
        appendField(field.tag, fixed64: (number * factor).bitPattern)
    }

    private mutating func appendQuantile(
        _ quantile: borrowing Message, scaledBy factor: Double
    ) {
        var cursor = WireCursor(quantile.body, at: quantile.range.lowerBound)
        while let field = cursor.nextField(before: quantile.range.upperBound) {
            if field.tag == 2 << 3 | 1 {
                append(field, of: quantile.body, scaledBy: factor)
            } else {
                append(quantile.body.extracting(field.range))
            }
        }
    }
}
