import OTLP

/// The fields of data points. What a type of metric does not have reads as nothing.
extension Subject {
    func value(of field: PointField) -> Value {
        let point = Message(body, item)
        switch field {
        case .attributes:
            return .map(.inBody(item, tag: PointTag.attributes(of: pointsTag)))
        case .startTime: return .time(Time(unixNanoseconds: point.fixed64(PointTag.startTime) ?? 0))
        case .startNanoseconds: return Self.int(point.fixed64(PointTag.startTime))
        case .time: return .time(Time(unixNanoseconds: point.fixed64(PointTag.time) ?? 0))
        case .nanoseconds: return Self.int(point.fixed64(PointTag.time))
        case .flags: return Self.int(point.varint(PointTag.flags(of: pointsTag)))
        case .exemplars:
            let tag = PointTag.exemplars(of: pointsTag)
            return tag == 0 ? .none : .object(ObjectValue(.exemplars, item, tag: tag))
        case .valueInt, .valueDouble: return number(field, of: point)
        case .count, .sum: return total(field, of: point)
        case .bucketCounts, .explicitBounds: return histogram(field, of: point)
        case .quantileValues:
            guard pointsTag == MetricTag.summary else { return .none }
            return .object(ObjectValue(.quantiles, item, tag: PointTag.quantileValues))
        default: return exponential(field, of: point)
        }
    }

    private static func int(_ number: UInt64?) -> Value {
        .int(Int64(bitPattern: number ?? 0))
    }

    private var isNumber: Bool {
        pointsTag == MetricTag.gauge || pointsTag == MetricTag.sum
    }

    /// Of the two members of the oneof, the last one counts; the other one reads as zero.
    private func number(_ field: PointField, of point: borrowing Message) -> Value {
        guard isNumber else { return .none }
        let int = point.field(PointTag.int)
        let double = point.field(PointTag.double)
        let isInt = (int?.range.lowerBound ?? -1) > (double?.range.lowerBound ?? -1)
        if field == .valueInt {
            return isInt ? Self.int(point.fixed64(PointTag.int)) : .int(0)
        }
        let bits = isInt ? 0 : point.fixed64(PointTag.double) ?? 0
        return .double(Double(bitPattern: bits))
    }

    private func total(_ field: PointField, of point: borrowing Message) -> Value {
        if isNumber || pointsTag == 0 { return .none }
        if field == .count { return Self.int(point.fixed64(PointTag.count)) }
        return .double(Double(bitPattern: point.fixed64(PointTag.sum) ?? 0))
    }

    private func histogram(_ field: PointField, of point: borrowing Message) -> Value {
        guard pointsTag == MetricTag.histogram else { return .none }
        if field == .bucketCounts {
            return .list(.own(Self.ints(point.fixed64s(PointTag.bucketCounts))))
        }
        let bounds = point.fixed64s(PointTag.explicitBounds)
        return .list(.own(bounds.map { .double(Double(bitPattern: $0)) }))
    }

    private static func ints(_ numbers: [UInt64]) -> [Value] {
        numbers.map { .int(Int64(bitPattern: $0)) }
    }

    private func exponential(_ field: PointField, of point: borrowing Message) -> Value {
        guard pointsTag == MetricTag.exponentialHistogram else { return .none }
        switch field {
        case .scale: return .int(Self.signed(point.varint(PointTag.scale)))
        case .zeroCount: return Self.int(point.fixed64(PointTag.zeroCount))
        case .positive, .positiveOffset, .positiveCounts:
            return buckets(field, point.field(PointTag.positive)?.payload ?? 0..<0)
        default: return buckets(field, point.field(PointTag.negative)?.payload ?? 0..<0)
        }
    }

    private func buckets(_ field: PointField, _ range: Range<Int>) -> Value {
        let buckets = Message(body, range)
        switch field {
        case .positive, .negative: return .object(ObjectValue(.buckets, range))
        case .positiveOffset, .negativeOffset:
            return .int(Self.signed(buckets.varint(PointTag.bucketsOffset)))
        default: return .list(.own(Self.ints(buckets.varints(PointTag.bucketsCounts))))
        }
    }

    /// A `sint32`.
    private static func signed(_ varint: UInt64?) -> Int64 {
        Wire.zigZagDecoded(UInt64(UInt32(truncatingIfNeeded: varint ?? 0)))
    }
}
