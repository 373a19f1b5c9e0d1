"""Seeded random telemetry in the official protobuf messages: every kind of record and of value,
fields left out, and fields that no version of the protocol knows.
"""

import otlp
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

KEYS = ["env", "n", "text", "secret", "flag", "list", "map", "ratio", "raw", "http.route"]
ROUTES = ["/cart", "/health", "/order/{id}", ""]
# Field 100, length-delimited: twelve bytes.
UNKNOWN = b"\xa2\x06\x0cfrom-the-fut"


def value(r, depth=0):
    made = AnyValue()
    match r.randrange(8 if depth < 3 else 6):
        case 0:
            made.string_value = "".join(r.choice("aß世🦉 \n\"") for _ in range(r.randrange(20)))
        case 1:
            made.int_value = r.choice([0, -1, 2**63 - 1, -(2**63), r.randrange(1000)])
        case 2:
            made.double_value = r.choice([0.0, -0.0, 1.5, 1e300, float("inf")])
        case 3:
            made.bool_value = r.random() < 0.5
        case 4:
            made.bytes_value = r.randbytes(r.randrange(9))
        case 5:
            pass  # The empty value.
        case 6:
            made.array_value.SetInParent()
            for _ in range(r.randrange(4)):
                made.array_value.values.add().CopyFrom(value(r, depth + 1))
        case 7:
            made.kvlist_value.SetInParent()
            for n in range(r.randrange(4)):
                made.kvlist_value.values.add(key=f"k{n}").value.CopyFrom(value(r, depth + 1))
    return made


def fill(r, attributes):
    for key in r.sample(KEYS, r.randrange(len(KEYS))):
        made = attributes.add(key=key).value
        if key == "secret":
            made.string_value = f"secret-{r.randrange(50)}"
        elif key == "http.route":
            made.string_value = r.choice(ROUTES)
        else:
            made.CopyFrom(value(r))


def with_unknown(r, message):
    if r.random() < 0.2:
        message.MergeFromString(UNKNOWN)


def span(r, made):
    made.trace_id, made.span_id = r.randbytes(16), r.randbytes(8)
    if r.random() < 0.7:
        made.parent_span_id = r.randbytes(8)
    made.name, made.kind = r.choice(["GET /cart", "", "überlang" * 20]), r.randrange(6)
    made.trace_state = r.choice(["", "vendor=1,other=2"])
    made.start_time_unix_nano, made.end_time_unix_nano = r.getrandbits(60), r.getrandbits(60)
    fill(r, made.attributes)
    for _ in range(r.randrange(3)):
        fill(r, made.events.add(name="happened", time_unix_nano=r.getrandbits(60)).attributes)
    for _ in range(r.randrange(3)):
        fill(r, made.links.add(trace_id=r.randbytes(16), span_id=r.randbytes(8)).attributes)
    if r.random() < 0.5:
        made.status.code, made.status.message = r.randrange(3), r.choice(["", "broken"])
    made.dropped_attributes_count, made.flags = r.randrange(3), r.choice([0, 0x101])


def log_record(r, made):
    made.time_unix_nano, made.observed_time_unix_nano = r.getrandbits(60), r.getrandbits(60)
    made.severity_number, made.severity_text = r.randrange(25), r.choice(["", "INFO"])
    if r.random() < 0.9:
        made.body.CopyFrom(value(r))
    fill(r, made.attributes)
    if r.random() < 0.5:
        made.trace_id, made.span_id = r.randbytes(16), r.randbytes(8)


def metric(r, made):
    made.name, made.unit, made.description = r.choice(["requests", "size"]), "1", "about it"
    kind = r.choice(["gauge", "sum", "histogram", "exponential_histogram", "summary"])
    series = getattr(made, kind)
    series.SetInParent()
    for _ in range(r.randrange(1, 5)):
        point = series.data_points.add(time_unix_nano=r.getrandbits(60))
        fill(r, point.attributes)
        if kind in ("gauge", "sum"):
            if r.random() < 0.5:
                point.as_int = r.randrange(-5, 5)
            else:
                point.as_double = r.random()
            if r.random() < 0.5:
                fill(r, point.exemplars.add(as_int=3).filtered_attributes)
        else:
            point.count, point.sum = r.randrange(9), r.random()
        with_unknown(r, point)
    if kind in ("sum", "histogram", "exponential_histogram"):
        series.aggregation_temporality = r.randrange(3)


def request(r, signal):
    made = signal.request()
    fillers = {"traces": span, "logs": log_record, "metrics": metric}
    for _ in range(r.randrange(1, 4)):
        group = getattr(made, signal.resources).add(schema_url=r.choice(["", "https://x/1"]))
        if r.random() < 0.9:
            group.resource.attributes.add(key="service.name").value.string_value = "shop"
            fill(r, group.resource.attributes)
        with_unknown(r, group)
        for _ in range(r.randrange(1, 3)):
            scope = getattr(group, signal.scopes).add()
            if r.random() < 0.8:
                scope.scope.name = r.choice(["a", "b"])
                fill(r, scope.scope.attributes)
            for _ in range(r.randrange(1, 6)):
                record = getattr(scope, signal.records).add()
                fillers[signal.name](r, record)
                with_unknown(r, record)
    return made


def sorted_attributes(message):
    """A copy in which attributes stand in the order of their keys: their order says nothing."""
    made = type(message)()
    made.CopyFrom(message)
    sort(made)
    return made


def sort(message):
    for field, content in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.name == "KeyValue" and field.is_repeated:
            ordered = sorted(content, key=lambda pair: pair.key)
            copies = [type(pair).FromString(pair.SerializeToString()) for pair in ordered]
            del content[:]
            content.extend(copies)
        for part in content if field.is_repeated else [content]:
            sort(part)


def each_record(signal, message):
    """(resource, what has attributes, the record) of each span, log record or data point."""
    for group in getattr(message, signal.resources):
        for scope in getattr(group, signal.scopes):
            for record in getattr(scope, signal.records):
                if signal is otlp.METRICS:
                    for point in getattr(record, record.WhichOneof("data")).data_points:
                        yield group.resource, point, record
                else:
                    yield group.resource, record, record
