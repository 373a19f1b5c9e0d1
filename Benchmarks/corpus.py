"""Seeded request bodies of an invented shop, as the load generator sends them.

    corpus.py FOLDER

writes large.corpus (512 spans a request), small.corpus (1 span), gzip.corpus (large, compressed),
json.corpus (100 spans, OTLP/JSON), and traces.corpus (512 spans a request, of traces of 3 to 40
spans that go through several services, and of health checks; their ids say what they are, see
wire.h). A corpus file, little endian, is

    "SPANS\\0\\0\\1"   u32 number of bodies
    per body:         u32 size   u32 spans   u64 sum of the spans' hashes   the body

The hash is that of wire.h. As the sink sums up the same hash over what arrives, one comparison of
two numbers tells whether anything was lost, doubled or damaged.
"""

import base64
import gzip
import json
import pathlib
import random
import struct
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START = 1_760_000_000_000_000_000  # A fixed moment: a corpus must not depend on the clock.
WORD = (1 << 64) - 1
SERVICES = ["gateway", "storefront", "cart", "checkout", "payment", "catalog", "search", "auth"]
ROUTES = ["/", "/products/{id}", "/cart/items", "/checkout", "/search", "/orders/{id}"]
QUERIES = [
    "SELECT id, status, total FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT $2",
    "INSERT INTO order_items (order_id, product_id, quantity) VALUES ($1, $2, $3) RETURNING id",
    "UPDATE stock SET reserved = reserved + $1 WHERE product_id = $2 AND version = $3",
]


def mix(x):
    """splitmix64's finalizer, as in wire.h."""
    x = (x + 0x9E3779B97F4A7C15) & WORD
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


def span_hash(span):
    high, low = struct.unpack("<QQ", span.trace_id)
    (own,) = struct.unpack("<Q", span.span_id)
    return mix(high ^ mix(low ^ mix(own)))


class Shop:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = START
        self.instances = [
            (service, f"{service}-{self.random.getrandbits(40):010x}")
            for service in SERVICES for _ in range(3)
        ]

    def request(self, spans):
        """One request of one instance, which holds spans of a few scopes."""
        service, instance = self.random.choice(self.instances)
        request = ExportTraceServiceRequest()
        group = self.group(request, service, instance)
        scopes = {}
        for _ in range(spans):
            kind = self.random.choices(["server", "client", "db", "own"], [3, 3, 3, 2])[0]
            if kind not in scopes:
                scopes[kind] = group.scope_spans.add()
                scopes[kind].scope.name = f"io.opentelemetry.{kind}"
                scopes[kind].scope.version = "2.15.0"
            self.fill(scopes[kind].spans.add(), kind, service)
        return request

    @staticmethod
    def group(request, service, instance):
        group = request.resource_spans.add(schema_url="https://opentelemetry.io/schemas/1.34.0")
        put(group.resource, {
            "service.name": service, "service.namespace": "shop", "service.version": "2.14.3",
            "service.instance.id": instance, "deployment.environment.name": "production",
            "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "java",
            "telemetry.sdk.version": "1.49.0", "k8s.pod.name": instance,
            "host.name": f"ip-10-0-0-{len(instance)}.compute.internal", "process.pid": 4711,
        })
        return group

    def traces(self, spans):
        """Requests with about so many spans. Each instance sends what it has in its own requests,
        so that a trace arrives in several, as it does at a gateway."""
        waiting, requests, made = {}, [], 0
        while made < spans:
            for instance, *span in self.trace():
                waiting.setdefault(instance, []).append(span)
                made += 1
                if len(waiting[instance]) == 512:
                    requests.append(self.request_of(instance, waiting.pop(instance)))
        requests += [self.request_of(i, rest) for i, rest in waiting.items()]
        return requests

    def trace(self):
        """Spans with what a request needs: (instance, kind, span)."""
        r = self.random
        self.now += r.randint(10_000, 4_000_000)
        is_health = r.random() < 0.03
        count = 1 if is_health else r.randint(3, 40)
        has_error, is_slow = not is_health and r.random() < 0.03, not is_health and r.random() < 0.02
        mark = 0xA0 | has_error | is_slow << 1 | is_health << 2
        trace_id = bytes([count, mark]) + r.randbytes(14)
        took = int((r.uniform(2.1, 6) if is_slow else min(r.lognormvariate(-2.4, 0.9), 1.6)) * 1e9)
        start, failing = self.now, r.randrange(count) if has_error else None
        ids = [r.randbytes(8) for _ in range(count)]
        instance = r.choice(self.instances)
        for n in range(count):
            kind = "server" if n == 0 else r.choices(["server", "client", "db", "own"], [3, 3, 3, 2])[0]
            if kind == "server":
                instance = r.choice(self.instances)
            span = Span()
            self.fill(span, kind, instance[0])
            begin = start if n == 0 else start + int(took * r.uniform(0, 0.7))
            span.trace_id, span.span_id = trace_id, ids[n]
            span.parent_span_id = b"" if n == 0 else ids[r.randrange(n)]
            span.start_time_unix_nano = begin
            span.end_time_unix_nano = start + took if n == 0 else begin + int(took * 0.2)
            span.ClearField("status")
            if n == failing:
                span.status.code, span.status.message = 2, "read timed out"
            if is_health:
                for attribute in span.attributes:
                    if attribute.key in ("http.route", "url.path"):
                        attribute.value.string_value = "/health"
            yield instance, kind, span
        self.now = start

    def request_of(self, instance, spans):
        service, name = instance
        request = ExportTraceServiceRequest()
        group = self.group(request, service, name)
        scopes = {}
        for kind, span in spans:
            if kind not in scopes:
                scopes[kind] = group.scope_spans.add()
                scopes[kind].scope.name = f"io.opentelemetry.{kind}"
                scopes[kind].scope.version = "2.15.0"
            scopes[kind].spans.append(span)
        return request

    def fill(self, span, kind, service):
        r = self.random
        self.now += r.randint(10_000, 4_000_000)
        span.trace_id, span.span_id, span.parent_span_id = (r.randbytes(n) for n in (16, 8, 8))
        span.start_time_unix_nano = self.now
        span.end_time_unix_nano = self.now + int(r.lognormvariate(16, 1))
        span.flags = 0x101
        peer = f"10.{r.randint(0, 40)}.{r.randint(0, 255)}.{r.randint(1, 254)}"
        match kind:
            case "server":
                route = r.choice(ROUTES)
                span.name, span.kind = f"GET {route}", 2
                put(span, {
                    "http.request.method": "GET", "url.scheme": "http", "http.route": route,
                    "url.path": route.replace("{id}", str(r.randint(1, 99999))),
                    "http.response.status_code": r.choice([200, 200, 200, 404]),
                    "server.address": f"{service}.shop.svc.cluster.local", "server.port": 8080,
                    "client.address": peer, "network.peer.port": r.randint(32768, 60999),
                    "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) Firefox/138.0",
                })
            case "client":
                target = r.choice(SERVICES)
                span.name, span.kind = "POST", 3
                put(span, {
                    "http.request.method": "POST", "server.port": 8080,
                    "url.full": f"http://{target}.shop.svc.cluster.local:8080/{r.randint(1, 999)}",
                    "http.response.status_code": 200, "network.peer.address": peer,
                    "peer.service": target, "thread.id": r.randint(1, 400),
                    "thread.name": f"http-nio-8080-exec-{r.randint(1, 200)}",
                })
            case "db":
                span.name, span.kind = "SELECT orders", 3
                put(span, {
                    "db.system.name": "postgresql", "db.namespace": "shop",
                    "db.query.text": r.choice(QUERIES), "server.port": 5432,
                    "server.address": "postgresql-primary.data.svc.cluster.local",
                    "db.response.returned_rows": r.randint(0, 200),
                })
            case "own":
                span.name, span.kind = "applyPromotions", 1
                put(span, {
                    "code.function.name": f"shop.{service}.applyPromotions", "app.cache.hit": True,
                    "code.line.number": r.randint(10, 900),
                    "app.total": round(r.uniform(3, 900), 2),
                })
        if r.random() < 0.1:
            event = span.events.add(name="cache.miss", time_unix_nano=self.now + 1000)
            put(event, {"cache.key": f"product:{r.randint(1, 99999)}", "cache.ttl_s": 300})
        if r.random() < 0.03:
            span.status.code, span.status.message = 2, "read timed out"


def put(message, attributes):
    for key, value in attributes.items():
        to = message.attributes.add(key=key).value
        match value:
            case bool():
                to.bool_value = value
            case int():
                to.int_value = value
            case float():
                to.double_value = value
            case _:
                to.string_value = value


def otlp_json(request):
    tree = json_format.MessageToDict(request, use_integers_for_enums=True)
    for group in tree["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    span[key] = base64.b64decode(span[key]).hex()
    return json.dumps(tree, separators=(",", ":")).encode()


def write(path, requests, encode):
    with open(path.with_suffix(".tmp"), "wb") as file:
        file.write(struct.pack("<8sI", b"SPANS\0\0\1", len(requests)))
        for request in requests:
            spans = [
                span for group in request.resource_spans
                for scope in group.scope_spans for span in scope.spans
            ]
            body, total = encode(request), sum(map(span_hash, spans)) & WORD
            file.write(struct.pack("<IIQ", len(body), len(spans), total) + body)
    path.with_suffix(".tmp").rename(path)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    shop = Shop(seed=1)
    large = [shop.request(512) for _ in range(160)]
    write(folder / "large.corpus", large, lambda request: request.SerializeToString())
    write(folder / "gzip.corpus", large,
          lambda request: gzip.compress(request.SerializeToString(), 6, mtime=0))
    small = [shop.request(1) for _ in range(16_000)]
    write(folder / "small.corpus", small, lambda request: request.SerializeToString())
    medium = [shop.request(100) for _ in range(200)]
    traces = Shop(seed=2).traces(80_000)
    write(folder / "traces.corpus", traces, lambda request: request.SerializeToString())
    write(folder / "json.corpus", medium, otlp_json)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
