import Primitives

/// The text of verbosity `normal`: a line for each resource, scope and record. (otelcol:
/// exporter/debugexporter/internal/normal.)
extension TextWriter {
    /// What lines of a signal start with.
    private static func labels(
        of signal: Signal
    ) -> (resource: StaticString, scope: StaticString) {
        switch signal {
        case .traces: ("ResourceTraces #", "ScopeTraces #")
        case .metrics: ("ResourceMetrics #", "ScopeMetrics #")
        case .logs: ("ResourceLog #", "ScopeLog #")
        }
    }

    @_lifetime(self: copy self)
    mutating func normal(_ signal: Signal) {
        let labels = Self.labels(of: signal)
        var resources = values(1, in: request)
        var resourceIndex = 0
        while let resource = resources.next() {
            write(labels.resource)
            write(resourceIndex)
            bracketed(text(3, in: resource))
            spacedAttributes(1, in: message(1, in: resource))
            endLine()
            var scopes = values(2, in: resource)
            var scopeIndex = 0
            while let scope = scopes.next() {
                write(labels.scope)
                write(scopeIndex)
                normalScope(scope)
                var records = values(2, in: scope)
                while let record = records.next() { normalRecord(record, signal) }
                scopeIndex += 1
            }
            resourceIndex += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func normalScope(_ group: Message) {
        let scope = message(1, in: group)
        let name = text(1, in: scope)
        let version = text(2, in: scope)
        if !name.isEmpty || !version.isEmpty { write(" ") }
        write(name)
        if !version.isEmpty {
            write("@")
            write(version)
        }
        bracketed(text(3, in: group))
        spacedAttributes(3, in: scope)
        endLine()
    }

    @_lifetime(self: copy self)
    private mutating func bracketed(_ schemaURL: Range<Int>) {
        if schemaURL.isEmpty { return }
        write(" [")
        write(schemaURL)
        write("]")
    }

    @_lifetime(self: copy self)
    private mutating func normalRecord(_ record: Message, _ signal: Signal) {
        switch signal {
        case .traces:
            write(text(5, in: record))
            write(" ")
            writeHexadecimal(text(1, in: record))
            write(" ")
            writeHexadecimal(text(2, in: record))
            spacedAttributes(9, in: record)
            endLine()
        case .logs:
            plainValue(message(5, in: record))
            write(" ")
            attributes(6, in: record, separator: " ")
            endLine()
        case .metrics: normalMetric(record)
        }
    }

    /// ` key=value` for each attribute.
    @_lifetime(self: copy self)
    private mutating func spacedAttributes(_ number: UInt32, in parent: Message) {
        if last(number, in: parent) == nil { return }
        write(" ")
        attributes(number, in: parent, separator: " ")
    }

    @_lifetime(self: copy self)
    private mutating func attributes(
        _ number: UInt32, in parent: Message, separator: StaticString
    ) {
        var all = values(number, in: parent)
        var isFirst = true
        while let attribute = all.next() {
            if !isFirst { write(separator) }
            isFirst = false
            write(text(1, in: attribute))
            write("=")
            plainValue(message(2, in: attribute))
        }
    }

    // MARK: Metrics

    @_lifetime(self: copy self)
    private mutating func normalMetric(_ metric: Message) {
        guard let kind = metricKind(of: metric) else { return }
        let name = text(1, in: metric)
        var points = values(1, in: kind.payload)
        while let point = points.next() {
            write(name)
            write("{")
            attributes(kind.attributesNumber, in: point, separator: ",")
            write("} ")
            switch kind.number {
            case 9: normalHistogram(point)
            case 10: normalExponentialHistogram(point)
            case 11: normalSummary(point)
            default: normalNumber(point)
            }
            endLine()
        }
    }

    @_lifetime(self: copy self)
    private mutating func normalNumber(_ point: Message) {
        switch member([4, 6], in: point)?.number {
        case 4: output.appendGeneral(double(4, in: point) ?? 0)
        case 6: output.appendDecimal(Int64(bitPattern: fixed64(6, in: point) ?? 0))
        default: break
        }
    }

    @_lifetime(self: copy self)
    private mutating func labelled(_ label: StaticString, _ value: Double?) {
        guard let value else { return }
        write(label)
        output.appendGeneral(value)
    }

    @_lifetime(self: copy self)
    private mutating func counted(_ label: StaticString, _ count: UInt64) {
        write(label)
        output.appendDecimal(count)
    }

    @_lifetime(self: copy self)
    private mutating func normalHistogram(_ point: Message) {
        counted("count=", fixed64(4, in: point) ?? 0)
        labelled(" sum=", double(5, in: point))
        labelled(" min=", double(11, in: point))
        labelled(" max=", double(12, in: point))
        let bounds = numbers(7, in: point, areFixed: true)
        for (index, count) in numbers(6, in: point, areFixed: true).enumerated() {
            write(" ")
            if index < bounds.count {
                labelled("le", Double(bitPattern: bounds[index]))
                write("=")
            }
            output.appendDecimal(count)
        }
    }

    @_lifetime(self: copy self)
    private mutating func normalExponentialHistogram(_ point: Message) {
        counted("count=", fixed64(4, in: point) ?? 0)
        labelled(" sum=", double(5, in: point))
        labelled(" min=", double(12, in: point))
        labelled(" max=", double(13, in: point))
        let negative = exponentialBuckets(9, of: point)
        for index in negative.counts.indices.reversed() {
            labelled(" le", -negative.bound(index))
            counted("=", negative.counts[index])
        }
        let zeroCount = fixed64(7, in: point) ?? 0
        if zeroCount != 0 { counted(" zero=", zeroCount) }
        let positive = exponentialBuckets(8, of: point)
        for index in positive.counts.indices {
            labelled(" le", positive.bound(index + 1))
            counted("=", positive.counts[index])
        }
    }

    @_lifetime(self: copy self)
    private mutating func normalSummary(_ point: Message) {
        counted("count=", fixed64(4, in: point) ?? 0)
        write(" sum=")
        output.appendFixed(double(5, in: point) ?? 0)
        var quantiles = values(6, in: point)
        while let quantile = quantiles.next() {
            labelled(" q", double(1, in: quantile) ?? 0)
            labelled("=", double(2, in: quantile) ?? 0)
        }
    }
}

extension TextWriter {
    /// The kind of a metric: the number of its member of the oneof, and what that contains.
    struct MetricKind {
        let number: UInt32
        let payload: Message

        /// Where the attributes of a data point are.
        var attributesNumber: UInt32 {
            switch number {
            case 9: 9
            case 10: 1
            default: 7
            }
        }
    }

    func metricKind(of metric: Message) -> MetricKind? {
        member([5, 7, 9, 10, 11], in: metric).map {
            MetricKind(number: $0.number, payload: $0.payload)
        }
    }

    /// One side of an exponential histogram.
    struct ExponentialBuckets {
        let counts: [UInt64]
        let offset: Int64
        /// The natural logarithm of the base.
        let factor: Double

        /// The lower bound of a bucket. Infinite where the true one is too large for a double.
        func bound(_ index: Int) -> Double {
            exponential((Double(offset) + Double(index)) * factor)
        }
    }

    func exponentialBuckets(_ number: UInt32, of point: Message) -> ExponentialBuckets {
        let buckets = message(number, in: point)
        let scale = Wire.zigZagDecoded(UInt64(UInt32(truncatingIfNeeded: varint(6, in: point))))
        let offset = UInt64(UInt32(truncatingIfNeeded: varint(1, in: buckets)))
        let naturalLogarithmOf2 = 0.693147180559945309417232121458176568
        return ExponentialBuckets(
            counts: numbers(2, in: buckets, areFixed: false),
            offset: Wire.zigZagDecoded(offset),
            factor: Double(
                sign: .plus, exponent: Int(-scale), significand: naturalLogarithmOf2))
    }
}
