import OTLP
import Primitives

/// Makes trace requests that look like those of an instrumented web shop: 11 attributes a span of
/// about 500 bytes, a resource of about 400, an event on every eighth span. From a seed.
struct TraceSource {
    private var state: UInt64
    private let services = ["gateway", "checkout", "catalog", "payment", "inventory", "search"]
    private let statements = [
        "SELECT id, status, total_cents, currency, created_at FROM orders WHERE customer_id = $1",
        "UPDATE stock SET reserved = reserved + $1, version = version + 1 WHERE product_id = $2",
        "HSET cart:? item ? qty ?",
    ]

    init(seed: UInt64) {
        state = seed
    }

    mutating func request(spans: Int, resources: Int = 1) -> Body {
        var buffer = ByteBuffer(capacity: spans * 600 + resources * 600)
        for resource in 0..<resources {
            let group = buffer.open(RequestTag.resourceGroups, expectedSize: 1 << 18)
            appendResource(to: &buffer)
            let share = spans * (resource + 1) / resources - spans * resource / resources
            let scope = buffer.open(ResourceGroupTag.scopeGroups, expectedSize: 1 << 18)
            let inner = buffer.open(ScopeGroupTag.scope)
            buffer.appendField(ScopeTag.name, string: "io.opentelemetry.tomcat-10.0")
            buffer.appendField(ScopeTag.version, string: "2.15.0-alpha")
            buffer.close(inner)
            for _ in 0..<share { appendSpan(to: &buffer) }
            buffer.close(scope)
            buffer.close(group)
        }
        return buffer.freeze()
    }

    private mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }

    private mutating func number(_ limit: UInt64) -> UInt64 { next() >> 16 % limit }

    private mutating func appendResource(to buffer: inout ByteBuffer) {
        let service = services[Int(number(6))]
        let resource = buffer.open(ResourceGroupTag.resource, expectedSize: 400)
        for (key, value) in [
            ("service.name", service), ("service.namespace", "shop"), ("service.version", "3.14.1"),
            ("service.instance.id", "6f0a1f5e-0d9b-4c1e-9f6a-2f4f0a6f7c11"),
            ("deployment.environment.name", "production"), ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.language", "java"), ("telemetry.sdk.version", "1.49.0"),
            ("k8s.pod.name", "\(service)-7d9c8b6f5-x2x9k"),
            ("host.name", "ip-10-0-12-\(service.utf8.count).eu-west-1.compute.internal"),
        ] {
            append(ResourceTag.attributes, key, value, to: &buffer)
        }
        buffer.close(resource)
    }

    private mutating func appendSpan(to buffer: inout ByteBuffer) {
        let span = buffer.open(ScopeGroupTag.records, expectedSize: 500)
        appendIdentifier(SpanTag.traceID, 2, to: &buffer)
        appendIdentifier(SpanTag.spanID, 1, to: &buffer)
        if number(5) > 0 { appendIdentifier(SpanTag.parentSpanID, 1, to: &buffer) }
        buffer.appendField(SpanTag.name, string: "GET /api/products/{productId}")
        buffer.appendField(SpanTag.kind, varint: 2)
        let start = 1_760_000_000_000_000_000 + number(1_000_000_000)
        buffer.appendField(SpanTag.startTime, fixed64: start)
        buffer.appendField(SpanTag.endTime, fixed64: start + number(10_000_000))
        for (key, value) in [
            ("http.request.method", "GET"), ("url.scheme", "http"),
            ("url.path", "/api/products/SKU-\(number(99_999))"),
            ("http.route", "/api/products/{productId}"),
            ("server.address", "catalog.shop.svc.cluster.local"),
            ("client.address", "10.\(number(40)).\(number(255)).\(number(255))"),
            ("network.protocol.version", "1.1"),
            ("db.query.text", statements[Int(number(3))]),
        ] {
            append(SpanTag.attributes, key, value, to: &buffer)
        }
        append(SpanTag.attributes, "http.response.status_code", 200, to: &buffer)
        append(SpanTag.attributes, "server.port", 8080, to: &buffer)
        append(SpanTag.attributes, "network.peer.port", 32_768 + number(28_000), to: &buffer)
        if number(8) == 0 { appendEvent(at: start, to: &buffer) }
        let status = buffer.open(SpanTag.status)
        buffer.close(status)
        buffer.appendField(SpanTag.flags, fixed32: 0x101)
        buffer.close(span)
    }

    private mutating func appendEvent(at time: UInt64, to buffer: inout ByteBuffer) {
        let event = buffer.open(SpanTag.events)
        buffer.appendField(EventTag.time, fixed64: time)
        buffer.appendField(EventTag.name, string: "exception")
        append(
            EventTag.attributes, "exception.type", "java.net.SocketTimeoutException", to: &buffer)
        append(EventTag.attributes, "exception.message", "Read timed out", to: &buffer)
        buffer.close(event)
    }

    private mutating func appendIdentifier(
        _ tag: UInt32, _ words: Int, to buffer: inout ByteBuffer
    ) {
        buffer.appendHeader(tag, size: words * 8)
        for _ in 0..<words { buffer.appendFixed64(next() | 1) }
    }

    private func append(_ tag: UInt32, _ key: String, _ value: String, to buffer: inout ByteBuffer)
    {
        let attribute = buffer.open(tag)
        buffer.appendField(KeyValueTag.key, string: key)
        let any = buffer.open(KeyValueTag.value)
        buffer.appendField(AnyValueTag.string, string: value)
        buffer.close(any)
        buffer.close(attribute)
    }

    private func append(_ tag: UInt32, _ key: String, _ value: UInt64, to buffer: inout ByteBuffer)
    {
        let attribute = buffer.open(tag)
        buffer.appendField(KeyValueTag.key, string: key)
        let any = buffer.open(KeyValueTag.value)
        buffer.appendField(AnyValueTag.int, varint: value)
        buffer.close(any)
        buffer.close(attribute)
    }
}
