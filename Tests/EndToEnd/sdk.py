"""Telemetry made by the real OpenTelemetry SDK for Python, and a record of what it sent."""

import logging
import warnings

import otlp
import requests
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace import TraceFlags, TraceState

RESOURCE = Resource.create({
    "service.name": "checkout",
    "service.instance.id": "a-1",
    "process.pid": 4711,
    "tags": ["one", "two"],
})

COMPRESSIONS = {
    None: Compression.NoCompression,
    "gzip": Compression.Gzip,
    "deflate": Compression.Deflate,
}

ATTRIBUTES = {
    "text": "Grüße, 世界 🦉",
    "empty": "",
    "yes": True,
    "no": False,
    "zero": 0,
    "largest": 2**63 - 1,
    "smallest": -(2**63),
    "ratio": 0.1,
    "infinite": float("-inf"),
    "strings": ["a", "b", ""],
    "numbers": [1, -2, 3],
    "ratios": [0.5, 1e300],
    "flags": [True, False],
    "nothing": [],
}


class Recorder(requests.Session):
    """A session that keeps every request it sends and the status of the answer."""

    def __init__(self):
        super().__init__()
        self.sent = []

    def send(self, request, **more):
        answer = super().send(request, **more)
        body = otlp.decompress(request.body, request.headers.get("Content-Encoding"))
        self.sent.append((request.url, body, answer.status_code))
        return answer

    def messages(self):
        """What was sent; it must all have been accepted."""
        assert self.sent, "the SDK sent nothing"
        assert {status for _, _, status in self.sent} == {200}
        return [
            otlp.parse(otlp.signal_of(url), body, otlp.PROTOBUF) for url, body, _ in self.sent
        ]


def exporter(kind, base_url, compression):
    recorder = Recorder()
    classes = {
        "traces": OTLPSpanExporter,
        "metrics": OTLPMetricExporter,
        "logs": OTLPLogExporter,
    }
    made = classes[kind.name](
        endpoint=base_url + kind.path, session=recorder, compression=COMPRESSIONS[compression]
    )
    return made, recorder


def send(kind, base_url, compression=None):
    """Makes telemetry of one signal, sends it, and returns the request messages that went out."""
    makers = {"traces": make_traces, "metrics": make_metrics, "logs": make_logs}
    to, recorder = exporter(kind, base_url, compression)
    makers[kind.name](to)
    return recorder.messages()


def make_traces(to):
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(to, max_export_batch_size=16))
    shop = provider.get_tracer("shop", "1.2.3", "https://example.com/schema", {"scoped": True})
    plain = provider.get_tracer("plain")

    elsewhere = SpanContext(
        0x0102030405060708090A0B0C0D0E0F10, 0x1112131415161718, is_remote=True,
        trace_flags=TraceFlags(1), trace_state=TraceState([("vendor", "value"), ("other", "1")]),
    )
    remote = trace.set_span_in_context(trace.NonRecordingSpan(elsewhere))
    with shop.start_as_current_span("parent", context=remote, attributes=ATTRIBUTES):
        for kind in SpanKind:
            with shop.start_as_current_span(f"a {kind.name}", kind=kind) as span:
                span.add_event("something happened", {"n": 1, "why": "because"})
                span.add_event("and again", timestamp=1)
        with plain.start_as_current_span("fine", links=[Link(elsewhere, {"of": "kin"})]) as span:
            span.set_status(Status(StatusCode.OK))
        try:
            with plain.start_as_current_span("failing"):
                raise ValueError("no such order")
        except ValueError:
            pass
        for n in range(40):
            with plain.start_as_current_span(f"step {n}", attributes={"n": n}):
                pass
    provider.shutdown()


def make_metrics(to):
    view = View(
        instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation()
    )
    reader = PeriodicExportingMetricReader(to, export_interval_millis=3_600_000)
    provider = MeterProvider(
        metric_readers=[reader], resource=RESOURCE, views=[view],
        exemplar_filter=AlwaysOnExemplarFilter(),
    )
    meter = provider.get_meter("shop", "1.2.3", "https://example.com/schema")
    counter = meter.create_counter("orders", "{order}", "Orders placed.")
    up_down = meter.create_up_down_counter("carts")
    gauge = meter.create_gauge("temperature", "Cel")
    histogram = meter.create_histogram("duration", "s")
    exponential = meter.create_histogram("exponential", "By")
    meter.create_observable_counter("seen", [lambda options: [Observation(7, {"of": "x"})]])
    meter.create_observable_up_down_counter("held", [lambda options: [Observation(-3.5)]])
    meter.create_observable_gauge(
        "level", [lambda options: [Observation(1.5, {"at": "a"}), Observation(2, {"at": "b"})]]
    )
    tracer = TracerProvider().get_tracer("exemplars")
    for n in range(30):
        with tracer.start_as_current_span("measured"):
            attributes = {"n": n % 3, "ratio": 0.5, "ok": n % 2 == 0, "list": ["a", "b"]}
            counter.add(n, attributes)
            up_down.add(15 - n)
            gauge.set(n / 7, attributes)
            histogram.record(n / 10, attributes)
            exponential.record((n - 3) ** 5 if n > 2 else 0, {"n": n % 2})
    provider.shutdown()


def make_logs(to):
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(BatchLogRecordProcessor(to, max_export_batch_size=16))
    tracer = TracerProvider().get_tracer("logs")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        handler = LoggingHandler(logger_provider=provider)
    bridge = logging.Logger("bridge")
    bridge.addHandler(handler)
    bridge.info("outside of every span")
    with tracer.start_as_current_span("traced"):
        bridge.warning("inside, with %d %s", 2, "arguments", extra={"order": 12, "ratio": 0.25})
        try:
            raise KeyError("missing")
        except KeyError:
            bridge.exception("with an exception")
    for n in range(40):
        bridge.error("line %d", n)

    logger = provider.get_logger("direct", "1.0", "https://example.com/schema")
    bodies = ["text", 1, 2.5, True, b"\x00\xff", ["a", 1, None], {"deep": {"er": [1, {"est": ""}]}}]
    for body in bodies:
        logger.emit(
            timestamp=1, observed_timestamp=2, severity_number=SeverityNumber.INFO2,
            severity_text="info", body=body, attributes={"body": body}, event_name="an.event",
        )
    provider.shutdown()
