"""The daemon's own numbers: what came in equals what went out, was refused or dropped."""

import re
import urllib.request

import martlet
import otlp
from configurations import RECEIVER, forwarding, pipelines
from sink import Answer
from test_faults import RETRY, numbered


def shown(config, port):
    reader = f"{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {port}}}}}}}}}"
    return config.replace("service:", f"service:\n  telemetry: {{metrics: {{readers: [{reader}]}}}}")


def series(port):
    """Every series of /metrics, as {'name{labels}': value}."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        text = answer.read().decode()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def total(found, name, *labels):
    return sum(
        value for key, value in found.items()
        if re.match(rf"{name}(\{{|$)", key) and all(label in key for label in labels)
    )


def test_the_books_are_even_and_have_otelcols_names(start, sink):
    port = martlet.free_port()
    daemon = start(shown(forwarding(sink.endpoint), port))
    for n in range(20):
        daemon.send(numbered(n))
    assert daemon.post("/v1/traces", b"\xff").status == 400
    sink.wait_for("200 spans", lambda s: otlp.count(s.messages(otlp.TRACES)) == 200)

    found = series(port)
    while total(found, "otelcol_exporter_sent_spans") < 200:
        found = series(port)  # The sink was quicker than the daemon's bookkeeping.

    assert total(found, "otelcol_receiver_accepted_spans", 'receiver="otlp"') == 200
    assert total(found, "otelcol_exporter_sent_spans", 'exporter="otlp_http"') == 200
    assert total(found, "otelcol_exporter_send_failed_spans") == 0
    assert total(found, "martlet_unaccounted_items") == 0
    daemon.stop()


def test_drops_and_refusals_are_counted_with_their_reasons(start, make_sink):
    port = martlet.free_port()
    sink = make_sink(lambda index: Answer(400))
    daemon = start(shown(forwarding(sink.endpoint, RETRY), port))
    daemon.send(numbered(1))

    found = series(port)
    while not total(found, "martlet_dropped_items"):
        found = series(port)

    assert total(found, "martlet_dropped_items", "permanent_error") == 10
    assert total(found, "otelcol_exporter_send_failed_spans") == 10
    assert total(found, "martlet_unaccounted_items") == 0
    daemon.stop()


def test_what_a_file_cannot_take_is_counted_as_refused(start):
    port = martlet.free_port()
    config = RECEIVER + "exporters: {file: {path: /dev/full}}\n" + pipelines("file", processors="")
    daemon = start(shown(config, port))

    assert daemon.post("/v1/traces", numbered(1).SerializeToString()).status == 503

    found = series(port)
    assert total(found, "martlet_refused_items", "export_failed") == 10
    assert total(found, "martlet_unaccounted_items") == 0


def test_the_size_of_the_process_is_shown(start, sink):
    port = martlet.free_port()
    start(shown(forwarding(sink.endpoint), port))

    found = series(port)

    assert 1e6 < total(found, "otelcol_process_memory_rss") < 200e6
    assert total(found, "otelcol_process_uptime") >= 0


def test_a_taken_port_is_a_failed_start_if_it_was_asked_for(start, sink):
    port = martlet.free_port()
    start(shown(forwarding(sink.endpoint), port), name="first")

    second = start(shown(forwarding(sink.endpoint), port), name="second", ready=False)

    assert second.wait() == martlet.EXIT_FAILURE
    assert str(port) in second.log
