/// The messages OTLP/JSON is made of (opentelemetry-proto 1.11, without profiles).
enum JSONMessage: UInt8, CaseIterable {
    case tracesRequest, metricsRequest, logsRequest
    case resourceSpans, resourceMetrics, resourceLogs
    case scopeSpans, scopeMetrics, scopeLogs
    case resource, entityRef, scope
    case span, event, link, status
    case logRecord
    case metric, gauge, sum, histogram, exponentialHistogram, summary
    case numberDataPoint, histogramDataPoint, exponentialHistogramDataPoint, buckets
    case summaryDataPoint, valueAtQuantile, exemplar
    case keyValue, anyValue, arrayValue, keyValueList
    case exportTraceResponse, exportMetricsResponse, exportLogsResponse
    case tracePartialSuccess, metricsPartialSuccess, logsPartialSuccess
    case rpcStatus

    /// The message with a raw value, without the table that `init(rawValue:)` goes through.
    @inline(__always)
    init(code: UInt8) {
        precondition(code <= JSONMessage.rpcStatus.rawValue, "there is no such message")
        self = unsafeBitCast(code, to: JSONMessage.self)
    }

    /// How many bytes are kept free for the length in front of the encoded message. One that turns
    /// out longer is moved; one that turns out shorter gets a padded varint, which is legal.
    var reservedLengthSize: Int {
        switch self {
        case .span, .logRecord, .metric, .resource, .gauge, .sum, .histogram,
            .exponentialHistogram, .summary, .numberDataPoint, .histogramDataPoint,
            .exponentialHistogramDataPoint:
            2
        case .scopeSpans, .scopeMetrics, .scopeLogs: 3
        case .resourceSpans, .resourceMetrics, .resourceLogs: 4
        default: 1
        }
    }
}

/// How a field is written in protobuf and in JSON.
enum JSONKind: UInt8 {
    /// Not a field of the message: its value is skipped.
    case unknown
    case string, strings, base64, traceID, spanID
    case bool, enumeration
    case uint32, uint64, int32, int64, sint32
    case fixed32, fixed64, sfixed64, double
    case packedFixed64, packedUInt64, packedDouble
    case message, messages

    /// The kind with a raw value, without the table that `init(rawValue:)` goes through.
    @inline(__always)
    init(code: UInt8) {
        precondition(code <= JSONKind.messages.rawValue, "there is no such kind")
        self = unsafeBitCast(code, to: JSONKind.self)
    }

    /// The wire type of a single value; repeated numbers are written packed.
    var wireType: UInt8 {
        switch self {
        case .bool, .enumeration, .uint32, .uint64, .int32, .int64, .sint32: 0
        case .fixed64, .sfixed64, .double: 1
        case .fixed32: 5
        default: 2
        }
    }

    var isRepeated: Bool { self == .strings || self == .messages || isPacked }

    var isPacked: Bool {
        self == .packedFixed64 || self == .packedUInt64 || self == .packedDouble
    }
}

/// Enumerations, for those senders that write their names.
enum JSONEnumeration: UInt8 {
    case spanKind, statusCode, severityNumber, aggregationTemporality

    /// Names by number. The prefix is that of the proto file.
    var names: [String] {
        switch self {
        case .spanKind:
            ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
                .map { "SPAN_KIND_\($0)" }
        case .statusCode: ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]
        case .severityNumber:
            ["SEVERITY_NUMBER_UNSPECIFIED"]
                + ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap { level in
                    ["", "2", "3", "4"].map { "SEVERITY_NUMBER_\(level)\($0)" }
                }
        case .aggregationTemporality:
            ["UNSPECIFIED", "DELTA", "CUMULATIVE"].map { "AGGREGATION_TEMPORALITY_\($0)" }
        }
    }

    /// The number of a name, compared with bytes as they stand in the input.
    func number(named name: RawSpan) -> Int? {
        names.firstIndex { name.elementsEqual($0.utf8) }
    }
}

/// One field of a message: its names, its number and how its value is written.
struct JSONField {
    /// When a value is written to JSON although it is zero or empty.
    enum Presence {
        /// Only if it differs from zero.
        case nonzero
        /// If the field stands in the message: members of a oneof, `optional` fields.
        case explicit
        /// Always; an absent message is `{}`. (What otelcol writes.)
        case always
    }

    let name: String
    let number: UInt32
    let kind: JSONKind
    var message: JSONMessage = .anyValue
    var enumeration: JSONEnumeration = .spanKind
    var presence: Presence = .nonzero
    /// Whether the field is a member of the message's only oneof.
    var isOneofMember = false

    /// The name in the proto file: `traceId` is `trace_id`.
    var protoName: String {
        var name = ""
        for letter in self.name {
            if letter.isUppercase { name += "_" }
            name += letter.lowercased()
        }
        return name
    }
}

extension JSONMessage {
    /// The fields in the order in which otelcol writes them to JSON.
    var fields: [JSONField] {
        switch self {
        case .tracesRequest: [.messages("resourceSpans", 1, .resourceSpans)]
        case .metricsRequest: [.messages("resourceMetrics", 1, .resourceMetrics)]
        case .logsRequest: [.messages("resourceLogs", 1, .resourceLogs)]
        case .resourceSpans: Self.group("scopeSpans", .scopeSpans)
        case .resourceMetrics: Self.group("scopeMetrics", .scopeMetrics)
        case .resourceLogs: Self.group("scopeLogs", .scopeLogs)
        case .scopeSpans: Self.scopeGroup("spans", .span)
        case .scopeMetrics: Self.scopeGroup("metrics", .metric)
        case .scopeLogs: Self.scopeGroup("logRecords", .logRecord)
        case .resource, .entityRef, .scope: commonFields
        case .keyValue, .anyValue, .arrayValue, .keyValueList: valueFields
        case .span, .event, .link, .status: traceFields
        case .logRecord: Self.logFields
        case .metric, .gauge, .sum, .histogram, .exponentialHistogram, .summary: metricFields
        case .numberDataPoint, .histogramDataPoint, .exponentialHistogramDataPoint, .buckets,
            .summaryDataPoint, .valueAtQuantile, .exemplar:
            pointFields
        case .exportTraceResponse: Self.response(.tracePartialSuccess)
        case .exportMetricsResponse: Self.response(.metricsPartialSuccess)
        case .exportLogsResponse: Self.response(.logsPartialSuccess)
        case .tracePartialSuccess: Self.partialSuccess("rejectedSpans")
        case .metricsPartialSuccess: Self.partialSuccess("rejectedDataPoints")
        case .logsPartialSuccess: Self.partialSuccess("rejectedLogRecords")
        case .rpcStatus: [.scalar("code", 1, .int32), .scalar("message", 2, .string)]
        }
    }

    /// Fields that are read and not written: where scope groups stood before OTLP 0.19. They keep
    /// their number, and `Batch` puts what is in them where it belongs.
    var legacyFields: [JSONField] {
        switch self {
        case .resourceSpans: [.messages("deprecatedScopeSpans", 1000, .scopeSpans)]
        case .resourceMetrics: [.messages("deprecatedScopeMetrics", 1000, .scopeMetrics)]
        case .resourceLogs: [.messages("deprecatedScopeLogs", 1000, .scopeLogs)]
        default: []
        }
    }

    private static func group(_ name: String, _ message: JSONMessage) -> [JSONField] {
        [
            .message("resource", 1, .resource), .messages(name, 2, message),
            .scalar("schemaUrl", 3, .string),
        ]
    }

    private static func scopeGroup(_ name: String, _ message: JSONMessage) -> [JSONField] {
        [
            .message("scope", 1, .scope), .messages(name, 2, message),
            .scalar("schemaUrl", 3, .string),
        ]
    }

    private static func response(_ message: JSONMessage) -> [JSONField] {
        [.message("partialSuccess", 1, message)]
    }

    private static func partialSuccess(_ rejected: String) -> [JSONField] {
        [.scalar(rejected, 1, .int64), .scalar("errorMessage", 2, .string)]
    }

    private var commonFields: [JSONField] {
        switch self {
        case .resource:
            [
                .messages("attributes", 1, .keyValue),
                .scalar("droppedAttributesCount", 2, .uint32),
                .messages("entityRefs", 3, .entityRef),
            ]
        case .entityRef:
            [
                .scalar("schemaUrl", 1, .string), .scalar("type", 2, .string),
                .scalar("idKeys", 3, .strings), .scalar("descriptionKeys", 4, .strings),
            ]
        default:
            [
                .scalar("name", 1, .string), .scalar("version", 2, .string),
                .messages("attributes", 3, .keyValue),
                .scalar("droppedAttributesCount", 4, .uint32),
            ]
        }
    }

    private var valueFields: [JSONField] {
        switch self {
        case .keyValue: [.scalar("key", 1, .string), .message("value", 2, .anyValue)]
        case .arrayValue: [.messages("values", 1, .anyValue)]
        case .keyValueList: [.messages("values", 1, .keyValue)]
        default:
            [
                .member("stringValue", 1, .string), .member("boolValue", 2, .bool),
                .member("intValue", 3, .int64), .member("doubleValue", 4, .double),
                .member("arrayValue", 5, .message, .arrayValue),
                .member("kvlistValue", 6, .message, .keyValueList),
                .member("bytesValue", 7, .base64),
            ]
        }
    }

    private var traceFields: [JSONField] {
        switch self {
        case .span:
            [
                .scalar("traceId", 1, .traceID), .scalar("spanId", 2, .spanID),
                .scalar("traceState", 3, .string), .scalar("parentSpanId", 4, .spanID),
                .scalar("flags", 16, .fixed32), .scalar("name", 5, .string),
                .enumeration("kind", 6, .spanKind),
                .scalar("startTimeUnixNano", 7, .fixed64),
                .scalar("endTimeUnixNano", 8, .fixed64),
                .messages("attributes", 9, .keyValue),
                .scalar("droppedAttributesCount", 10, .uint32),
                .messages("events", 11, .event), .scalar("droppedEventsCount", 12, .uint32),
                .messages("links", 13, .link), .scalar("droppedLinksCount", 14, .uint32),
                .message("status", 15, .status),
            ]
        case .event:
            [
                .scalar("timeUnixNano", 1, .fixed64), .scalar("name", 2, .string),
                .messages("attributes", 3, .keyValue),
                .scalar("droppedAttributesCount", 4, .uint32),
            ]
        case .link:
            [
                .scalar("traceId", 1, .traceID), .scalar("spanId", 2, .spanID),
                .scalar("traceState", 3, .string), .messages("attributes", 4, .keyValue),
                .scalar("droppedAttributesCount", 5, .uint32), .scalar("flags", 6, .fixed32),
            ]
        default: [.scalar("message", 2, .string), .enumeration("code", 3, .statusCode)]
        }
    }

    private static var logFields: [JSONField] {
        [
            .scalar("timeUnixNano", 1, .fixed64), .scalar("observedTimeUnixNano", 11, .fixed64),
            .enumeration("severityNumber", 2, .severityNumber),
            .scalar("severityText", 3, .string), .message("body", 5, .anyValue),
            .messages("attributes", 6, .keyValue),
            .scalar("droppedAttributesCount", 7, .uint32), .scalar("flags", 8, .fixed32),
            .scalar("traceId", 9, .traceID), .scalar("spanId", 10, .spanID),
            .scalar("eventName", 12, .string),
        ]
    }

    private var metricFields: [JSONField] {
        let temporality = JSONField.enumeration(
            "aggregationTemporality", 2, .aggregationTemporality)
        return switch self {
        case .metric:
            [
                .scalar("name", 1, .string), .scalar("description", 2, .string),
                .scalar("unit", 3, .string), .member("gauge", 5, .message, .gauge),
                .member("sum", 7, .message, .sum), .member("histogram", 9, .message, .histogram),
                .member("exponentialHistogram", 10, .message, .exponentialHistogram),
                .member("summary", 11, .message, .summary),
                .messages("metadata", 12, .keyValue),
            ]
        case .gauge: [.messages("dataPoints", 1, .numberDataPoint)]
        case .sum:
            [
                .messages("dataPoints", 1, .numberDataPoint), temporality,
                .scalar("isMonotonic", 3, .bool),
            ]
        case .histogram: [.messages("dataPoints", 1, .histogramDataPoint), temporality]
        case .exponentialHistogram:
            [.messages("dataPoints", 1, .exponentialHistogramDataPoint), temporality]
        default: [.messages("dataPoints", 1, .summaryDataPoint)]
        }
    }

    private var pointFields: [JSONField] {
        switch self {
        case .numberDataPoint:
            [
                .scalar("startTimeUnixNano", 2, .fixed64), .scalar("timeUnixNano", 3, .fixed64),
                .member("asDouble", 4, .double), .member("asInt", 6, .sfixed64),
                .messages("exemplars", 5, .exemplar), .messages("attributes", 7, .keyValue),
                .scalar("flags", 8, .uint32),
            ]
        case .histogramDataPoint:
            [
                .scalar("startTimeUnixNano", 2, .fixed64), .scalar("timeUnixNano", 3, .fixed64),
                .scalar("count", 4, .fixed64), .optional("sum", 5),
                .scalar("bucketCounts", 6, .packedFixed64),
                .scalar("explicitBounds", 7, .packedDouble),
                .messages("exemplars", 8, .exemplar), .messages("attributes", 9, .keyValue),
                .scalar("flags", 10, .uint32), .optional("min", 11), .optional("max", 12),
            ]
        case .exponentialHistogramDataPoint:
            [
                .messages("attributes", 1, .keyValue), .scalar("startTimeUnixNano", 2, .fixed64),
                .scalar("timeUnixNano", 3, .fixed64), .scalar("count", 4, .fixed64),
                .optional("sum", 5), .scalar("scale", 6, .sint32),
                .scalar("zeroCount", 7, .fixed64), .message("positive", 8, .buckets),
                .message("negative", 9, .buckets), .scalar("flags", 10, .uint32),
                .messages("exemplars", 11, .exemplar), .optional("min", 12),
                .optional("max", 13), .scalar("zeroThreshold", 14, .double),
            ]
        case .buckets:
            [.scalar("offset", 1, .sint32), .scalar("bucketCounts", 2, .packedUInt64)]
        case .summaryDataPoint:
            [
                .scalar("startTimeUnixNano", 2, .fixed64), .scalar("timeUnixNano", 3, .fixed64),
                .scalar("count", 4, .fixed64), .scalar("sum", 5, .double),
                .messages("quantileValues", 6, .valueAtQuantile),
                .messages("attributes", 7, .keyValue), .scalar("flags", 8, .uint32),
            ]
        case .valueAtQuantile: [.scalar("quantile", 1, .double), .scalar("value", 2, .double)]
        default:
            [
                .scalar("timeUnixNano", 2, .fixed64), .member("asDouble", 3, .double),
                .member("asInt", 6, .sfixed64), .scalar("spanId", 4, .spanID),
                .scalar("traceId", 5, .traceID), .messages("filteredAttributes", 7, .keyValue),
            ]
        }
    }
}

extension JSONField {
    fileprivate static func scalar(_ name: String, _ number: UInt32, _ kind: JSONKind) -> JSONField
    {
        JSONField(name: name, number: number, kind: kind)
    }

    fileprivate static func optional(_ name: String, _ number: UInt32) -> JSONField {
        JSONField(name: name, number: number, kind: .double, presence: .explicit)
    }

    fileprivate static func member(
        _ name: String, _ number: UInt32, _ kind: JSONKind, _ message: JSONMessage = .anyValue
    ) -> JSONField {
        JSONField(
            name: name, number: number, kind: kind, message: message, presence: .explicit,
            isOneofMember: true)
    }

    fileprivate static func enumeration(
        _ name: String, _ number: UInt32, _ enumeration: JSONEnumeration
    ) -> JSONField {
        JSONField(name: name, number: number, kind: .enumeration, enumeration: enumeration)
    }

    fileprivate static func message(
        _ name: String, _ number: UInt32, _ message: JSONMessage
    ) -> JSONField {
        JSONField(
            name: name, number: number, kind: .message, message: message, presence: .always)
    }

    fileprivate static func messages(
        _ name: String, _ number: UInt32, _ message: JSONMessage
    ) -> JSONField {
        JSONField(name: name, number: number, kind: .messages, message: message)
    }
}

extension RawSpan {
    func elementsEqual(_ text: String.UTF8View) -> Bool {
        guard byteCount == text.count else { return false }
        var offset = 0
        for byte in text {
            if unsafeLoad(fromByteOffset: offset, as: UInt8.self) != byte { return false }
            offset += 1
        }
        return true
    }
}
