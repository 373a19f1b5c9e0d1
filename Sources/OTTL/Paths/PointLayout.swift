import OTLP

/// Where the fields of data points are: each type of metric numbers them in its own way.
package enum PointTag {
    package static var startTime: UInt32 { 2 << 3 | 1 }
    package static var time: UInt32 { 3 << 3 | 1 }
    /// Number data points.
    package static var double: UInt32 { 4 << 3 | 1 }
    package static var int: UInt32 { 6 << 3 | 1 }
    /// Histograms and summaries.
    package static var count: UInt32 { 4 << 3 | 1 }
    package static var sum: UInt32 { 5 << 3 | 1 }
    /// Histograms: repeated `fixed64` and `double`.
    package static var bucketCounts: UInt32 { 6 << 3 | 2 }
    package static var explicitBounds: UInt32 { 7 << 3 | 2 }
    /// Exponential histograms.
    package static var scale: UInt32 { 6 << 3 }
    package static var zeroCount: UInt32 { 7 << 3 | 1 }
    package static var positive: UInt32 { 8 << 3 | 2 }
    package static var negative: UInt32 { 9 << 3 | 2 }
    /// Summaries.
    package static var quantileValues: UInt32 { 6 << 3 | 2 }
    /// `message Buckets`.
    package static var bucketsOffset: UInt32 { 1 << 3 }
    package static var bucketsCounts: UInt32 { 2 << 3 | 2 }

    /// The tag of the attributes of points of a kind, which is a tag of `MetricTag`.
    package static func attributes(of points: UInt32) -> UInt32 {
        switch points {
        case MetricTag.histogram: 9 << 3 | 2
        case MetricTag.exponentialHistogram: 1 << 3 | 2
        default: 7 << 3 | 2
        }
    }

    package static func flags(of points: UInt32) -> UInt32 {
        switch points {
        case MetricTag.histogram, MetricTag.exponentialHistogram: 10 << 3
        default: 8 << 3
        }
    }

    /// 0 for summaries, which have none.
    package static func exemplars(of points: UInt32) -> UInt32 {
        switch points {
        case MetricTag.histogram: 8 << 3 | 2
        case MetricTag.exponentialHistogram: 11 << 3 | 2
        case MetricTag.summary: 0
        default: 5 << 3 | 2
        }
    }
}

extension Message {
    /// Of a metric: the last member of the oneof with its points, `nil` if it has none.
    package var points: WireField? {
        var last: WireField?
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            if MetricTag.isPoints(field.tag) { last = field }
        }
        return last
    }

    /// Repeated numbers of 64 bits, packed or not.
    func fixed64s(_ tag: UInt32) -> [UInt64] {
        var numbers: [UInt64] = []
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            guard field.number == tag >> 3 else { continue }
            var inner = WireCursor(body, at: field.payload.lowerBound)
            while inner.offset < field.payload.upperBound,
                let number = try? inner.fixed64(before: field.payload.upperBound)
            {
                numbers.append(number)
            }
        }
        return numbers
    }

    /// Repeated varints, packed or not.
    func varints(_ tag: UInt32) -> [UInt64] {
        var numbers: [UInt64] = []
        var cursor = WireCursor(body, at: range.lowerBound)
        while let field = cursor.nextField(before: range.upperBound) {
            guard field.number == tag >> 3 else { continue }
            var inner = WireCursor(body, at: field.payload.lowerBound)
            while inner.offset < field.payload.upperBound,
                let number = try? inner.varint(before: field.payload.upperBound)
            {
                numbers.append(number)
            }
        }
        return numbers
    }
}
