import OTLP
import Primitives
import TestSupport

/// Makes export requests from a seed: few resources and scopes, so that equal ones meet, and with
/// `extras` all that a request may contain besides what everybody sends.
struct RequestSource {
    let signal: Signal
    /// Unknown fields, unusual forms of what is known, groups without records.
    let extras: Bool
    private var random: SeededGenerator

    init(_ signal: Signal, seed: UInt64, extras: Bool = true) {
        self.signal = signal
        self.extras = extras
        random = SeededGenerator(seed: seed)
    }

    mutating func request(groups: ClosedRange<Int> = 0...4) -> [UInt8] {
        var buffer = ByteBuffer()
        for _ in 0..<Int.random(in: groups, using: &random) {
            let mark = buffer.open(RequestTag.resourceGroups)
            appendResourceGroup(to: &buffer)
            buffer.close(mark)
            appendExtra(to: &buffer, field: 77)
        }
        return Array(buffer)
    }

    mutating func chance(_ part: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < part
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    private mutating func appendResourceGroup(to buffer: inout ByteBuffer) {
        if chance(0.9) {
            let resource = buffer.open(ResourceGroupTag.resource)
            appendAttribute(ResourceTag.attributes, to: &buffer, variants: 2)
            appendExtra(to: &buffer, field: 9)
            buffer.close(resource)
        }
        for _ in 0..<number(extras ? 0...3 : 1...3) {
            let scope = buffer.open(ResourceGroupTag.scopeGroups)
            appendScopeGroup(to: &buffer)
            buffer.close(scope)
        }
        if chance(0.3) {
            buffer.appendField(ResourceGroupTag.schemaURL, string: "https://schema/1")
        }
        if chance(0.1) { appendExtra(to: &buffer, field: 20) }
    }

    private mutating func appendScopeGroup(to buffer: inout ByteBuffer) {
        if chance(0.8) {
            let scope = buffer.open(ScopeGroupTag.scope)
            buffer.appendField(ScopeTag.name, string: "scope \(number(0...2))")
            buffer.close(scope)
        }
        for _ in 0..<number(extras ? 0...6 : 1...6) {
            let isPadded = extras && chance(0.05)
            if isPadded {
                var record = ByteBuffer()
                appendRecord(to: &record)
                buffer.append([0x92, 0x00] as [UInt8])
                buffer.appendVarint(UInt64(record.count))
                buffer.append(record.bytes)
            } else {
                let record = buffer.open(ScopeGroupTag.records)
                appendRecord(to: &buffer)
                buffer.close(record)
            }
            if chance(0.02) { appendExtra(to: &buffer, field: 21) }
        }
        if chance(0.3) { buffer.appendField(ScopeGroupTag.schemaURL, string: "https://schema/2") }
    }

    private mutating func appendRecord(to buffer: inout ByteBuffer) {
        switch signal {
        case .traces: appendSpan(to: &buffer)
        case .metrics: appendMetric(to: &buffer)
        case .logs: appendLogRecord(to: &buffer)
        }
        if chance(0.2) { appendExtra(to: &buffer, field: 500) }
    }

    private mutating func appendSpan(to buffer: inout ByteBuffer) {
        buffer.appendField(SpanTag.traceID, bytes: identifier(16).span.bytes)
        buffer.appendField(SpanTag.spanID, bytes: identifier(8).span.bytes)
        if chance(0.7) { buffer.appendField(SpanTag.parentSpanID, bytes: identifier(8).span.bytes) }
        buffer.appendField(SpanTag.name, string: "GET /é/\(number(0...99))")
        buffer.appendField(SpanTag.startTime, fixed64: UInt64(number(1...1_000_000)))
        buffer.appendField(SpanTag.endTime, fixed64: UInt64(number(1_000_000...2_000_000)))
        for _ in 0..<number(0...4) {
            appendAttribute(SpanTag.attributes, to: &buffer, variants: 1000)
        }
        if chance(0.3) {
            let event = buffer.open(SpanTag.events)
            buffer.appendField(EventTag.time, fixed64: 5)
            appendAttribute(EventTag.attributes, to: &buffer, variants: 9)
            buffer.close(event)
        }
        if chance(0.2) {
            let link = buffer.open(SpanTag.links)
            buffer.appendField(LinkTag.traceID, bytes: identifier(16).span.bytes)
            appendAttribute(LinkTag.attributes, to: &buffer, variants: 9)
            buffer.close(link)
        }
        if chance(0.4) {
            let status = buffer.open(SpanTag.status)
            buffer.appendField(StatusTag.code, varint: UInt64(number(0...2)))
            buffer.close(status)
        }
        buffer.appendField(SpanTag.flags, fixed32: 0x101)
    }

    private mutating func appendLogRecord(to buffer: inout ByteBuffer) {
        buffer.appendField(LogRecordTag.time, fixed64: UInt64(number(1...1_000_000)))
        buffer.appendField(LogRecordTag.severityNumber, varint: UInt64(number(0...24)))
        let body = buffer.open(LogRecordTag.body)
        appendValue(to: &buffer, variants: 100, depth: 0)
        buffer.close(body)
        appendAttribute(LogRecordTag.attributes, to: &buffer, variants: 100)
        if chance(0.5) {
            buffer.appendField(LogRecordTag.traceID, bytes: identifier(16).span.bytes)
            buffer.appendField(LogRecordTag.spanID, bytes: identifier(8).span.bytes)
        }
    }

    private mutating func appendMetric(to buffer: inout ByteBuffer) {
        buffer.appendField(MetricTag.name, string: "metric \(number(0...999))")
        appendAttribute(MetricTag.metadata, to: &buffer, variants: 3)
        let kinds = [
            MetricTag.gauge, MetricTag.sum, MetricTag.histogram, MetricTag.exponentialHistogram,
            MetricTag.summary,
        ]
        let kind = kinds[number(0...4)]
        let points = buffer.open(kind)
        for _ in 0..<number(0...7) { appendPoint(of: kind, to: &buffer) }
        if kind != MetricTag.gauge && kind != MetricTag.summary {
            buffer.appendField(MetricPointsTag.aggregationTemporality, varint: 2)
        }
        buffer.close(points)
    }

    private mutating func appendPoint(of kind: UInt32, to buffer: inout ByteBuffer) {
        let point = buffer.open(MetricPointsTag.dataPoints)
        buffer.appendField(3 << 3 | 1, fixed64: UInt64(number(1...1_000_000)))
        if kind == MetricTag.histogram {
            let buckets = buffer.open(6 << 3 | 2)
            for _ in 0..<number(0...3) { buffer.appendFixed64(UInt64(number(0...9))) }
            buffer.close(buckets)
            buffer.appendField(7 << 3 | 1, fixed64: 1)
        } else if kind == MetricTag.exponentialHistogram {
            let positive = buffer.open(8 << 3 | 2)
            let counts = buffer.open(2 << 3 | 2)
            for _ in 0..<number(0...3) { buffer.appendVarint(UInt64(number(0...999))) }
            buffer.close(counts)
            buffer.close(positive)
        }
        buffer.close(point)
    }

    private mutating func appendAttribute(
        _ tag: UInt32, to buffer: inout ByteBuffer, variants: Int, depth: Int = 0
    ) {
        let attribute = buffer.open(tag)
        buffer.appendField(KeyValueTag.key, string: "key.\(number(0...9) % variants)")
        let value = buffer.open(KeyValueTag.value)
        appendValue(to: &buffer, variants: variants, depth: depth)
        buffer.close(value)
        buffer.close(attribute)
    }

    private mutating func appendValue(to buffer: inout ByteBuffer, variants: Int, depth: Int) {
        let variant = number(0...variants - 1)
        switch variants < 10 ? 0 : number(0...(depth < 3 ? 7 : 4)) {
        case 0: buffer.appendField(AnyValueTag.string, string: "value \(variant)")
        case 1: buffer.appendField(AnyValueTag.bool, varint: UInt64(variant & 1))
        case 2: buffer.appendField(AnyValueTag.int, varint: UInt64(bitPattern: Int64(-variant)))
        case 3: buffer.appendField(AnyValueTag.double, fixed64: Double(variant).bitPattern)
        case 4: buffer.appendField(AnyValueTag.bytes, bytes: identifier(5).span.bytes)
        case 5:
            let list = buffer.open(AnyValueTag.array)
            for _ in 0..<number(0...3) {
                let value = buffer.open(ListTag.values)
                appendValue(to: &buffer, variants: variants, depth: depth + 1)
                buffer.close(value)
            }
            buffer.close(list)
        case 6:
            let list = buffer.open(AnyValueTag.keyValueList)
            for _ in 0..<number(0...3) {
                appendAttribute(ListTag.values, to: &buffer, variants: variants, depth: depth + 1)
            }
            buffer.close(list)
        default: break
        }
    }

    /// A field that OTLP does not have, of any wire type.
    private mutating func appendExtra(to buffer: inout ByteBuffer, field: UInt32) {
        guard extras, chance(0.3) else { return }
        switch number(0...4) {
        case 0: buffer.appendField(field << 3, varint: 1 << 60)
        case 1: buffer.appendField(field << 3 | 1, fixed64: 7)
        case 2: buffer.appendField(field << 3 | 2, string: "from the future")
        case 3: buffer.appendField(field << 3 | 5, fixed32: 7)
        default:
            buffer.appendTag(field << 3 | 3)
            buffer.appendField(1 << 3, varint: 3)
            buffer.appendTag(field << 3 | 4)
        }
    }

    private mutating func identifier(_ size: Int) -> [UInt8] {
        (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}

extension ByteBuffer {
    mutating func append(_ bytes: [UInt8]) {
        append(bytes.span.bytes)
    }
}

extension Array where Element == UInt8 {
    init(_ buffer: borrowing ByteBuffer) {
        self = buffer.withUnsafeBytes { Array($0) }
    }

    init(_ chain: ByteChain) {
        self = []
        for link in chain.links {
            append(contentsOf: link.body.withUnsafeBytes { Array($0[link.range]) })
        }
    }
}
