import OTLP

/// A field that a path names: where it stands in the message of its context, and how it reads.
package struct Field: Sendable {
    /// As people write it, without the context: `status.code`.
    package let name: String
    package let form: FieldForm
    /// Of the field in its context's message; of a status' fields, in that; otherwise 0.
    package let tag: UInt32
    /// What may stand in brackets behind it.
    package let keys: KeyRule

    init(_ name: String, _ form: FieldForm, _ tag: UInt32 = 0, keys: KeyRule = .none) {
        self.name = name
        self.form = form
        self.tag = tag
        self.keys = keys
    }
}

/// What may stand in brackets behind a field.
package enum KeyRule: Sendable {
    case none
    /// A string, then strings or integers: attributes.
    case map
    /// Strings or integers: the body of a log record.
    case value
    /// One string: a vendor of the trace state.
    case vendor
}

/// How a field reads.
package enum FieldForm: Sendable, Equatable {
    case text
    /// A `uint32`, or a `fixed32`, as an int.
    case unsigned, fixed32
    /// An enum, as an int.
    case enumeration
    /// A `fixed64` of nanoseconds since 1970, as an int or a time.
    case nanoseconds, time
    case traceID, traceIDText, spanID, spanIDText
    case attributes
    /// `Server`, and `SPAN_KIND_SERVER`.
    case kindText, kindName
    case traceState
    case status, statusCode, statusMessage
    /// A repeated message.
    case messages(ObjectValue.Kind)
    /// Of the group around a resource or scope.
    case schemaURL
    case eventIndex
    /// An `AnyValue`, and its text.
    case value, valueText
    case metricType, aggregationTemporality, isMonotonic, dataPoints
    /// A field of data points, whose number depends on the metric's type.
    case point(PointField)
    /// What statements keep for later ones.
    case cache
}

/// The fields of data points.
package enum PointField: Sendable, CaseIterable {
    case attributes, startTime, startNanoseconds, time, nanoseconds, flags
    case valueInt, valueDouble
    case count, sum, bucketCounts, explicitBounds
    case scale, zeroCount, positive, positiveOffset, positiveCounts
    case negative, negativeOffset, negativeCounts
    case quantileValues, exemplars
}

extension PathContext {
    /// All paths of the context, without its name.
    package var fields: [Field] {
        switch self {
        case .resource: Self.resourceFields
        case .scope: Self.scopeFields
        case .span: Self.spanFields
        case .spanevent: Self.eventFields
        case .log: Self.logFields
        case .metric: Self.metricFields
        case .datapoint: Self.pointFields
        }
    }

    private static let cache = Field("cache", .cache, keys: .map)

    private static let resourceFields = [
        Field("attributes", .attributes, ResourceTag.attributes, keys: .map),
        Field("dropped_attributes_count", .unsigned, ResourceTag.droppedAttributesCount),
        Field("schema_url", .schemaURL),
        cache,
    ]

    private static let scopeFields = [
        Field("name", .text, ScopeTag.name),
        Field("version", .text, ScopeTag.version),
        Field("attributes", .attributes, ScopeTag.attributes, keys: .map),
        Field("dropped_attributes_count", .unsigned, ScopeTag.droppedAttributesCount),
        Field("schema_url", .schemaURL),
        cache,
    ]

    private static let spanFields = [
        Field("name", .text, SpanTag.name),
        Field("kind", .enumeration, SpanTag.kind),
        Field("kind.string", .kindText, SpanTag.kind),
        Field("kind.deprecated_string", .kindName, SpanTag.kind),
        Field("trace_id", .traceID, SpanTag.traceID),
        Field("trace_id.string", .traceIDText, SpanTag.traceID),
        Field("span_id", .spanID, SpanTag.spanID),
        Field("span_id.string", .spanIDText, SpanTag.spanID),
        Field("parent_span_id", .spanID, SpanTag.parentSpanID),
        Field("parent_span_id.string", .spanIDText, SpanTag.parentSpanID),
        Field("trace_state", .traceState, SpanTag.traceState, keys: .vendor),
        Field("status", .status, SpanTag.status),
        Field("status.code", .statusCode, StatusTag.code),
        Field("status.message", .statusMessage, StatusTag.message),
        Field("start_time_unix_nano", .nanoseconds, SpanTag.startTime),
        Field("end_time_unix_nano", .nanoseconds, SpanTag.endTime),
        Field("start_time", .time, SpanTag.startTime),
        Field("end_time", .time, SpanTag.endTime),
        Field("attributes", .attributes, SpanTag.attributes, keys: .map),
        Field("events", .messages(.events), SpanTag.events),
        Field("links", .messages(.links), SpanTag.links),
        Field("dropped_attributes_count", .unsigned, SpanTag.droppedAttributesCount),
        Field("dropped_events_count", .unsigned, SpanTag.droppedEventsCount),
        Field("dropped_links_count", .unsigned, SpanTag.droppedLinksCount),
        Field("flags", .fixed32, SpanTag.flags),
        cache,
    ]

    private static let eventFields = [
        Field("name", .text, EventTag.name),
        Field("time_unix_nano", .nanoseconds, EventTag.time),
        Field("time", .time, EventTag.time),
        Field("attributes", .attributes, EventTag.attributes, keys: .map),
        Field("dropped_attributes_count", .unsigned, EventTag.droppedAttributesCount),
        Field("event_index", .eventIndex),
        cache,
    ]

    private static let logFields = [
        Field("body", .value, LogRecordTag.body, keys: .value),
        Field("body.string", .valueText, LogRecordTag.body),
        Field("attributes", .attributes, LogRecordTag.attributes, keys: .map),
        Field("dropped_attributes_count", .unsigned, LogRecordTag.droppedAttributesCount),
        Field("flags", .fixed32, LogRecordTag.flags),
        Field("severity_number", .enumeration, LogRecordTag.severityNumber),
        Field("severity_text", .text, LogRecordTag.severityText),
        Field("time_unix_nano", .nanoseconds, LogRecordTag.time),
        Field("observed_time_unix_nano", .nanoseconds, LogRecordTag.observedTime),
        Field("time", .time, LogRecordTag.time),
        Field("observed_time", .time, LogRecordTag.observedTime),
        Field("trace_id", .traceID, LogRecordTag.traceID),
        Field("trace_id.string", .traceIDText, LogRecordTag.traceID),
        Field("span_id", .spanID, LogRecordTag.spanID),
        Field("span_id.string", .spanIDText, LogRecordTag.spanID),
        Field("event_name", .text, LogRecordTag.eventName),
        cache,
    ]

    private static let metricFields = [
        Field("name", .text, MetricTag.name),
        Field("description", .text, MetricTag.description),
        Field("unit", .text, MetricTag.unit),
        Field("type", .metricType),
        Field("aggregation_temporality", .aggregationTemporality),
        Field("is_monotonic", .isMonotonic),
        Field("metadata", .attributes, MetricTag.metadata, keys: .map),
        Field("data_points", .dataPoints),
        cache,
    ]

    private static let pointFields = [
        Field("attributes", .point(.attributes), keys: .map),
        Field("value_int", .point(.valueInt)),
        Field("value_double", .point(.valueDouble)),
        Field("start_time", .point(.startTime)),
        Field("start_time_unix_nano", .point(.startNanoseconds)),
        Field("time", .point(.time)),
        Field("time_unix_nano", .point(.nanoseconds)),
        Field("flags", .point(.flags)),
        Field("count", .point(.count)),
        Field("sum", .point(.sum)),
        Field("bucket_counts", .point(.bucketCounts)),
        Field("explicit_bounds", .point(.explicitBounds)),
        Field("scale", .point(.scale)),
        Field("zero_count", .point(.zeroCount)),
        Field("positive", .point(.positive)),
        Field("positive.offset", .point(.positiveOffset)),
        Field("positive.bucket_counts", .point(.positiveCounts)),
        Field("negative", .point(.negative)),
        Field("negative.offset", .point(.negativeOffset)),
        Field("negative.bucket_counts", .point(.negativeCounts)),
        Field("quantile_values", .point(.quantileValues)),
        Field("exemplars", .point(.exemplars)),
        cache,
    ]
}
