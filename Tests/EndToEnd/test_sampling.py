"""The gateway of `Configurations/http-gateway.yaml`, as it stands, and a program that sends to it:
what it keeps, what it drops, and what it does to what it keeps.
"""

import hashlib
import pathlib
import random
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import martlet
import otlp
import pytest
import sdk
from configurations import RECEIVER
from shop import AUTHORIZATION, SERVICES, Shop, email

CONFIGURATION = pathlib.Path(__file__).parent / "Configurations/http-gateway.yaml"
REQUESTS = 900
DECISION_WAIT = 2.0


@pytest.fixture
def gateway(start, sink):
    """The gateway with its backend moved to the sink and a short wait; the file is not changed."""

    def run(*settings, **environment):
        port = martlet.free_port()
        daemon = start(
            CONFIGURATION.read_text(), port=port, arguments=[
                argument
                for setting in (
                    f"exporters.otlphttp/backend.endpoint={sink.endpoint}",
                    f"processors.tail_sampling.decision_wait={DECISION_WAIT}s", *settings,
                )
                for argument in ("--set", setting)
            ],
            environment={"MARTLET_LISTEN": f"127.0.0.1:{port}", **environment},
        )
        return daemon

    return run


def fnv_1a_64(content):
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def is_in_the_tenth(trace_id):
    """otelcol's `probabilistic` policy with 10 % and the salt that it has by default."""
    return fnv_1a_64(b"default-hash-seed" + trace_id.to_bytes(16, "big")) <= 1844674407370955263


def spans_of(messages):
    """(service, span) of each span."""
    for message in messages:
        for group in message.resource_spans:
            service = next(
                a.value.string_value for a in group.resource.attributes if a.key == "service.name"
            )
            for scope in group.scope_spans:
                for span in scope.spans:
                    yield service, span


def by_trace(messages):
    found = defaultdict(list)
    for service, span in spans_of(messages):
        found[int.from_bytes(span.trace_id, "big")].append((service, span))
    return found


def attributes(span):
    return {a.key: a.value for a in span.attributes}


def kind_of(number):
    if number % 30 == 7:
        return "error"
    return "slow" if number % 45 == 11 else "plain"


@pytest.fixture
def day(gateway, sink):
    """A day at the shop: the program, and what the gateway sent on, by trace id."""
    daemon = gateway()
    shop = Shop(f"http://127.0.0.1:{daemon.port}")
    for number in range(REQUESTS):
        shop.request(number, kind_of(number))
        if number % 3 == 0:
            shop.health_check(number)
    shop.close()
    due = [t for t, kind in shop.traces.items() if kind in ("error", "slow")]
    spans = sum(shop.spans[t] for t in due)
    sink.wait_for(
        "every trace with an error or a long time",
        lambda s: sum(len(found) for t, found in by_trace(s.messages(otlp.TRACES)).items()
                      if t in due) >= spans,
    )
    daemon.stop()
    return daemon, shop, by_trace(sink.messages(otlp.TRACES))


def test_a_day_at_the_shop(day, sink):
    daemon, shop, kept = day
    kinds = Counter(shop.traces.values())
    assert kinds["error"] >= 20 and kinds["slow"] >= 15 and kinds["health"] == REQUESTS / 3

    # Errors and slow requests are kept, all of them; of the others, those that the hash says.
    expected = {
        t for t, kind in shop.traces.items()
        if kind in ("error", "slow") or kind == "plain" and is_in_the_tenth(t)
    }
    assert set(kept) == expected
    plain = [t for t, kind in shop.traces.items() if kind == "plain"]
    assert 0.05 < sum(t in kept for t in plain) / len(plain) < 0.15

    # Whole, and once.
    for number, found in kept.items():
        assert len(found) == shop.spans[number]
        assert {service for service, _ in found} == set(SERVICES)
        assert len({span.span_id for _, span in found}) == len(found)

    # No health check, no secret; addresses cannot be read but told apart.
    numbers = {t: n for n, t in enumerate(t for t, k in shop.traces.items() if k != "health")}
    for number, found in kept.items():
        for service, span in found:
            values = attributes(span)
            assert values["deployment.environment.name"].string_value == "production"
            assert "http.request.header.authorization" not in values
            assert "health" not in span.name
            if span.name == "POST /order":
                hashed = hashlib.sha256(email(numbers[number]).encode()).hexdigest()
                assert values["user.email"].string_value == hashed

    # The file has what the backend has; nothing secret is anywhere.
    content = (daemon.folder / "kept-traces.jsonl").read_text()
    assert AUTHORIZATION not in content and "@example.com" not in content
    otlp.assert_same(daemon.file(otlp.TRACES, "kept-traces.jsonl"), sink.messages(otlp.TRACES))


def test_spans_that_come_late_follow_their_trace(gateway, sink):
    daemon = gateway()
    shop = Shop(f"http://127.0.0.1:{daemon.port}")
    roots = {kind: shop.request(number, kind) for number, kind in enumerate(["error", "slow"])}
    dropped = []
    for number in range(2, 40):
        root = shop.request(number, "plain")
        if not is_in_the_tenth(root.get_span_context().trace_id):
            dropped.append(root)
    shop.flush()
    sink.wait_for(
        "the traces that are kept", lambda s: len(by_trace(s.messages(otlp.TRACES))) >= 2
    )
    time.sleep(1.2)  # The batch behind the sampler.

    late = time.time_ns()
    for root in [*roots.values(), *dropped]:
        shop.span("cart", "late", late, late + 1, root)
    shop.close()
    sink.wait_for(
        "late spans of kept traces",
        lambda s: sum(span.name == "late" for _, span in spans_of(s.messages(otlp.TRACES))) >= 2,
    )
    daemon.stop()

    kept = by_trace(sink.messages(otlp.TRACES))
    for root in roots.values():
        assert len(kept[root.get_span_context().trace_id]) == 4
    assert not [r for r in dropped if r.get_span_context().trace_id in kept]


def test_metrics_and_logs_pass_unsampled(gateway, sink):
    daemon = gateway()
    base = f"http://127.0.0.1:{daemon.port}"
    sent = {signal.name: sdk.send(signal, base) for signal in (otlp.METRICS, otlp.LOGS)}
    daemon.stop()

    for signal in (otlp.METRICS, otlp.LOGS):
        otlp.assert_same(sink.messages(signal), sent[signal.name])
    assert {r.headers["x-tenant"] for r in sink.accepted} == {"demo"}


@pytest.mark.parametrize("loops", [1, 2, 4])
def test_any_number_of_loops_keeps_the_same_traces(start, sink, loops):
    """Spans of 600 traces, shuffled, in requests that four connections send at once."""
    r = random.Random(5)
    spans = []
    for number in range(600):
        trace_id = r.randbytes(16)
        for n in range(r.randrange(1, 12)):
            took = 3_000_000_000 if number % 40 == 3 and n == 0 else 1_000_000
            spans.append(dict(
                trace_id=trace_id, span_id=r.randbytes(8), name="work",
                start_time_unix_nano=10**18, end_time_unix_nano=10**18 + took,
                error=number % 25 == 4 and n == 0,
            ))
    r.shuffle(spans)
    daemon = start(SAMPLED.replace("@SINK@", sink.endpoint), arguments=["--loops", str(loops)])

    with ThreadPoolExecutor(4) as pool:
        chunks = [spans[at:at + 37] for at in range(0, len(spans), 37)]
        list(pool.map(lambda chunk: daemon.send(request_of(chunk)), chunks))
    daemon.stop()  # What waits is decided then.

    errors = {s["trace_id"] for s in spans if s["error"]}
    slow = {s["trace_id"] for s in spans if s["end_time_unix_nano"] > 10**18 + 2_000_000_000}
    tenth = {
        s["trace_id"] for s in spans if is_in_the_tenth(int.from_bytes(s["trace_id"], "big"))
    }
    kept = Counter(span.trace_id for _, span in spans_of(sink.messages(otlp.TRACES)))
    assert len(errors) == 24 and len(slow) == 15
    assert kept == Counter(s["trace_id"] for s in spans if s["trace_id"] in errors | slow | tenth)


SAMPLED = RECEIVER + """
processors:
  tail_sampling:
    decision_wait: 30s
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: slow, type: latency, latency: {threshold_ms: 2000}}
      - {name: rest, type: probabilistic, probabilistic: {sampling_percentage: 10}}
  batch: {timeout: 50ms}
exporters:
  otlp_http: {endpoint: "@SINK@", compression: none}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling, batch], exporters: [otlp_http]}
"""


def request_of(spans):
    request = otlp.TRACES.request()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "load"
    scope = group.scope_spans.add()
    for fields in spans:
        fields = dict(fields)
        failed = fields.pop("error")
        span = scope.spans.add(**fields)
        if failed:
            span.status.code = 2
    return request
