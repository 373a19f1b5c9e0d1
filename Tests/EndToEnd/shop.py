"""A small program of several services, made with the real SDK: shoppers, errors, slow requests and
health checks, with times of its own, so that a slow request takes no time.

Every trace is known by its kind, so that a test can say what has to become of it.
"""

import random
import time
from dataclasses import dataclass, field

import sdk
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import SpanKind, Status, StatusCode

MILLISECOND = 1_000_000
SERVICES = ("storefront", "cart", "payment")
AUTHORIZATION = "Bearer 8d1f0c"


def email(number):
    return f"shopper-{number}@example.com"


class SeededIDs(IdGenerator):
    """The same ids in every run."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def generate_trace_id(self):
        return self.random.getrandbits(128) or 1

    def generate_span_id(self):
        return self.random.getrandbits(64) or 1


@dataclass
class Shop:
    """Services that send to `base_url`, each with its own resource and exporter."""

    base_url: str
    seed: int = 1
    compression: Compression = Compression.Gzip
    traces: dict = field(default_factory=dict)  # By trace id: the kind, in the order of requests.
    spans: dict = field(default_factory=dict)  # By trace id: the number of spans.

    def __post_init__(self):
        ids = SeededIDs(self.seed)
        self.recorders, self.providers = {}, {}
        for name in SERVICES:
            self.recorders[name] = sdk.Recorder()
            exporter = OTLPSpanExporter(
                endpoint=self.base_url + "/v1/traces", session=self.recorders[name],
                compression=self.compression,
            )
            resource = Resource.create({"service.name": name})
            self.providers[name] = TracerProvider(resource=resource, id_generator=ids)
            self.providers[name].add_span_processor(
                BatchSpanProcessor(exporter, max_export_batch_size=64, schedule_delay_millis=50)
            )

    def span(self, service, name, start, end, parent=None, kind=SpanKind.SERVER, error=None, **more):
        """One span with these times; returns it, for children."""
        context = trace.set_span_in_context(parent) if parent else None
        made = self.providers[service].get_tracer(service, "1.0").start_span(
            name, context=context, kind=kind, start_time=start,
            attributes={key.replace("__", "."): value for key, value in more.items()},
        )
        if error:
            made.set_status(Status(StatusCode.ERROR, error))
        made.end(end)
        number = made.get_span_context().trace_id
        self.spans[number] = self.spans.get(number, 0) + 1
        return made

    def request(self, number, kind):
        """A request of a shopper through three services."""
        start = time.time_ns()
        took = (2_500 if kind == "slow" else 40) * MILLISECOND
        root = self.span(
            "storefront", "POST /order", start, start + took, http__route="/order",
            user__email=email(number), http__request__method="POST",
            **{"http__request__header__authorization": AUTHORIZATION},
        )
        cart = self.span(
            "cart", "GET /cart", start + MILLISECOND, start + 20 * MILLISECOND, root,
            http__route="/cart", url__path=f"/cart/{number}",
        )
        self.span(
            "payment", "charge", start + 5 * MILLISECOND, start + 15 * MILLISECOND, cart,
            kind=SpanKind.CLIENT, error="card declined" if kind == "error" else None,
        )
        self.traces[root.get_span_context().trace_id] = kind
        return root

    def health_check(self, number):
        """A load balancer's question, which a service answers in one span."""
        start = time.time_ns()
        service = SERVICES[number % len(SERVICES)]
        more = {"http__route": "/health"} if number % 2 else {"url__path": "/ready/deep"}
        made = self.span(service, "GET", start, start + MILLISECOND, **more)
        self.traces[made.get_span_context().trace_id] = "health"

    def flush(self):
        for provider in self.providers.values():
            assert provider.force_flush()

    def close(self):
        for provider in self.providers.values():
            provider.shutdown()
