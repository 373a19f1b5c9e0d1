extension WireCursor {
    /// `message Metric`: validates it and returns the number of data points.
    ///
    ///     string name = 1; string description = 2; string unit = 3;
    ///     oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9;
    ///     ExponentialHistogram exponential_histogram = 10; Summary summary = 11; }
    ///     repeated KeyValue metadata = 12;
    @inline(never)
    func readMetric(before end: Int) throws(WireFailure) -> UInt32 {
        var pointCount: UInt32 = 0
        var pointsTag: UInt32 = 0
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            switch tag {
            case MetricTag.name, MetricTag.description, MetricTag.unit:
                try cursor.skipString(before: end)
            case MetricTag.metadata: try cursor.skipKeyValues(tag, before: end, depth: 4)
            case MetricTag.gauge, MetricTag.sum, MetricTag.histogram,
                MetricTag.exponentialHistogram, MetricTag.summary:
                let next = try cursor.payloadEnd(before: end)
                let added = try cursor.readPoints(before: next, of: tag)
                // Of a oneof, the last member counts; the same member twice is one in two pieces.
                pointCount = tag == pointsTag ? pointCount &+ added : added
                pointsTag = tag
                cursor.offset = next
            default:
                if MetricField.isKnown(tag >> 3) {
                    throw WireFailure(.wrongWireType, at: cursor.offset)
                }
                try cursor.skip(tag, before: end, depth: 3)
            }
        }
        return pointCount
    }

    /// `message Gauge`, `Sum`, `Histogram`, `ExponentialHistogram` and `Summary`: field 1 of all is
    /// the list of points, field 2 a temporality if there is one, field 3 of a sum is a bool.
    private func readPoints(before end: Int, of tag: UInt32) throws(WireFailure) -> UInt32 {
        let (rules, lastField) = MetricField.rules(of: tag)
        var count: UInt32 = 0
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            if tag == MetricPointsTag.dataPoints {
                let next = try cursor.payloadEnd(before: end)
                try cursor.checkFields(before: next, rules, depth: 5)
                cursor.offset = next
                count &+= 1
            } else {
                if tag & 7 != WireType.varint || tag >> 3 == 1 {
                    try cursor.refuse(tag, ifAnyOf: 1...lastField)
                }
                try cursor.skip(tag, before: end, depth: 4)
            }
        }
        return count
    }

    /// Validates a message whose fields a table describes.
    func checkFields(
        before end: Int, _ rules: FieldRules, depth: Int
    ) throws(WireFailure) {
        var cursor = self
        while cursor.offset < end {
            let tag = try cursor.tag(before: end)
            let rule = rules[tag >> 3]
            guard rule != .unknown else {
                try cursor.skip(tag, before: end, depth: depth)
                continue
            }
            guard tag & 7 == rule.wireType else {
                // A list of numbers may come as one payload. (protobuf.dev, "Packed Repeated
                // Fields".)
                guard rule.isPackable, tag & 7 == WireType.bytes else {
                    throw WireFailure(.wrongWireType, at: cursor.offset)
                }
                try cursor.skipPacked(rule, before: end)
                continue
            }
            try cursor.skipField(tag, rule, before: end, depth: depth)
        }
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func skipField(
        _ tag: UInt32, _ rule: FieldRule, before end: Int, depth: Int
    ) throws(WireFailure) {
        switch rule {
        case .varint, .varints: _ = try varint(before: end)
        case .fixed64, .fixed64s: _ = try fixed64(before: end)
        case .traceID: _ = try skipTraceID(before: end)
        case .spanID: _ = try skipSpanID(before: end)
        case .keyValue: try skipKeyValues(tag, before: end, depth: depth &+ 1)
        case .exemplar: try skipMessage(.exemplar, before: end, depth: depth &+ 1)
        case .buckets: try skipMessage(.buckets, before: end, depth: depth &+ 1)
        case .quantile: try skipMessage(.quantile, before: end, depth: depth &+ 1)
        case .unknown: break
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipMessage(
        _ rules: FieldRules, before end: Int, depth: Int
    ) throws(WireFailure) {
        let next = try payloadEnd(before: end)
        try checkFields(before: next, rules, depth: depth)
        offset = next
    }

    @_lifetime(self: copy self)
    private mutating func skipPacked(_ rule: FieldRule, before end: Int) throws(WireFailure) {
        let next = try payloadEnd(before: end)
        if rule == .fixed64s {
            guard (next &- offset) % 8 == 0 else {
                throw WireFailure(.raggedPackedList, at: offset)
            }
        } else {
            while offset < next { _ = try varint(before: next) }
        }
        offset = next
    }
}

/// How a field of a data point is validated.
enum FieldRule: UInt64 {
    case unknown, varint, fixed64, traceID, spanID, keyValue, exemplar, buckets, quantile
    case varints, fixed64s

    @inline(__always)
    var wireType: UInt32 {
        switch self {
        case .varint, .varints: WireType.varint
        case .fixed64, .fixed64s: WireType.fixed64
        default: WireType.bytes
        }
    }

    @inline(__always)
    var isPackable: Bool { self == .varints || self == .fixed64s }
}

/// The rules of a message's fields 0 to 15: four bits each in one word, so that a table is a
/// constant and a look-up is a shift.
struct FieldRules {
    private let word: UInt64

    private init(_ rules: FieldRule...) {
        var word: UInt64 = 0
        for (index, rule) in rules.enumerated() { word |= rule.rawValue << UInt64(index * 4) }
        self.word = word
    }

    @inline(__always)
    subscript(number: UInt32) -> FieldRule {
        guard number < 16 else { return .unknown }
        return FieldRule(rawValue: word &>> UInt64(number &* 4) & 15) ?? .unknown
    }

    /// `fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; double as_double = 4;
    /// repeated Exemplar exemplars = 5; sfixed64 as_int = 6; repeated KeyValue attributes = 7;
    /// uint32 flags = 8;`
    static let number = FieldRules(
        .unknown, .unknown, .fixed64, .fixed64, .fixed64, .exemplar, .fixed64, .keyValue, .varint)

    /// `fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
    /// double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
    /// repeated Exemplar exemplars = 8; repeated KeyValue attributes = 9; uint32 flags = 10;
    /// double min = 11; double max = 12;`
    static let histogram = FieldRules(
        .unknown, .unknown, .fixed64, .fixed64, .fixed64, .fixed64, .fixed64s, .fixed64s,
        .exemplar, .keyValue, .varint, .fixed64, .fixed64)

    /// `repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2;
    /// fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5; sint32 scale = 6;
    /// fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9; uint32 flags = 10;
    /// repeated Exemplar exemplars = 11; double min = 12; double max = 13;
    /// double zero_threshold = 14;`
    static let exponentialHistogram = FieldRules(
        .unknown, .keyValue, .fixed64, .fixed64, .fixed64, .fixed64, .varint, .fixed64, .buckets,
        .buckets, .varint, .exemplar, .fixed64, .fixed64, .fixed64)

    /// `fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
    /// double sum = 5; repeated ValueAtQuantile quantile_values = 6;
    /// repeated KeyValue attributes = 7; uint32 flags = 8;`
    static let summary = FieldRules(
        .unknown, .unknown, .fixed64, .fixed64, .fixed64, .fixed64, .quantile, .keyValue, .varint)

    /// `fixed64 time_unix_nano = 2; double as_double = 3; bytes span_id = 4; bytes trace_id = 5;
    /// sfixed64 as_int = 6; repeated KeyValue filtered_attributes = 7;`
    static let exemplar = FieldRules(
        .unknown, .unknown, .fixed64, .fixed64, .spanID, .traceID, .fixed64, .keyValue)

    /// `sint32 offset = 1; repeated uint64 bucket_counts = 2;`
    static let buckets = FieldRules(.unknown, .varint, .varints)

    /// `double quantile = 1; double value = 2;`
    static let quantile = FieldRules(.unknown, .fixed64, .fixed64)
}

/// Which fields a metric has.
enum MetricField {
    static func isKnown(_ number: UInt32) -> Bool {
        switch number {
        case 1, 2, 3, 5, 7, 9, 10, 11, 12: true
        default: false
        }
    }

    /// What the points of a kind of metric are, and the last field of the list around them.
    static func rules(of tag: UInt32) -> (points: FieldRules, lastField: UInt32) {
        switch tag {
        case MetricTag.sum: (.number, 3)
        case MetricTag.histogram: (.histogram, 2)
        case MetricTag.exponentialHistogram: (.exponentialHistogram, 2)
        case MetricTag.summary: (.summary, 1)
        default: (.number, 1)
        }
    }
}
