"""memory_limiter: a daemon that holds too much says so in time, and takes more once it can."""

import time

import martlet
import otlp
from configurations import RECEIVER
from test_faults import numbered
from test_metrics import series, shown, total

LIMITED = RECEIVER + """
processors:
  memory_limiter: {check_interval: 100ms, limit_mib: 60, spike_limit_mib: 12}
exporters:
  otlp_http:
    endpoint: @SINK@
    compression: none
    retry_on_failure: {initial_interval: 50ms, max_interval: 100ms}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp_http]}
"""


def heavy(number):
    """A request of about a megabyte."""
    request = numbered(number, spans=4)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.attributes.add(key="stack").value.string_value = "at shop.checkout\n" * 15_000
    return request


def post(daemon, message):
    return daemon.post("/v1/traces", message.SerializeToString())


def test_short_memory_is_said_with_503_and_ends_when_the_destination_is_back(start, sink):
    sink.stop()
    port = martlet.free_port()
    daemon = start(shown(LIMITED.replace("@SINK@", sink.endpoint), port))

    accepted, refusal = [], None
    for number in range(1, 200):
        message = heavy(number)
        answer = post(daemon, message)
        if answer.status != 200:
            refusal = answer
            break
        accepted.append(message)
    assert refusal and refusal.status == 503, "nothing was refused"
    assert refusal.headers["Retry-After"] == "1"
    assert "memory" in refusal.error.message
    assert 20 < len(accepted) < 100
    assert resident_megabytes(daemon) < 90

    sink.start()
    deadline = time.monotonic() + 30
    message = numbered(1000)
    while (answer := post(daemon, message)).status != 200:
        assert answer.status == 503 and time.monotonic() < deadline, "it did not recover"
        time.sleep(0.1)
    accepted.append(message)
    found = series(port)
    assert total(found, "otelcol_processor_memory_limiter_refused_spans") >= 4
    assert total(found, "martlet_unaccounted_items") == 0
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), accepted)


def resident_megabytes(daemon):
    for line in open(f"/proc/{daemon.process.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("it does not run")
