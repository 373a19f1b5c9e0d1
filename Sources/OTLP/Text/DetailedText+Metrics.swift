import Primitives

extension TextWriter {
    private static let temporalities: [StaticString] = ["Unspecified", "Delta", "Cumulative"]

    @_lifetime(self: copy self)
    mutating func metric(_ metric: Message) {
        line("Descriptor:")
        line("     -> Name: ", text(1, in: metric))
        line("     -> Description: ", text(2, in: metric))
        line("     -> Unit: ", text(3, in: metric))
        let kind = metricKind(of: metric)
        line("     -> DataType: ", Self.typeName(of: kind?.number))
        attributes("     -> Metadata:", 12, in: metric, indentation: "          -> ")
        guard let kind else { return }
        if kind.number == 7 {
            let isMonotonic = varint(3, in: kind.payload) != 0
            line("     -> IsMonotonic: ", isMonotonic ? "true" : "false")
        }
        if kind.number == 7 || kind.number == 9 || kind.number == 10 {
            let temporality = name(varint(2, in: kind.payload), Self.temporalities)
            line("     -> AggregationTemporality: ", temporality)
        }
        dataPoints(kind)
    }

    private static func typeName(of number: UInt32?) -> StaticString {
        switch number {
        case 5: "Gauge"
        case 7: "Sum"
        case 9: "Histogram"
        case 10: "ExponentialHistogram"
        case 11: "Summary"
        default: "Empty"
        }
    }

    @_lifetime(self: copy self)
    private mutating func dataPoints(_ kind: MetricKind) {
        var points = values(1, in: kind.payload)
        var index: UInt64 = 0
        while let point = points.next() {
            line(Self.pointLabel(of: kind.number), index)
            attributes("Data point attributes:", kind.attributesNumber, in: point)
            line("StartTimestamp: ", time: fixed64(2, in: point))
            line("Timestamp: ", time: fixed64(3, in: point))
            switch kind.number {
            case 9: histogram(point)
            case 10: exponentialHistogram(point)
            case 11: summary(point)
            default: number(point)
            }
            index += 1
        }
    }

    private static func pointLabel(of number: UInt32) -> StaticString {
        switch number {
        case 9: "HistogramDataPoints #"
        case 10: "ExponentialHistogramDataPoints #"
        case 11: "SummaryDataPoints #"
        default: "NumberDataPoints #"
        }
    }

    @_lifetime(self: copy self)
    private mutating func number(_ point: Message) {
        value("Value: ", 4, in: point)
        exemplars(5, of: point)
    }

    /// Writes the value of a point or exemplar: a double in one field, or an integer in field 6.
    @_lifetime(self: copy self)
    private mutating func value(
        _ label: StaticString, _ doubleNumber: UInt32, in point: Message
    ) {
        switch member([doubleNumber, 6], in: point)?.number {
        case doubleNumber: line(label, fixed: double(doubleNumber, in: point) ?? 0)
        case 6:
            write(label)
            output.appendDecimal(Int64(bitPattern: fixed64(6, in: point) ?? 0))
            endLine()
        default: break
        }
    }

    @_lifetime(self: copy self)
    private mutating func optional(_ label: StaticString, _ value: Double?) {
        if let value { line(label, fixed: value) }
    }

    @_lifetime(self: copy self)
    private mutating func histogram(_ point: Message) {
        line("Count: ", fixed64(4, in: point) ?? 0)
        optional("Sum: ", double(5, in: point))
        optional("Min: ", double(11, in: point))
        optional("Max: ", double(12, in: point))
        for (index, bound) in numbers(7, in: point, areFixed: true).enumerated() {
            write("ExplicitBounds #")
            write(index)
            line(": ", fixed: Double(bitPattern: bound))
        }
        for (index, count) in numbers(6, in: point, areFixed: true).enumerated() {
            write("Buckets #")
            write(index)
            line(", Count: ", count)
        }
        exemplars(8, of: point)
    }

    @_lifetime(self: copy self)
    private mutating func exponentialHistogram(_ point: Message) {
        line("Count: ", fixed64(4, in: point) ?? 0)
        optional("Sum: ", double(5, in: point))
        optional("Min: ", double(12, in: point))
        optional("Max: ", double(13, in: point))
        let negative = exponentialBuckets(9, of: point)
        for index in negative.counts.indices.reversed() {
            write("Bucket [")
            output.appendFixed(-negative.bound(index + 1))
            write(", ")
            output.appendFixed(-negative.bound(index))
            line("), Count: ", negative.counts[index])
        }
        let zeroCount = fixed64(7, in: point) ?? 0
        if zeroCount != 0 { line("Bucket [0, 0], Count: ", zeroCount) }
        let positive = exponentialBuckets(8, of: point)
        for index in positive.counts.indices {
            write("Bucket (")
            output.appendFixed(positive.bound(index))
            write(", ")
            output.appendFixed(positive.bound(index + 1))
            line("], Count: ", positive.counts[index])
        }
        exemplars(11, of: point)
    }

    @_lifetime(self: copy self)
    private mutating func summary(_ point: Message) {
        line("Count: ", fixed64(4, in: point) ?? 0)
        line("Sum: ", fixed: double(5, in: point) ?? 0)
        var quantiles = values(6, in: point)
        var index = 0
        while let quantile = quantiles.next() {
            write("QuantileValue #")
            write(index)
            write(": Quantile ")
            output.appendFixed(double(1, in: quantile) ?? 0)
            line(", Value ", fixed: double(2, in: quantile) ?? 0)
            index += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func exemplars(_ number: UInt32, of point: Message) {
        var exemplars = values(number, in: point)
        var index: UInt64 = 0
        while let exemplar = exemplars.next() {
            if index == 0 { line("Exemplars:") }
            line("Exemplar #", index)
            line("     -> Trace ID: ", hexadecimal: text(5, in: exemplar))
            line("     -> Span ID: ", hexadecimal: text(4, in: exemplar))
            line("     -> Timestamp: ", time: fixed64(2, in: exemplar))
            value("     -> Value: ", 3, in: exemplar)
            attributes(
                "     -> FilteredAttributes:", 7, in: exemplar, indentation: "          -> ")
            index += 1
        }
    }
}
