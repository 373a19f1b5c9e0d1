"""Nothing is lost, nothing is doubled, and nobody hangs when a destination or the daemon goes."""

import http.client
import signal
import threading
import time

import otlp
import pytest
from configurations import BATCH, RECEIVER, TO_FILE, forwarding, pipelines
from sink import Answer

RETRY = (
    "compression: none\n"
    "    retry_on_failure: {initial_interval: 50ms, max_interval: 100ms}"
)


def numbered(number, spans=10):
    """A request whose spans no other request has."""
    request = otlp.TRACES.request()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "load"
    subgroup = group.scope_spans.add()
    for n in range(spans):
        subgroup.spans.add(
            name="work", trace_id=number.to_bytes(16, "big"), span_id=n.to_bytes(8, "big")
        )
    return request


class Load:
    """Threads that post numbered requests until told to stop; keeps what was accepted."""

    def __init__(self, daemon, threads=4):
        self.daemon, self.accepted, self.refused = daemon, [], []
        self.lock, self.stopped, self.next = threading.Lock(), threading.Event(), 0
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopped.is_set():
            with self.lock:
                self.next += 1
                message = numbered(self.next)
            try:
                status = self.daemon.post("/v1/traces", message.SerializeToString()).status
            except (OSError, http.client.HTTPException):
                status = None  # Refused or cut off: not promised, so it may be lost.
            with self.lock:
                (self.accepted if status == 200 else self.refused).append((status, message))

    def wait_for(self, count, seconds=20):
        deadline = time.monotonic() + seconds
        while len(self.accepted) < count:
            assert time.monotonic() < deadline, f"{count} requests not accepted in {seconds} s"
            time.sleep(0.01)

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def messages(self):
        return [message for _, message in self.accepted]


def assert_kept_promises(load, arrived):
    """All that was accepted is there once. What was cut off may be there, once."""
    actual, promised = otlp.records(arrived), otlp.records(load.messages())
    missing = promised - actual
    assert not missing, f"{sum(missing.values())} of {sum(promised.values())} spans were lost"
    doubled = [key for key, times in actual.items() if times > 1]
    assert not doubled, f"{len(doubled)} spans arrived more than once"
    cut_off = otlp.records(message for status, message in load.refused if status is None)
    assert not actual - promised - cut_off


def test_sigterm_under_load_loses_nothing_in_the_file(start):
    daemon = start(TO_FILE.replace("timeout: 50ms", "timeout: 10s"))
    load = Load(daemon)
    load.wait_for(200)

    daemon.signal(signal.SIGTERM)
    code = daemon.wait()
    load.stop()

    assert code == 0, daemon.log
    assert_kept_promises(load, daemon.file(otlp.TRACES))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_loses_nothing_on_the_way_out(start, sink, number):
    daemon = start(forwarding(sink.endpoint))
    load = Load(daemon)
    load.wait_for(200)

    daemon.signal(number)
    code = daemon.wait()
    load.stop()

    assert code == 0, daemon.log
    assert_kept_promises(load, sink.messages(otlp.TRACES))


def test_a_sink_that_goes_and_returns_gets_everything_once(start, sink):
    daemon = start(forwarding(sink.endpoint, RETRY))
    load = Load(daemon, threads=2)
    load.wait_for(50)
    sink.stop()
    load.wait_for(len(load.accepted) + 100)
    sink.start()
    load.wait_for(len(load.accepted) + 50)
    load.stop()

    expected = otlp.count(load.messages())
    sink.wait_for(f"{expected} spans", lambda s: otlp.count(s.messages(otlp.TRACES)) >= expected)
    daemon.stop()

    assert_kept_promises(load, sink.messages(otlp.TRACES))


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_a_sink_refuses_for_now_is_sent_again(start, make_sink, status):
    sink = make_sink(lambda index: Answer(status) if index < 4 else Answer())
    daemon = start(forwarding(sink.endpoint, RETRY))

    messages = [numbered(n) for n in range(20)]
    for message in messages:
        daemon.send(message)
    sink.wait_for("all spans", lambda s: otlp.count(s.messages(otlp.TRACES)) >= 200)
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), messages)


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 501])
def test_what_a_sink_refuses_for_good_is_dropped_and_said(start, make_sink, status):
    sink = make_sink(lambda index: Answer(status) if index == 0 else Answer())
    daemon = start(forwarding(sink.endpoint, RETRY))

    daemon.send(numbered(1))
    deadline = time.monotonic() + 10
    while not sink.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    daemon.send(numbered(2))
    sink.wait_for("the second request", lambda s: s.accepted)
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), [numbered(2)])
    assert str(status) in daemon.log and "10" in daemon.log


def test_retry_after_is_honoured(start, make_sink):
    times = []

    def answer(index):
        times.append(time.monotonic())
        return Answer(503, {"Retry-After": "2"}) if index == 0 else Answer()

    sink = make_sink(answer)
    daemon = start(forwarding(sink.endpoint, RETRY))

    daemon.send(numbered(1))
    sink.wait_for("the spans", lambda s: s.accepted)
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), [numbered(1)])
    assert 1.9 <= times[1] - times[0] < 6


def test_a_slow_sink_loses_nothing(start, make_sink):
    sink = make_sink(lambda index: Answer(delay=0.3))
    daemon = start(forwarding(sink.endpoint))
    load = Load(daemon)
    load.wait_for(200)
    load.stop()
    daemon.stop()

    assert_kept_promises(load, sink.messages(otlp.TRACES))


def test_a_silent_sink_times_out_and_is_tried_again(start, make_sink):
    sink = make_sink(lambda index: Answer(delay=3 if index == 0 else 0))
    daemon = start(forwarding(sink.endpoint, RETRY + "\n    timeout: 300ms"))

    daemon.send(numbered(1))
    sink.wait_for("the second try", lambda s: s.accepted, seconds=2.5)
    daemon.stop()

    assert len(sink.requests) >= 2


FULL = (
    "compression: none\n"
    "    sending_queue: {num_consumers: 1, queue_size: 2}\n"
    "    retry_on_failure: {initial_interval: 100ms, max_interval: 100ms}"
)


@pytest.mark.parametrize("content_type", [otlp.PROTOBUF, otlp.JSON])
def test_a_full_queue_is_told_to_the_sender(start, make_sink, content_type):
    open_gate = threading.Event()
    sink = make_sink(lambda index: Answer() if open_gate.is_set() else Answer(503))
    daemon = start(forwarding(sink.endpoint, FULL).replace("processors: [batch]", "processors: []"))

    accepted, refusal = [], None
    for n in range(50):
        message = numbered(n)
        response = daemon.post("/v1/traces", otlp.encode(message, content_type), content_type)
        if response.status != 200:
            refusal = response
            break
        accepted.append(message)

    assert refusal is not None, "50 requests were taken into a queue of 2"
    assert refusal.status in (429, 503)
    assert int(refusal.headers["Retry-After"]) >= 1
    assert refusal.headers["Content-Type"] == content_type
    assert "queue" in refusal.error.message
    assert 2 <= len(accepted) <= 3

    open_gate.set()
    sink.wait_for("the queue", lambda s: len(s.accepted) == len(accepted))
    daemon.stop()
    otlp.assert_same(sink.messages(otlp.TRACES), accepted)


def test_a_full_queue_behind_a_batch_loses_and_doubles_nothing(start, make_sink):
    open_gate = threading.Event()
    sink = make_sink(lambda index: Answer() if open_gate.is_set() else Answer(503))
    daemon = start(forwarding(sink.endpoint, FULL).replace("timeout: 50ms", "timeout: 5ms"))
    load = Load(daemon)
    deadline = time.monotonic() + 20
    while not load.refused:
        assert time.monotonic() < deadline, "the daemon takes more than it can hold"
        time.sleep(0.01)
    open_gate.set()
    load.wait_for(len(load.accepted) + 50)
    load.stop()
    daemon.stop()

    assert {status for status, _ in load.refused} <= {429, 503}
    assert_kept_promises(load, sink.messages(otlp.TRACES))


def test_a_dead_exporter_does_not_stop_the_other(start, sink):
    daemon = start(RECEIVER + BATCH + f"""
exporters:
  otlp_http/dead: {{endpoint: "http://127.0.0.1:1", retry_on_failure: {{initial_interval: 100ms}}}}
  otlp_http/alive: {{endpoint: "{sink.endpoint}"}}
""" + pipelines("otlp_http/dead, otlp_http/alive"))

    messages = [numbered(n) for n in range(50)]
    for message in messages:
        daemon.send(message)
    sink.wait_for("all spans", lambda s: otlp.count(s.messages(otlp.TRACES)) == 500)

    otlp.assert_same(sink.messages(otlp.TRACES), messages)


def test_the_sender_hears_no_when_one_exporter_of_two_has_no_room(start, sink):
    """All or nothing: a request that is refused reaches no exporter, so a retry doubles nothing."""
    dead = FULL.replace("compression: none\n    ", "")
    daemon = start(RECEIVER + f"""
exporters:
  otlp_http/alive: {{endpoint: "{sink.endpoint}"}}
  otlp_http/dead:
    endpoint: http://127.0.0.1:1
    {dead}
""" + pipelines("otlp_http/alive, otlp_http/dead", processors=""))

    accepted = []
    for n in range(20):
        if daemon.post("/v1/traces", numbered(n).SerializeToString()).status == 200:
            accepted.append(numbered(n))
    sink.wait_for("what was accepted", lambda s: len(s.accepted) >= len(accepted))

    assert len(accepted) < 20
    otlp.assert_same(sink.messages(otlp.TRACES), accepted)


def test_a_second_signal_ends_it_at_once(start, make_sink):
    sink = make_sink(lambda index: Answer(delay=15))
    daemon = start(forwarding(sink.endpoint))
    daemon.send(numbered(1))
    deadline = time.monotonic() + 10
    while not sink.requests and time.monotonic() < deadline:
        time.sleep(0.01)

    daemon.signal()
    time.sleep(0.3)  # The first signal must have been taken before the second is sent.
    assert daemon.process.poll() is None, "it must be waiting for the sink"
    daemon.signal()

    assert daemon.wait(seconds=2) != 0


def test_draining_has_an_end(start, make_sink):
    sink = make_sink(lambda index: Answer(503))
    daemon = start(forwarding(sink.endpoint, RETRY))
    daemon.send(numbered(1))

    daemon.signal()

    daemon.wait(seconds=15)
