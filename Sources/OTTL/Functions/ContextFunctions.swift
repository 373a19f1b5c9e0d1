import OTLP
import Primitives

/// Converters that look at the record itself.
extension FunctionTable {
    static let contextFunctions = [isRootSpan, hasAttributeKey, hasAttribute]

    /// `IsRootSpan()`: the span has no parent, or one that is all zeros.
    private static let isRootSpan = Function(
        "IsRootSpan", [], contexts: [.span], isPure: false
    ) { arguments in
        .bool(arguments.subject.record.spanID(SpanTag.parentSpanID) == 0)
    }

    /// `HasAttrKeyOnDatapoint(key)`: any data point of the metric has the key.
    private static let hasAttributeKey = Function(
        "HasAttrKeyOnDatapoint", [Parameter("key", .literal(.string))], contexts: [.metric],
        isPure: false
    ) { arguments in
        .bool(
            arguments.withBytes(0) { key in
                arguments.subject.anyPoint { $0.has(key, in: $1) }
            })
    }

    /// `HasAttrOnDatapoint(key, value)`: of the first data point with the key, the value is this
    /// string. What is no string counts as empty.
    private static let hasAttribute = Function(
        "HasAttrOnDatapoint",
        [Parameter("key", .literal(.string)), Parameter("value", .literal(.string))],
        contexts: [.metric], isPure: false
    ) { arguments in
        let key = arguments.bytes(0)
        let expected = arguments.bytes(1)
        var isEqual = false
        _ = arguments.subject.anyPoint { point, tag in
            guard let value = point.attribute(key.span.bytes, in: tag) else { return false }
            let text = value.kind == .string ? value.bytes : RawSpan()
            isEqual = text.hasSameBytes(as: expected.span.bytes)
            return true
        }
        return .bool(isEqual)
    }
}

extension Subject {
    /// Whether a data point of the metric has a property; they are asked in order.
    fileprivate func anyPoint(_ holds: (borrowing Message, UInt32) -> Bool) -> Bool {
        guard let points = record.points else { return false }
        var messages = Message(body, points.payload).messages(MetricPointsTag.dataPoints)
        while let point = messages.next() {
            if holds(point, PointTag.attributes(of: points.tag)) { return true }
        }
        return false
    }
}

extension Message {
    fileprivate func has(_ key: RawSpan, in tag: UInt32) -> Bool {
        attribute(key, in: tag) != nil
    }
}
