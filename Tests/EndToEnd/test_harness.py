"""The tools of these tests, tested: a comparison that cannot fail would prove nothing."""

import http.client
import socket
import time

import otlp
import pytest
import sdk
from sink import Answer, Sink


def spans(*names, resource="r", scope="s"):
    request = otlp.TRACES.request()
    group = request.resource_spans.add()
    group.resource.attributes.add(key=resource)
    subgroup = group.scope_spans.add()
    subgroup.scope.name = scope
    for name in names:
        subgroup.spans.add(name=name, trace_id=bytes(range(16)), span_id=bytes(range(8)))
    return request


def gauge(*values):
    request = otlp.METRICS.request()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    for value in values:
        metric.gauge.data_points.add(as_int=value)
    return request


def post(port, path, body, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_grouping_and_order_make_no_difference():
    otlp.assert_same([spans("b"), spans("a")], [spans("a", "b")])
    otlp.assert_same([gauge(1), gauge(2)], [gauge(2, 1)])


def test_an_empty_part_is_none_but_an_empty_choice_is_a_choice():
    bare, hollow = spans("a"), spans("a")
    hollow.resource_spans[0].scope_spans[0].spans[0].status.SetInParent()
    otlp.assert_same([bare], [hollow])

    span = hollow.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="k").value.array_value.SetInParent()
    bare.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="k").value.SetInParent()
    with pytest.raises(AssertionError):
        otlp.assert_same([bare], [hollow])


@pytest.mark.parametrize("actual", [
    [spans("a")],
    [spans("a", "b", "b")],
    [spans("a", "c")],
    [spans("a"), spans("b", resource="other")],
    [spans("a"), spans("b", scope="other")],
])
def test_a_difference_is_found(actual):
    with pytest.raises(AssertionError, match="missing|not expected"):
        otlp.assert_same(actual, [spans("a", "b")])


def test_json_and_back_is_the_same():
    request = spans("a", "b")
    assert otlp.from_json(otlp.TRACES, otlp.to_json(request)) == request
    assert b'"000102030405060708090a0b0c0d0e0f"' in otlp.to_json(request)


@pytest.mark.parametrize("text", ['{"resourceSpanz": []}', '{"resourceMetrics": NaN}'])
def test_json_is_read_strictly(text):
    with pytest.raises(Exception):
        otlp.from_json(otlp.TRACES, text)


@pytest.mark.parametrize("coding", [None, "gzip", "deflate", "zlib", "zstd"])
def test_the_sink_reads_every_coding(sink, coding):
    body = otlp.compress(spans("a").SerializeToString(), coding)
    headers = {"Content-Type": otlp.PROTOBUF} | ({"Content-Encoding": coding} if coding else {})

    assert post(sink.port, "/v1/traces", body, **headers) == 200

    otlp.assert_same(sink.messages(otlp.TRACES), [spans("a")])


def test_the_sink_answers_as_told():
    sink = Sink(lambda index: Answer(503) if index == 0 else Answer())
    try:
        headers = {"Content-Type": otlp.PROTOBUF}
        assert post(sink.port, "/v1/traces", spans("a").SerializeToString(), **headers) == 503
        assert sink.messages(otlp.TRACES) == []
        assert post(sink.port, "/v1/traces", spans("a").SerializeToString(), **headers) == 200
        assert len(sink.requests) == 2 and len(sink.accepted) == 1
    finally:
        sink.stop()


def test_the_sink_goes_and_comes_back_on_its_port(sink):
    held = socket.create_connection(("127.0.0.1", sink.port), timeout=5)
    sink.wait_for("nothing", lambda sink: True)
    deadline = time.monotonic() + 5
    while not sink.server.connections and time.monotonic() < deadline:
        time.sleep(0.01)

    sink.stop()

    assert held.recv(1) == b"", "a stopped sink cuts its connections"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sink.port), timeout=5)
    sink.start()
    assert post(sink.port, "/v1/traces", b"", **{"Content-Type": otlp.PROTOBUF}) == 200


@pytest.mark.parametrize("compression", sdk.COMPRESSIONS)
@pytest.mark.parametrize("signal", otlp.SIGNALS, ids=lambda signal: signal.name)
def test_what_the_sdk_sends_is_recorded(sink, signal, compression):
    sent = sdk.send(signal, sink.endpoint, compression)

    otlp.assert_same(sink.messages(signal), sent)
    assert {r.headers.get("content-encoding") for r in sink.accepted} == {compression}
    assert otlp.count(sent) > 10


def test_the_sdk_uses_every_kind_of_instrument_and_exemplars(sink):
    (request,) = sdk.send(otlp.METRICS, sink.endpoint)

    metrics = [m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics]
    kinds = {metric.name: metric.WhichOneof("data") for metric in metrics}
    assert kinds == {
        "orders": "sum", "carts": "sum", "temperature": "gauge", "duration": "histogram",
        "exponential": "exponential_histogram", "seen": "sum", "held": "sum", "level": "gauge",
    }
    assert all(
        point.exemplars
        for metric in metrics if metric.name in ("orders", "duration")
        for point in getattr(metric, kinds[metric.name]).data_points
    )
