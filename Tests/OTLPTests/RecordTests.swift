import OTLP
import Primitives
import Testing

/// What views of a record say, field by field.
struct RecordTests {
    private static let traceID: [UInt8] = Array(0x01...0x10)

    /// One resource and scope, with a root span that failed and a child of it.
    private static func trace() -> Body {
        var request = ByteBuffer()
        let group = request.open(RequestTag.resourceGroups)
        let resource = request.open(ResourceGroupTag.resource)
        request.appendAttribute(ResourceTag.attributes, "service.name") {
            $0.appendField(AnyValueTag.string, string: "shop")
        }
        request.close(resource)
        let scopeGroup = request.open(ResourceGroupTag.scopeGroups)
        let scope = request.open(ScopeGroupTag.scope)
        request.appendField(ScopeTag.name, string: "tests")
        request.close(scope)
        let root = request.open(ScopeGroupTag.records)
        request.appendField(SpanTag.traceID, bytes: traceID.span.bytes)
        request.appendField(SpanTag.startTime, fixed64: 1_760_000_000_123_456_789)
        request.appendField(SpanTag.endTime, fixed64: 1_760_000_001_000_000_000)
        appendAttributes(to: &request)
        for name in ["first", "second"] {
            let event = request.open(SpanTag.events)
            request.appendField(EventTag.name, string: name)
            request.close(event)
        }
        let status = request.open(SpanTag.status)
        request.appendField(StatusTag.code, varint: 2)
        request.close(status)
        request.close(root)
        let child = request.open(ScopeGroupTag.records)
        request.appendField(
            SpanTag.parentSpanID, bytes: ([1, 2, 3, 4, 5, 6, 7, 8] as [UInt8]).span.bytes)
        request.close(child)
        request.close(scopeGroup)
        request.appendField(ResourceGroupTag.schemaURL, string: "https://schema")
        request.close(group)
        return request.freeze()
    }

    private static func appendAttributes(to request: inout ByteBuffer) {
        let tag = SpanTag.attributes
        request.appendAttribute(tag, "string") { $0.appendField(AnyValueTag.string, string: "é") }
        request.appendAttribute(tag, "bool") { $0.appendField(AnyValueTag.bool, varint: 1) }
        request.appendAttribute(tag, "int") {
            $0.appendField(AnyValueTag.int, varint: UInt64(bitPattern: -7))
        }
        request.appendAttribute(tag, "double") {
            $0.appendField(AnyValueTag.double, fixed64: (0.5).bitPattern)
        }
        request.appendAttribute(tag, "array") {
            let list = $0.open(AnyValueTag.array)
            for number in 1...3 {
                let value = $0.open(ListTag.values)
                $0.appendField(AnyValueTag.int, varint: UInt64(number))
                $0.close(value)
            }
            $0.close(list)
        }
        request.appendAttribute(tag, "map") {
            let list = $0.open(AnyValueTag.keyValueList)
            $0.appendAttribute(ListTag.values, "inner") {
                $0.appendField(AnyValueTag.bytes, bytes: ([0, 255] as [UInt8]).span.bytes)
            }
            $0.close(list)
        }
        request.appendAttribute(tag, "empty") { _ in }
    }

    @Test func `the index knows ids, times, status and whether there is a parent`() throws {
        let batch = try Batch(validating: Self.trace(), as: .traces)

        var seen: [String] = []
        batch.forEachRecord { span in
            seen.append(
                "\(span.traceID?.description ?? "none") \(span.startTime) \(span.endTime) "
                    + "\(span.status) \(span.isRoot)")
        }

        #expect(
            seen == [
                "0102030405060708090a0b0c0d0e0f10 1760000000123456789 1760000001000000000 "
                    + "error true",
                "none 0 0 unset false",
            ])
    }

    @Test func `values of all kinds are read as they were written`() throws {
        let batch = try Batch(validating: Self.trace(), as: .traces)

        var values: [String] = []
        batch.forEachRecord { span in
            var attributes = span.message.attributes(SpanTag.attributes)
            while let attribute = attributes.next() {
                values.append(text(attribute.key) + "=" + text(attribute.value))
            }
        }

        #expect(
            values == [
                "string=é", "bool=true", "int=-7", "double=0.5", "array=[1,2,3]",
                "map={inner=[0, 255]}", "empty=",
            ])
    }

    @Test func `resource, scope and nested messages are found`() throws {
        let batch = try Batch(validating: Self.trace(), as: .traces)

        var found: [String] = []
        batch.forEachRecord { span in
            let key = Array("service.name".utf8)
            if let value = span.resource.attribute(key.span.bytes, in: ResourceTag.attributes) {
                found.append(text(value))
            }
            if let name = span.scope.payload(ScopeTag.name) { found.append(text(name)) }
            found.append(text(span.resourceSchemaURL) + text(span.scopeSchemaURL))
            var events = span.message.messages(SpanTag.events)
            while let event = events.next() {
                if let name = event.payload(EventTag.name) { found.append(text(name)) }
            }
            found.append("\(span.message.fixed64(SpanTag.startTime) ?? 0)")
        }

        #expect(
            found == [
                "shop", "tests", "https://schema", "first", "second", "1760000000123456789",
                "shop", "tests", "https://schema", "0",
            ])
    }

    private func text(_ bytes: RawSpan) -> String {
        String(decoding: [UInt8](bytes), as: UTF8.self)
    }

    private func text(_ value: borrowing AnyValue) -> String {
        switch value.kind {
        case .empty: return ""
        case .string: return text(value.bytes)
        case .bool: return "\(value.bool ?? false)"
        case .int: return "\(value.int ?? 0)"
        case .double: return "\(value.double ?? 0)"
        case .bytes: return "\([UInt8](value.bytes))"
        case .array:
            var texts: [String] = []
            var elements = value.elements
            while let element = elements.next() { texts.append(text(element)) }
            return "[\(texts.joined(separator: ","))]"
        case .keyValueList:
            var texts: [String] = []
            var attributes = value.attributes
            while let attribute = attributes.next() {
                texts.append(text(attribute.key) + "=" + text(attribute.value))
            }
            return "{\(texts.joined(separator: ","))}"
        }
    }
}

extension ByteBuffer {
    /// An attribute whose value `appendValue` writes.
    mutating func appendAttribute(
        _ tag: UInt32, _ key: String, _ appendValue: (inout ByteBuffer) -> Void
    ) {
        let attribute = open(tag)
        appendField(KeyValueTag.key, string: key)
        let value = open(KeyValueTag.value)
        appendValue(&self)
        close(value)
        close(attribute)
    }
}
