"""From the SDK to every destination: what arrives means what was sent."""

import otlp
import pytest
import sdk
from configurations import BATCH, RECEIVER, TO_FILE, forwarding, pipelines
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SIGNALS = pytest.mark.parametrize("signal", otlp.SIGNALS, ids=lambda signal: signal.name)


@pytest.fixture
def chain(start, sink):
    """A daemon that writes a file, feeds a second daemon with a file, and feeds a sink."""
    second = start(TO_FILE, name="second")
    first = start(
        RECEIVER + BATCH + f"""
exporters:
  file: {{path: out.jsonl}}
  otlp_http/second: {{endpoint: "http://127.0.0.1:{second.port}", compression: gzip}}
  otlphttp/sink: {{endpoint: "{sink.endpoint}", compression: none}}
""" + pipelines("file, otlp_http/second, otlphttp/sink"),
        name="first",
    )
    return first, second, sink


def assert_arrived(chain, signal, sent):
    first, second, sink = chain
    first.stop()
    second.stop()
    otlp.assert_same(first.file(signal), sent)
    otlp.assert_same(second.file(signal), sent)
    otlp.assert_same(sink.messages(signal), sent)


@SIGNALS
@pytest.mark.parametrize("compression", sdk.COMPRESSIONS)
def test_what_the_sdk_sends_arrives_everywhere(chain, signal, compression):
    sent = sdk.send(signal, f"http://127.0.0.1:{chain[0].port}", compression)

    assert_arrived(chain, signal, sent)


@SIGNALS
@pytest.mark.parametrize("coding", [None, "identity", "gzip", "deflate", "zlib", "zstd"])
def test_json_arrives_everywhere(chain, sink, signal, coding):
    messages = sdk.send(signal, sink.endpoint)
    sink.accepted.clear()

    for message in messages:
        answer = chain[0].send(message, otlp.JSON, coding)
        assert answer.headers["Content-Type"] == otlp.JSON
        assert answer.body in (b"{}", b'{"partialSuccess":{}}')

    assert_arrived(chain, signal, messages)


@SIGNALS
@pytest.mark.parametrize("options", [
    "compression: none",
    "compression: gzip",
    "compression: gzip\n    compression_params: {level: 1}",
    "compression: zstd",
    "compression: none\n    encoding: json",
    "compression: gzip\n    encoding: json",
    "headers: {x-tenant: acme}",
])
def test_every_way_of_sending_on(start, sink, signal, options):
    daemon = start(forwarding(sink.endpoint, options))

    sent = sdk.send(signal, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    otlp.assert_same(sink.messages(signal), sent)
    headers = sink.accepted[0].headers
    assert headers["content-type"] == (otlp.JSON if "json" in options else otlp.PROTOBUF)
    expected = "zstd" if "zstd" in options else None if "none" in options else "gzip"
    assert headers.get("content-encoding") == expected
    assert headers["user-agent"].startswith("martlet/")
    if "x-tenant" in options:
        assert headers["x-tenant"] == "acme"


@SIGNALS
def test_paths_on_both_sides_can_be_chosen(start, sink, signal):
    receiver = RECEIVER + f"        {signal.name}_url_path: /in/here\n"
    daemon = start(
        receiver + BATCH + f"""
exporters:
  otlp_http: {{{signal.name}_endpoint: "{sink.endpoint}/out/there{signal.path}"}}
service:
  pipelines:
    {signal.name}: {{receivers: [otlp], exporters: [otlp_http]}}
"""
    )
    (message, *_) = sdk.send(signal, sink.endpoint)
    sink.accepted.clear()

    assert daemon.post("/in/here", message.SerializeToString()).status == 200
    daemon.stop()

    otlp.assert_same(sink.messages(signal), [message])
    assert sink.accepted[0].path == f"/out/there{signal.path}"


def test_fields_from_the_future_survive(start, sink):
    daemon = start(forwarding(sink.endpoint))
    # Field 100 of a span: twelve bytes that no version of the protocol knows.
    span = Span(name="new", trace_id=b"t" * 16, span_id=b"s" * 8).SerializeToString()
    unknown = b"\xa2\x06\x0cfrom-the-fut"
    request = otlp.TRACES.request()
    request.resource_spans.add().scope_spans.add().spans.add().ParseFromString(span + unknown)

    daemon.send(request)
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), [request])
    assert unknown in sink.accepted[0].content


def test_requests_without_a_record_are_accepted_and_go_nowhere(start, sink):
    daemon = start(forwarding(sink.endpoint))
    empty = otlp.TRACES.request()
    hollow = otlp.TRACES.request()
    hollow.resource_spans.add().scope_spans.add()

    for message in (empty, hollow):
        daemon.send(message)
        daemon.send(message, otlp.JSON)
    daemon.stop()

    assert otlp.count(sink.messages(otlp.TRACES)) == 0


def test_equal_resources_and_scopes_are_sent_once(start, sink):
    config = forwarding(sink.endpoint).replace("timeout: 50ms", "timeout: 30s")
    daemon = start(config)
    (message, *_) = sdk.send(otlp.TRACES, sink.endpoint)
    sink.accepted.clear()

    for _ in range(5):
        daemon.send(message)
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), [message] * 5)
    (sent,) = sink.messages(otlp.TRACES)
    assert len(sent.resource_spans) == 1
    assert len(sent.resource_spans[0].scope_spans) == len(message.resource_spans[0].scope_spans)


@pytest.mark.parametrize("size", [1, 7, 1000])
@SIGNALS
def test_batches_are_cut_to_size(start, sink, signal, size):
    config = forwarding(sink.endpoint).replace(
        "{timeout: 50ms}",
        f"{{timeout: 30s, send_batch_size: {size}, send_batch_max_size: {size}}}",
    )
    daemon = start(config)

    sent = sdk.send(signal, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    messages = sink.messages(signal)
    otlp.assert_same(messages, sent)
    assert max(otlp.count([message]) for message in messages) <= size
