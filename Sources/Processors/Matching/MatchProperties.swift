import OTLP
import Primitives

/// An `include` or `exclude` block: what a record, its scope and its resource have to be like.
///
/// All that is given has to hold; within a list of names, one. What is asked of resource and scope
/// is apart, so that it is looked at once for all records of a group.
struct MatchProperties: Sendable {
    var services: TextSet?
    var resources: [AttributeRule] = []
    var libraries: [LibraryRule] = []
    var spanNames: TextSet?
    var spanKinds: SpanKinds?
    var attributes: [AttributeRule] = []
    var logBodies: TextSet?
    var severityTexts: TextSet?
    var severityNumber: SeverityRule?
    var metricNames: TextSet?

    /// A scope's name and perhaps its version.
    struct LibraryRule: Sendable {
        let name: TextSet
        let version: TextSet?
    }

    struct SeverityRule: Sendable {
        let lowest: Int
        /// What counts for records whose severity is 0.
        let matchesUndefined: Bool
    }

    /// Whether anything is asked of the record itself.
    var concernsRecords: Bool {
        spanNames != nil || spanKinds != nil || !attributes.isEmpty || logBodies != nil
            || severityTexts != nil || severityNumber != nil || metricNames != nil
    }

    var concernsScopes: Bool { !libraries.isEmpty }

    func holds(forResource resource: borrowing Message) -> Bool {
        if let services, !Self.holds(services, forServiceOf: resource) { return false }
        return resources.allHold(for: resource, in: ResourceTag.attributes)
    }

    private static let serviceName = Array("service.name".utf8)
    private static let noService = Array("<nil-service-name>".utf8)

    private static func holds(
        _ services: TextSet, forServiceOf resource: borrowing Message
    ) -> Bool {
        guard
            let name = resource.attribute(serviceName.span.bytes, in: ResourceTag.attributes)
        else { return services.contains(noService.span.bytes) }
        return services.contains(textOf: name, isTyped: false)
    }

    func holds(forScope scope: borrowing Message) -> Bool {
        for library in libraries {
            guard library.name.contains(textIn: ScopeTag.name, of: scope) else { return false }
            if let version = library.version,
                !version.contains(textIn: ScopeTag.version, of: scope)
            {
                return false
            }
        }
        return true
    }

    /// - Parameter record: A span, metric or log record.
    func holds(forRecord record: borrowing Message, of signal: Signal) -> Bool {
        switch signal {
        case .traces: holds(forSpan: record)
        case .logs: holds(forLogRecord: record)
        case .metrics: metricNames?.contains(textIn: MetricTag.name, of: record) ?? true
        }
    }

    private func holds(forSpan span: borrowing Message) -> Bool {
        if let spanNames, !spanNames.contains(textIn: SpanTag.name, of: span) { return false }
        if let spanKinds, !spanKinds.contains(span.varint(SpanTag.kind) ?? 0) { return false }
        return attributes.allHold(for: span, in: SpanTag.attributes)
    }

    private func holds(forLogRecord record: borrowing Message) -> Bool {
        if let logBodies,
            !logBodies.contains(textOf: record.value(LogRecordTag.body), isTyped: false)
        {
            return false
        }
        if let severityTexts,
            !severityTexts.contains(textIn: LogRecordTag.severityText, of: record)
        {
            return false
        }
        if let severityNumber, !severityNumber.holds(for: record) { return false }
        return attributes.allHold(for: record, in: LogRecordTag.attributes)
    }
}

extension MatchProperties.SeverityRule {
    fileprivate func holds(for record: borrowing Message) -> Bool {
        let bits = record.varint(LogRecordTag.severityNumber) ?? 0
        // An enum on the wire: its lower 32 bits, with a sign.
        let number = Int(Int32(truncatingIfNeeded: bits))
        return number == 0 ? matchesUndefined : number >= lowest
    }
}

extension TextSet {
    /// A string field; absent is empty.
    fileprivate func contains(textIn tag: UInt32, of message: borrowing Message) -> Bool {
        guard let text = message.payload(tag) else { return contains(RawSpan()) }
        return contains(text)
    }
}

/// Kinds of spans: found out by their names once, since there are few.
struct SpanKinds: Sendable {
    static let names = [
        "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
        "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
    ]

    /// A bit for each kind; behind them, one for numbers that are none.
    private var bits = 0

    init(_ names: TextSet) {
        for (kind, name) in (Self.names + [""]).enumerated() where names.contains(name) {
            bits |= 1 << kind
        }
    }

    func contains(_ kind: UInt64) -> Bool {
        let index = Int(truncatingIfNeeded: min(kind, UInt64(Self.kindCount)))
        return bits & 1 << index != 0
    }

    private static let kindCount = 6
}
