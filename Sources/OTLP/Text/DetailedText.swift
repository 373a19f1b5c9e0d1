import Primitives

/// The text of verbosity `detailed`: a line for each field. (otelcol:
/// exporter/debugexporter/internal/otlptext.)
extension TextWriter {
    /// What lines of a signal start with.
    private struct Labels {
        let resource: StaticString
        let scope: StaticString
        let scopeSchema: StaticString
        let record: StaticString

        init(_ signal: Signal) {
            switch signal {
            case .traces:
                resource = "ResourceSpans #"
                scope = "ScopeSpans #"
                scopeSchema = "ScopeSpans SchemaURL: "
                record = "Span #"
            case .metrics:
                resource = "ResourceMetrics #"
                scope = "ScopeMetrics #"
                scopeSchema = "ScopeMetrics SchemaURL: "
                record = "Metric #"
            case .logs:
                resource = "ResourceLog #"
                scope = "ScopeLogs #"
                scopeSchema = "ScopeLogs SchemaURL: "
                record = "LogRecord #"
            }
        }
    }

    @_lifetime(self: copy self)
    mutating func detailed(_ signal: Signal) {
        let labels = Labels(signal)
        var groups = values(1, in: request)
        var index: UInt64 = 0
        while let group = groups.next() {
            line(labels.resource, index)
            line("Resource SchemaURL: ", text(3, in: group))
            let resource = message(1, in: group)
            attributes("Resource attributes:", 1, in: resource)
            entityRefs(of: resource)
            scopes(of: group, labels, signal)
            index += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func scopes(of group: Message, _ labels: Labels, _ signal: Signal) {
        var groups = values(2, in: group)
        var index: UInt64 = 0
        while let group = groups.next() {
            line(labels.scope, index)
            line(labels.scopeSchema, text(3, in: group))
            let scope = message(1, in: group)
            write("InstrumentationScope ")
            write(text(1, in: scope))
            line(" ", text(2, in: scope))
            attributes("InstrumentationScope attributes:", 3, in: scope)
            records(of: group, labels, signal)
            index += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func records(of group: Message, _ labels: Labels, _ signal: Signal) {
        var records = values(2, in: group)
        var index: UInt64 = 0
        while let record = records.next() {
            line(labels.record, index)
            switch signal {
            case .traces: span(record)
            case .metrics: metric(record)
            case .logs: logRecord(record)
            }
            index += 1
        }
    }

    /// Writes a header and a line for each attribute, unless there are none.
    @_lifetime(self: copy self)
    mutating func attributes(
        _ header: StaticString, _ number: UInt32, in parent: Message,
        indentation: StaticString = "     -> "
    ) {
        var all = values(number, in: parent)
        var isFirst = true
        while let attribute = all.next() {
            if isFirst { line(header) }
            isFirst = false
            write(indentation)
            write(text(1, in: attribute))
            write(": ")
            typedValue(message(2, in: attribute))
            endLine()
        }
    }

    @_lifetime(self: copy self)
    private mutating func entityRefs(of resource: Message) {
        var all = values(3, in: resource)
        var index = 0
        while let entity = all.next() {
            if index == 0 { line("Resource entity refs:") }
            write("     -> Entity ref #")
            write(index)
            line(":")
            line("          -> Type: ", text(2, in: entity))
            let schemaURL = text(1, in: entity)
            if !schemaURL.isEmpty { line("          -> Schema URL: ", schemaURL) }
            keys("          -> ID keys:", 3, of: entity)
            keys("          -> Description keys:", 4, of: entity)
            index += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func keys(_ header: StaticString, _ number: UInt32, of entity: Message) {
        var keys = values(number, in: entity)
        var isFirst = true
        while let key = keys.next() {
            if isFirst { line(header) }
            isFirst = false
            line("               -> ", key)
        }
    }

    // MARK: Traces

    private static let kinds: [StaticString] = [
        "Unspecified", "Internal", "Server", "Client", "Producer", "Consumer",
    ]
    private static let statusCodes: [StaticString] = ["Unset", "Ok", "Error"]

    /// The name of an enumeration's value; nothing for one that has none.
    func name(_ value: UInt64, _ names: [StaticString]) -> StaticString {
        value < UInt64(names.count) ? names[Int(truncatingIfNeeded: value)] : ""
    }

    @_lifetime(self: copy self)
    private mutating func span(_ span: Message) {
        line("    Trace ID       : ", hexadecimal: text(1, in: span))
        line("    Parent ID      : ", hexadecimal: text(4, in: span))
        line("    ID             : ", hexadecimal: text(2, in: span))
        line("    Name           : ", text(5, in: span))
        line("    Kind           : ", name(varint(6, in: span), Self.kinds))
        let traceState = text(3, in: span)
        if !traceState.isEmpty { line("    TraceState     : ", traceState) }
        line("    Start time     : ", time: fixed64(7, in: span))
        line("    End time       : ", time: fixed64(8, in: span))
        let status = message(15, in: span)
        line("    Status code    : ", name(varint(3, in: status), Self.statusCodes))
        line("    Status message : ", text(2, in: status))
        line("    DroppedAttributesCount: ", droppedCount(10, in: span))
        line("    DroppedEventsCount: ", droppedCount(12, in: span))
        line("    DroppedLinksCount: ", droppedCount(14, in: span))
        attributes("Attributes:", 9, in: span)
        events(of: span)
        links(of: span)
    }

    private func droppedCount(_ number: UInt32, in message: Message) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: varint(number, in: message)))
    }

    @_lifetime(self: copy self)
    private mutating func events(of span: Message) {
        var events = values(11, in: span)
        var index: UInt64 = 0
        while let event = events.next() {
            if index == 0 { line("Events:") }
            line("SpanEvent #", index)
            line("     -> Name: ", text(2, in: event))
            line("     -> Timestamp: ", time: fixed64(1, in: event))
            line("     -> DroppedAttributesCount: ", droppedCount(4, in: event))
            attributes(
                "     -> Attributes::", 3, in: event, indentation: "          -> ")
            index += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func links(of span: Message) {
        var links = values(13, in: span)
        var index: UInt64 = 0
        while let link = links.next() {
            if index == 0 { line("Links:") }
            line("SpanLink #", index)
            line("     -> Trace ID: ", hexadecimal: text(1, in: link))
            line("     -> ID: ", hexadecimal: text(2, in: link))
            line("     -> TraceState: ", text(3, in: link))
            line("     -> DroppedAttributesCount: ", droppedCount(5, in: link))
            attributes("     -> Attributes::", 4, in: link, indentation: "          -> ")
            index += 1
        }
    }

    // MARK: Logs

    private static let severities: [StaticString] = [
        "Unspecified", "Trace", "Trace2", "Trace3", "Trace4", "Debug", "Debug2", "Debug3",
        "Debug4", "Info", "Info2", "Info3", "Info4", "Warn", "Warn2", "Warn3", "Warn4", "Error",
        "Error2", "Error3", "Error4", "Fatal", "Fatal2", "Fatal3", "Fatal4",
    ]

    @_lifetime(self: copy self)
    private mutating func logRecord(_ record: Message) {
        line("ObservedTimestamp: ", time: fixed64(11, in: record))
        line("Timestamp: ", time: fixed64(1, in: record))
        line("SeverityText: ", text(3, in: record))
        let severity = varint(2, in: record)
        write("SeverityNumber: ")
        write(name(severity, Self.severities))
        write("(")
        output.appendDecimal(Int64(Int32(truncatingIfNeeded: severity)))
        line(")")
        let eventName = text(12, in: record)
        if !eventName.isEmpty { line("EventName: ", eventName) }
        write("Body: ")
        typedValue(message(5, in: record))
        endLine()
        attributes("Attributes:", 6, in: record)
        line("Trace ID: ", hexadecimal: text(9, in: record))
        line("Span ID: ", hexadecimal: text(10, in: record))
        line("Flags: ", UInt64(fixed32(8, in: record)))
    }
}
