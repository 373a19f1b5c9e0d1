// Tags of the fields that this module reads or writes by name: field number and wire type, as they
// stand on the wire. From opentelemetry-proto 1.11; one enum a message.

/// The wire types of protobuf.
package enum WireType {
    package static var varint: UInt32 { 0 }
    package static var fixed64: UInt32 { 1 }
    package static var bytes: UInt32 { 2 }
    package static var startGroup: UInt32 { 3 }
    package static var endGroup: UInt32 { 4 }
    package static var fixed32: UInt32 { 5 }
}

/// `ExportTraceServiceRequest`, `TracesData` and their like: all have one field.
package enum RequestTag {
    package static var resourceGroups: UInt32 { 1 << 3 | 2 }
}

/// `ResourceSpans`, `ResourceMetrics`, `ResourceLogs`.
package enum ResourceGroupTag {
    package static var resource: UInt32 { 1 << 3 | 2 }
    package static var scopeGroups: UInt32 { 2 << 3 | 2 }
    package static var schemaURL: UInt32 { 3 << 3 | 2 }
    /// `deprecated_scope_spans`: where scope groups stood before OTLP 0.19.
    package static var legacyScopeGroups: UInt32 { 1000 << 3 | 2 }
}

/// `ScopeSpans`, `ScopeMetrics`, `ScopeLogs`.
package enum ScopeGroupTag {
    package static var scope: UInt32 { 1 << 3 | 2 }
    package static var records: UInt32 { 2 << 3 | 2 }
    package static var schemaURL: UInt32 { 3 << 3 | 2 }
}

/// `message Resource`.
package enum ResourceTag {
    package static var attributes: UInt32 { 1 << 3 | 2 }
    package static var droppedAttributesCount: UInt32 { 2 << 3 }
    package static var entityRefs: UInt32 { 3 << 3 | 2 }
}

/// `message InstrumentationScope`.
package enum ScopeTag {
    package static var name: UInt32 { 1 << 3 | 2 }
    package static var version: UInt32 { 2 << 3 | 2 }
    package static var attributes: UInt32 { 3 << 3 | 2 }
    package static var droppedAttributesCount: UInt32 { 4 << 3 }
}

/// `message KeyValue`.
package enum KeyValueTag {
    package static var key: UInt32 { 1 << 3 | 2 }
    package static var value: UInt32 { 2 << 3 | 2 }
    package static var keyIndex: UInt32 { 3 << 3 }
}

/// `message AnyValue`.
package enum AnyValueTag {
    package static var string: UInt32 { 1 << 3 | 2 }
    package static var bool: UInt32 { 2 << 3 }
    package static var int: UInt32 { 3 << 3 }
    package static var double: UInt32 { 4 << 3 | 1 }
    package static var array: UInt32 { 5 << 3 | 2 }
    package static var keyValueList: UInt32 { 6 << 3 | 2 }
    package static var bytes: UInt32 { 7 << 3 | 2 }
    package static var stringIndex: UInt32 { 8 << 3 }
}

/// `message ArrayValue` and `message KeyValueList`.
package enum ListTag {
    package static var values: UInt32 { 1 << 3 | 2 }
}

/// `message Span`.
package enum SpanTag {
    package static var traceID: UInt32 { 1 << 3 | 2 }
    package static var spanID: UInt32 { 2 << 3 | 2 }
    package static var traceState: UInt32 { 3 << 3 | 2 }
    package static var parentSpanID: UInt32 { 4 << 3 | 2 }
    package static var name: UInt32 { 5 << 3 | 2 }
    package static var kind: UInt32 { 6 << 3 }
    package static var startTime: UInt32 { 7 << 3 | 1 }
    package static var endTime: UInt32 { 8 << 3 | 1 }
    package static var attributes: UInt32 { 9 << 3 | 2 }
    package static var droppedAttributesCount: UInt32 { 10 << 3 }
    package static var events: UInt32 { 11 << 3 | 2 }
    package static var droppedEventsCount: UInt32 { 12 << 3 }
    package static var links: UInt32 { 13 << 3 | 2 }
    package static var droppedLinksCount: UInt32 { 14 << 3 }
    package static var status: UInt32 { 15 << 3 | 2 }
    package static var flags: UInt32 { 16 << 3 | 5 }
}

/// `message Span.Event`.
package enum EventTag {
    package static var time: UInt32 { 1 << 3 | 1 }
    package static var name: UInt32 { 2 << 3 | 2 }
    package static var attributes: UInt32 { 3 << 3 | 2 }
    package static var droppedAttributesCount: UInt32 { 4 << 3 }
}

/// `message Span.Link`.
package enum LinkTag {
    package static var traceID: UInt32 { 1 << 3 | 2 }
    package static var spanID: UInt32 { 2 << 3 | 2 }
    package static var traceState: UInt32 { 3 << 3 | 2 }
    package static var attributes: UInt32 { 4 << 3 | 2 }
    package static var droppedAttributesCount: UInt32 { 5 << 3 }
    package static var flags: UInt32 { 6 << 3 | 5 }
}

/// `message Status`.
package enum StatusTag {
    package static var message: UInt32 { 2 << 3 | 2 }
    package static var code: UInt32 { 3 << 3 }
}

/// `message LogRecord`.
package enum LogRecordTag {
    package static var time: UInt32 { 1 << 3 | 1 }
    package static var severityNumber: UInt32 { 2 << 3 }
    package static var severityText: UInt32 { 3 << 3 | 2 }
    package static var body: UInt32 { 5 << 3 | 2 }
    package static var attributes: UInt32 { 6 << 3 | 2 }
    package static var droppedAttributesCount: UInt32 { 7 << 3 }
    package static var flags: UInt32 { 8 << 3 | 5 }
    package static var traceID: UInt32 { 9 << 3 | 2 }
    package static var spanID: UInt32 { 10 << 3 | 2 }
    package static var observedTime: UInt32 { 11 << 3 | 1 }
    package static var eventName: UInt32 { 12 << 3 | 2 }
}

/// `message Metric`.
package enum MetricTag {
    package static var name: UInt32 { 1 << 3 | 2 }
    package static var description: UInt32 { 2 << 3 | 2 }
    package static var unit: UInt32 { 3 << 3 | 2 }
    package static var gauge: UInt32 { 5 << 3 | 2 }
    package static var sum: UInt32 { 7 << 3 | 2 }
    package static var histogram: UInt32 { 9 << 3 | 2 }
    package static var exponentialHistogram: UInt32 { 10 << 3 | 2 }
    package static var summary: UInt32 { 11 << 3 | 2 }
    package static var metadata: UInt32 { 12 << 3 | 2 }

    /// Whether a tag is one of the oneof `data`.
    package static func isPoints(_ tag: UInt32) -> Bool {
        switch tag {
        case gauge, sum, histogram, exponentialHistogram, summary: true
        default: false
        }
    }
}

/// `message Gauge`, `Sum`, `Histogram`, `ExponentialHistogram`, `Summary`: points are field 1 of
/// all.
package enum MetricPointsTag {
    package static var dataPoints: UInt32 { 1 << 3 | 2 }
    package static var aggregationTemporality: UInt32 { 2 << 3 }
    package static var isMonotonic: UInt32 { 3 << 3 }
}
