"""OTLP payloads as the tests see them: read from any encoding, and compared by meaning.

Everything is turned into the official protobuf messages. Two lots of telemetry are the same when
they hold the same records, each below an equal resource and an equal scope. How the records are
grouped into messages, and in which order they come, is not compared: a collector may merge and
split.
"""

import base64
import binascii
import gzip
import json
import zlib
from collections import Counter
from dataclasses import dataclass

import zstandard
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace

ID_KEYS = ("traceId", "spanId", "parentSpanId")
PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@dataclass(frozen=True)
class Signal:
    name: str
    request: type
    response: type
    resources: str  # The field that holds the groups of one resource, then scope, then record.
    scopes: str
    records: str

    @property
    def path(self):
        return f"/v1/{self.name}"

    @property
    def json_key(self):
        head, tail = self.resources.split("_")
        return head + tail.capitalize()


TRACES = Signal(
    "traces", trace.ExportTraceServiceRequest, trace.ExportTraceServiceResponse,
    "resource_spans", "scope_spans", "spans",
)
METRICS = Signal(
    "metrics", metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse,
    "resource_metrics", "scope_metrics", "metrics",
)
LOGS = Signal(
    "logs", logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse,
    "resource_logs", "scope_logs", "log_records",
)
SIGNALS = [TRACES, METRICS, LOGS]


def signal_of(path):
    return next(signal for signal in SIGNALS if path.endswith(signal.path))


# Encodings


def decompress(body, coding):
    match coding:
        case None | "" | "identity":
            return body
        case "gzip":
            return gzip.decompress(body)
        case "deflate" | "zlib":
            return zlib.decompress(body)
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    raise ValueError(f"unknown content coding {coding!r}")


def compress(body, coding):
    match coding:
        case None | "identity":
            return body
        case "gzip":
            return gzip.compress(body)
        case "deflate" | "zlib":
            return zlib.compress(body)
        case "zstd":
            return zstandard.ZstdCompressor().compress(body)
    raise ValueError(f"unknown content coding {coding!r}")


def parse(signal, body, content_type):
    if content_type == PROTOBUF:
        return signal.request.FromString(body)
    if content_type == JSON:
        return from_json(signal, body)
    raise ValueError(f"unknown content type {content_type!r}")


def from_json(signal, text):
    """Reads OTLP/JSON strictly: an unknown field or a bare NaN is an error."""
    tree = json.loads(text, parse_constant=refuse_constant)
    return json_format.ParseDict(with_ids(tree, hex_to_base64), signal.request())


def encode(message, content_type):
    return message.SerializeToString() if content_type == PROTOBUF else to_json(message)


def to_json(message):
    tree = json_format.MessageToDict(message, use_integers_for_enums=True)
    return json.dumps(with_ids(tree, base64_to_hex)).encode()


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def with_ids(tree, convert):
    """OTLP/JSON writes ids in hex where protobuf's JSON writes base64."""
    if isinstance(tree, list):
        return [with_ids(item, convert) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: convert(value) if key in ID_KEYS else with_ids(value, convert)
        for key, value in tree.items()
    }


def hex_to_base64(text):
    return base64.b64encode(binascii.unhexlify(text)).decode()


def base64_to_hex(text):
    return base64.b64decode(text).hex()


def status_of(body, content_type):
    """The google.rpc.Status of an error response."""
    if content_type == PROTOBUF:
        return Status.FromString(body)
    return json_format.Parse(body, Status())


# Meaning


def records(messages):
    """The multiset of (resource, scope, record) of the messages, each as comparable bytes.

    A metric is taken apart into its data points, because a metric may be split between messages.
    """
    found = Counter()
    for message in messages:
        signal = next(s for s in SIGNALS if isinstance(message, s.request))
        for group in getattr(message, signal.resources):
            resource = bytes_of(group.resource) + group.schema_url.encode()
            for subgroup in getattr(group, signal.scopes):
                scope = bytes_of(subgroup.scope) + subgroup.schema_url.encode()
                for record in getattr(subgroup, signal.records):
                    parts = points(record) if signal is METRICS else [bytes_of(record)]
                    found.update((resource, scope, part) for part in parts)
    return found


def points(metric):
    kind = metric.WhichOneof("data")
    if kind is None:
        return [bytes_of(metric)]
    head = type(metric)()
    head.CopyFrom(metric)
    series = getattr(head, kind)
    bodies = [bytes_of(point) for point in series.data_points]
    series.ClearField("data_points")
    return [bytes_of(head) + body for body in bodies] or [bytes_of(head)]


def bytes_of(message: Message):
    plain = type(message)()
    plain.CopyFrom(message)
    drop_empty(plain)
    return plain.SerializeToString(deterministic=True)


def drop_empty(message):
    """A part that is there and empty means the same as none: OTLP/JSON writes `"status":{}`.

    In a choice it means something: an empty list is not the absence of a value.
    """
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.is_repeated:
            for item in value:
                drop_empty(item)
            continue
        drop_empty(value)
        if field.containing_oneof is None and not value.ByteSize():
            message.ClearField(field.name)


def count(messages):
    return sum(records(messages).values())


def assert_same(actual, expected):
    """Fails, with examples, unless both hold the same records, each as often."""
    actual, expected = records(actual), records(expected)
    if actual == expected:
        return
    missing, surplus = expected - actual, actual - expected
    lines = [
        f"{sum(expected.values())} records were expected, {sum(actual.values())} are there: "
        f"{sum(missing.values())} missing, {sum(surplus.values())} not expected"
    ]
    lines += [f"  missing:      {key}" for key in list(missing)[:2]]
    lines += [f"  not expected: {key}" for key in list(surplus)[:2]]
    raise AssertionError("\n".join(lines))
