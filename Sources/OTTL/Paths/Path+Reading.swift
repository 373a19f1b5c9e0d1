import OTLP
import Primitives

extension Path {
    /// What the path yields for a record.
    package func value(
        for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        let whole = read(for: subject)
        if keys.isEmpty { return whole }
        switch field.keys {
        case .none: return .none
        case .vendor: return try vendor(of: whole, for: subject)
        case .map, .value: return try indexed(whole, for: subject)
        }
    }

    /// A missing key yields nothing; an index beyond the end is an error.
    private func indexed(
        _ whole: Value, for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        var value = whole
        for key in keys {
            switch (value, try key.resolved(for: subject)) {
            case (.map(let map), .string(let name)):
                guard let found = subject.body.value(name.span.bytes, in: map) else {
                    return .none
                }
                value = found
            case (.list(let list), .int(let index)):
                guard let found = subject.body.element(index, of: list) else {
                    throw .outOfBounds(index: index)
                }
                value = found
            case (_, let key): throw .notIndexable(value.kind, by: key.kind)
            }
        }
        return value
    }

    private func vendor(
        of state: Value, for subject: borrowing Subject
    ) throws(EvaluationError) -> Value {
        guard case .string(let text) = state, let key = keys.first,
            case .string(let name) = try key.resolved(for: subject)
        else { throw .failed("a trace state is indexed with one string") }
        return TraceState.value(of: name, in: subject.body.copy(of: text))
    }

    /// The field, without keys.
    private func read(for subject: borrowing Subject) -> Value {
        let message = subject.message(of: context)
        switch field.form {
        case .text: return .string(message.text(field.tag))
        case .unsigned:
            let number = UInt32(truncatingIfNeeded: message.varint(field.tag) ?? 0)
            return .int(Int64(number))
        case .fixed32: return .int(Int64(message.fixed32(field.tag) ?? 0))
        case .enumeration: return .int(message.enumeration(field.tag))
        case .nanoseconds: return .int(Int64(bitPattern: message.fixed64(field.tag) ?? 0))
        case .time: return .time(Time(unixNanoseconds: message.fixed64(field.tag) ?? 0))
        case .traceID: return .traceID(message.traceID(field.tag))
        case .traceIDText: return .string(.own(message.traceID(field.tag).hexadecimalDigits))
        case .spanID: return .spanID(message.spanID(field.tag))
        case .spanIDText: return .string(.own(message.spanID(field.tag).hexadecimalDigits))
        case .attributes: return .map(.inBody(message.range, tag: field.tag))
        case .traceState: return .string(message.text(field.tag))
        case .messages(let kind):
            return .object(ObjectValue(kind, message.range, tag: field.tag))
        case .value: return subject.body.value(of: message.value(field.tag))
        case .valueText: return .string(Self.text(of: message.value(field.tag), in: message.body))
        case .schemaURL: return .string(subject.schemaURL(of: context))
        case .eventIndex: return .int(Int64(subject.itemIndex))
        case .cache: return .map(.own(subject.cache))
        case .point(let point): return subject.value(of: point)
        case .kindText, .kindName, .status, .statusCode, .statusMessage:
            return ofSpan(message)
        case .metricType, .aggregationTemporality, .isMonotonic, .dataPoints:
            return ofMetric(message)
        }
    }

    private func ofSpan(_ span: borrowing Message) -> Value {
        let status = span.message(SpanTag.status)
        switch field.form {
        case .status: return .object(ObjectValue(.status, status?.range ?? 0..<0))
        case .statusCode: return .int(status?.enumeration(StatusTag.code) ?? 0)
        case .statusMessage:
            guard let status else { return .string(.own([])) }
            return .string(status.text(StatusTag.message))
        case .kindText: return .string(SpanKind.text(span.enumeration(SpanTag.kind)))
        default: return .string(SpanKind.name(span.enumeration(SpanTag.kind)))
        }
    }

    private func ofMetric(_ metric: borrowing Message) -> Value {
        let points = metric.points
        let tag = points?.tag ?? 0
        let content = Message(metric.body, points?.payload ?? 0..<0)
        switch field.form {
        case .metricType: return .int(MetricType.number(of: tag))
        case .dataPoints:
            return .object(
                ObjectValue(.dataPoints, content.range, tag: MetricPointsTag.dataPoints))
        case .isMonotonic:
            guard tag == MetricTag.sum else { return .none }
            return .bool((content.varint(MetricPointsTag.isMonotonic) ?? 0) != 0)
        default:
            guard
                tag == MetricTag.sum || tag == MetricTag.histogram
                    || tag == MetricTag.exponentialHistogram
            else { return .none }
            return .int(content.enumeration(MetricPointsTag.aggregationTemporality))
        }
    }

    /// As `pcommon.Value.AsString`: bytes in base64, maps and lists as JSON, nothing as nothing.
    private static func text(of any: borrowing AnyValue, in body: RawSpan) -> Text {
        switch body.value(of: any) {
        case .none: return .own([])
        case .string(let text): return text
        case .bytes(let text):
            var buffer = ByteBuffer(capacity: text.count / 3 &* 4 &+ 4)
            body.withBytes(of: text) { buffer.appendBase64($0) }
            return .own(buffer.bytes.withUnsafeBytes { [UInt8]($0) })
        case .double(let number) where !number.isFinite:
            return Text(number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf")
        case let value: return .own((try? body.json(value)) ?? [])
        }
    }
}

extension Subject {
    /// The message whose fields a context names.
    @_lifetime(copy self)
    package func message(of context: PathContext) -> Message {
        switch context {
        case .resource: resource
        case .scope: scope
        case .span, .metric, .log: record
        case .spanevent, .datapoint: Message(body, item)
        }
    }

    func schemaURL(of context: PathContext) -> Text {
        .inBody(context == .resource ? places.resourceSchemaURL : places.scopeSchemaURL)
    }
}

extension Message {
    func text(_ tag: UInt32) -> Text {
        field(tag).map { .inBody($0.payload) } ?? .own([])
    }

    func enumeration(_ tag: UInt32) -> Int64 {
        Int64(Int32(truncatingIfNeeded: varint(tag) ?? 0))
    }

    func traceID(_ tag: UInt32) -> TraceID {
        guard let field = field(tag), field.payload.count == 16 else {
            return TraceID(high: 0, low: 0)
        }
        let cursor = WireCursor(body)
        return TraceID(
            high: cursor.word(at: field.payload.lowerBound).byteSwapped,
            low: cursor.word(at: field.payload.lowerBound + 8).byteSwapped)
    }

    func spanID(_ tag: UInt32) -> UInt64 {
        guard let field = field(tag), field.payload.count == 8 else { return 0 }
        return WireCursor(body).word(at: field.payload.lowerBound).byteSwapped
    }
}

/// The names of `enum SpanKind`.
enum SpanKind {
    static let texts = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"]

    /// Empty for numbers that OTLP does not define.
    static func text(_ number: Int64) -> Text {
        Text(texts.indices.contains(Int(number)) ? texts[Int(number)] : "")
    }

    static func name(_ number: Int64) -> Text {
        Text(
            texts.indices.contains(Int(number))
                ? "SPAN_KIND_" + texts[Int(number)].uppercased() : "")
    }
}

/// The numbers of a metric's types in OTTL.
enum MetricType {
    static func number(of points: UInt32) -> Int64 {
        switch points {
        case MetricTag.gauge: 1
        case MetricTag.sum: 2
        case MetricTag.histogram: 3
        case MetricTag.exponentialHistogram: 4
        case MetricTag.summary: 5
        default: 0
        }
    }
}
