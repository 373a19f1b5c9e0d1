import OTLP
import Primitives

/// Where a scalar comes from.
enum Source: Sendable {
    case constant(Scalar)
    /// A field of the message at a place.
    case text(MessagePlace, UInt32)
    case unsigned(MessagePlace, UInt32)
    case fixed32(MessagePlace, UInt32)
    case enumeration(MessagePlace, UInt32)
    case nanoseconds(MessagePlace, UInt32)
    case time(MessagePlace, UInt32)
    case value(MessagePlace, UInt32)
    /// An attribute of the message at a place.
    case attribute(MessagePlace, UInt32, key: TextPlace)
    /// An attribute of a data point, whose tag depends on the metric.
    case pointAttribute(key: TextPlace)
    /// A key of a log record's body, which has to be a map.
    case bodyKey(TextPlace)
    case statusCode
    case statusMessage
    case point(PointField)

    @inline(__always)
    func scalar(
        for subject: borrowing Subject, _ constants: RawSpan
    ) throws(EvaluationError) -> Scalar {
        switch self {
        case .attribute(let place, let tag, let key):
            return subject.scalar(
                subject.body.attribute(
                    key.bytes(in: constants, or: constants), tag: tag,
                    in: subject.range(of: place)))
        case .constant(let scalar): return scalar
        case .text(let place, let tag):
            guard let range = subject.body.field(tag, in: subject.range(of: place)) else {
                return .text(TextPlace(0..<0))
            }
            return .text(TextPlace(range))
        default: return try otherScalar(for: subject, constants)
        }
    }

    @inline(never)
    private func otherScalar(
        for subject: borrowing Subject, _ constants: RawSpan
    ) throws(EvaluationError) -> Scalar {
        switch self {
        case .enumeration(let place, let tag):
            return .int(Int64(Int32(truncatingIfNeeded: subject.varint(tag, at: place))))
        case .unsigned(let place, let tag):
            return .int(Int64(UInt32(truncatingIfNeeded: subject.varint(tag, at: place))))
        case .fixed32(let place, let tag):
            return .int(Int64(subject.message(at: place).fixed32(tag) ?? 0))
        case .nanoseconds(let place, let tag):
            return .int(Int64(bitPattern: subject.nanoseconds(tag, at: place)))
        case .time(let place, let tag): return .time(subject.nanoseconds(tag, at: place))
        case .value(let place, let tag):
            guard let range = subject.body.field(tag, in: subject.range(of: place)) else {
                return .none
            }
            return subject.scalar(subject.body.value(at: range))
        case .pointAttribute(let key):
            return subject.scalar(
                subject.body.attribute(
                    key.bytes(in: constants, or: constants),
                    tag: PointTag.attributes(of: subject.pointsTag), in: subject.item))
        case .bodyKey(let key):
            return try subject.bodyValue(key.bytes(in: constants, or: constants))
        case .statusCode: return .int(subject.statusCode)
        case .statusMessage:
            let range = subject.body.field(SpanTag.status, in: subject.places.record) ?? 0..<0
            let message = subject.body.field(StatusTag.message, in: range)
            return .text(TextPlace(message ?? 0..<0))
        case .point(let field): return Scalar(subject.value(of: field))
        case .constant, .text, .attribute: return .none
        }
    }
}

/// Which of a subject's messages.
enum MessagePlace: UInt8, Sendable {
    case resource, scope, record, item

    init(_ context: PathContext) {
        switch context {
        case .resource: self = .resource
        case .scope: self = .scope
        case .span, .metric, .log: self = .record
        case .spanevent, .datapoint: self = .item
        }
    }
}

extension Scalar {
    /// A number or time; other values have no place here.
    init(_ value: Value) {
        switch value {
        case .int(let number): self = .int(number)
        case .double(let number): self = .double(number)
        case .bool(let bool): self = .bool(bool)
        case .time(let time): self = .time(UInt64(bitPattern: time.unixNanoseconds))
        default: self = .none
        }
    }
}

extension Subject {
    @inline(__always)
    func range(of place: MessagePlace) -> Range<Int> {
        switch place {
        case .record: places.record
        case .resource: places.resource
        case .scope: places.scope
        case .item: item
        }
    }

    @_lifetime(copy self)
    func message(at place: MessagePlace) -> Message {
        Message(body, range(of: place))
    }

    func varint(_ tag: UInt32, at place: MessagePlace) -> UInt64 {
        guard let range = body.field(tag, in: range(of: place)) else { return 0 }
        return body.varint(at: range)
    }

    func nanoseconds(_ tag: UInt32, at place: MessagePlace) -> UInt64 {
        guard let range = body.field(tag, in: range(of: place)) else { return 0 }
        return body.fixed64(at: range)
    }

    var statusCode: Int64 {
        guard let range = body.field(SpanTag.status, in: places.record),
            let code = body.field(StatusTag.code, in: range)
        else { return 0 }
        return Int64(Int32(truncatingIfNeeded: body.varint(at: code)))
    }

    /// The parent's id is absent or all zeros.
    var isRootSpan: Bool {
        guard let range = body.field(SpanTag.parentSpanID, in: places.record) else { return true }
        return range.count != 8 || body.fixed64(at: range) == 0
    }

    /// Reads a value's number, or where its text is.
    @inline(__always)
    func scalar(_ found: ValuePlace?) -> Scalar {
        guard let found else { return .none }
        switch found.kind {
        case .string: return .text(TextPlace(found.payload))
        case .int: return .int(Int64(bitPattern: body.varint(at: found.payload)))
        case .bool: return .bool(body.varint(at: found.payload) != 0)
        case .double: return .double(Double(bitPattern: body.fixed64(at: found.payload)))
        case .bytes: return .bytes(TextPlace(found.payload))
        case .empty: return .none
        case .array: return .compound(.list)
        case .keyValueList: return .compound(.map)
        }
    }

    func bodyValue(_ key: RawSpan) throws(EvaluationError) -> Scalar {
        guard let range = body.field(LogRecordTag.body, in: places.record) else {
            throw .notIndexable(.none, by: .string)
        }
        let place = body.value(at: range)
        guard place.kind == .keyValueList else {
            throw .notIndexable(scalar(place).kind, by: .string)
        }
        return scalar(body.attribute(key, tag: ListTag.values, in: place.payload))
    }
}
