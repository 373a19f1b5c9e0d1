"""Traffic that a tail sampler must survive: memory within its budget, and even books. See README.md.

    make stress
    make stress STRESS="--scenario one-trace --scale 0.1"
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import time
import urllib.request

import run
from corpus import START, put, write
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MIB = 1 << 20
BODIES, SPANS = 20, 1000  # Of a corpus.

RANDOM_TENTH = "{name: rest, type: probabilistic, probabilistic: {sampling_percentage: 10}}"
ERRORS = "{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}"
SLOW = "{name: slow, type: latency, latency: {threshold_ms: 2000}}"

# spans: how many are sent at scale 1. trace: the spans of one; 0: all spans are one trace's.
# budget: memory_budget, in MiB. kept: what share must arrive, as a range.
SCENARIOS = {
    # One trace of five million spans, ten times as large as what may be held.
    "one-trace": dict(
        spans=5_000_000, trace=0, budget=64, policies=[ERRORS, SLOW, RANDOM_TENTH], kept=(0, 1),
    ),
    "one-trace-kept": dict(spans=5_000_000, trace=0, errors=1, budget=64, policies=[ERRORS],
                           kept=(1, 1)),
    # Ten million traces of one span.
    "many-traces": dict(
        spans=10_000_000, trace=1, errors=0.01, budget=192, policies=[ERRORS, SLOW, RANDOM_TENTH],
        kept=(0.1, 0.12),
    ),
    # Everything fails, and everything is kept.
    "all-errors": dict(spans=3_000_000, trace=10, errors=1, budget=192,
                       policies=[ERRORS, SLOW, RANDOM_TENTH], kept=(1, 1)),
    # A policy with ten thousand values, of which the last one is what a tenth of the traces have.
    "many-strings": dict(
        spans=3_000_000, trace=10, budget=192, strings=10_000, kept=(0.09, 0.11), policies=[
            "{name: tenants, type: string_attribute, "
            "string_attribute: {key: tenant, values: [@VALUES@]}}",
        ],
    ),
    # The same with expressions, which have to be tried.
    "many-patterns": dict(
        spans=300_000, trace=10, budget=64, strings=10_000, kept=(0.09, 0.11), policies=[
            "{name: tenants, type: string_attribute, string_attribute: {key: tenant, "
            "values: [@VALUES@], enabled_regex_matching: true, cache_max_size: 100}}",
        ],
    ),
}

CONFIGURATION = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:@PORT@"}}}}
processors:
  tail_sampling:
    decision_wait: 30s
    num_traces: 20000000
    # Beside the budget: sixteen bytes a trace and some.
    decision_cache: {sampled_cache_size: 50000, non_sampled_cache_size: 50000}
    memory_budget: @BUDGET@MiB
    policies: [@POLICIES@]
  batch: {timeout: 200ms, send_batch_size: 1024, send_batch_max_size: 2048}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:@SINK@", compression: none}}
service:
  telemetry:
    logs: {level: warn}
    metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: @METRICS@}}}}]}
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling, batch], exporters: [otlp_http]}
"""


def make_corpus(path, scenario):
    """Small spans: what is sent is many of them, not large ones."""
    r = random.Random(7)
    requests = []
    length = scenario["trace"]
    trace_id = r.randbytes(16)
    for _ in range(BODIES):
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        put(group.resource, {"service.name": "storm"})
        spans = group.scope_spans.add()
        failing, tenant = False, ""
        for n in range(SPANS):
            if length and n % length == 0:
                trace_id = r.randbytes(16)
                failing = r.random() < scenario.get("errors", 0)
                # Of ten traces, one has the last value that the policy has; others have none.
                known = n // length % 10 == 3
                tenant = f"tenant-{9_999 if known else r.randint(10_000, 99_999)}-end"
            elif not length:
                failing = scenario.get("errors", 0) == 1
            span = spans.spans.add(
                trace_id=trace_id, span_id=r.randbytes(8), name="work", kind=2,
                start_time_unix_nano=START, end_time_unix_nano=START + 5_000_000,
            )
            if scenario.get("strings"):
                put(span, {"tenant": tenant})
            if failing:
                span.status.code = 2
        requests.append(request)
    write(path, requests, lambda request: request.SerializeToString())


def configuration(scenario, port, sink, metrics):
    values = ", ".join(f"tenant-{n}-end" for n in range(scenario.get("strings", 0)))
    policies = ", ".join(scenario["policies"]).replace("@VALUES@", values)
    text = CONFIGURATION
    for key, value in {
        "@PORT@": port, "@SINK@": sink, "@METRICS@": metrics, "@BUDGET@": scenario["budget"],
        "@POLICIES@": policies,
    }.items():
        text = text.replace(key, str(value))
    return text


def series(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return [line.rsplit(" ", 1) for line in lines if line and not line.startswith("#")]


def total(found, name, *labels):
    return sum(float(value) for key, value in found
               if re.match(rf"{name}(\{{|$)", key) and all(label in key for label in labels))


def books(found):
    """What is wrong with the books of the processors, in words."""
    wrong = []
    if total(found, "martlet_unaccounted_items"):
        wrong.append(f"{total(found, 'martlet_unaccounted_items'):.0f} items are unaccounted")
    for name in ("tail_sampling", "batch"):
        label = f'processor="{name}"'
        came, left, dropped, held = (
            total(found, metric, label) for metric in (
                "otelcol_processor_incoming_items", "otelcol_processor_outgoing_items",
                "martlet_dropped_items", "martlet_held_items",
            )
        )
        if came != left + dropped + held:
            wrong.append(f"{name}: {came:.0f} in, {left:.0f} out, {dropped:.0f} dropped, "
                         f"{held:.0f} held")
    return wrong


def stress(name, binary, scale=1.0, wait="30s", budget=None):
    """Sends one scenario's spans as fast as they are taken; what was measured, and what was wrong."""
    scenario = dict(SCENARIOS[name])
    scenario["budget"] = budget or scenario["budget"]
    folder = run.WORK / "stress"
    folder.mkdir(parents=True, exist_ok=True)
    make_corpus(folder / f"{name}.corpus", scenario)
    passes = max(2, round(scenario["spans"] * scale / BODIES / SPANS))
    with run.Processes() as processes:
        port, sink_port, metrics = run.free_port(), run.free_port(), run.free_port()
        sink = processes.start(run.WORK / "sink", sink_port)
        run.wait_for_port(sink_port, sink)
        config = folder / f"{name}.yaml"
        text = configuration(scenario, port, sink_port, metrics)
        config.write_text(text.replace("decision_wait: 30s", f"decision_wait: {wait}"))
        daemon = processes.start(binary, "--config", config)
        run.wait_for_port(port, daemon)
        time.sleep(0.5)
        base = run.resident(daemon.pid, "VmRSS")
        before = run.cpu_seconds(daemon.pid)
        command = [run.WORK / "load", folder / f"{name}.corpus", port, 4, 3600, "passes", passes]
        if scenario["trace"]:
            command += ["fresh", 1]
        loader = processes.start(*command, stdout=subprocess.PIPE, text=True)
        wrong = []
        while loader.poll() is None:
            time.sleep(0.5)
            if daemon.poll() is not None:
                raise RuntimeError(f"martlet exited with {daemon.returncode}")
        sent = json.loads(loader.stdout.read())
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and total(found := series(metrics), "martlet_held_items"):
            time.sleep(0.2)
        cpu = run.cpu_seconds(daemon.pid) - before
        peak = run.resident(daemon.pid, "VmHWM")
        wrong += books(found)
        if total(found, "martlet_held_items"):
            wrong.append(f"{total(found, 'martlet_held_items'):.0f} items are still held")
        exported = total(found, "otelcol_exporter_sent_spans")
        processes.started.remove(daemon)
        daemon.terminate()
        if code := daemon.wait(30):
            wrong.append(f"exit code {code}")
        arrived = run.stats(sink_port)
    limit = base + 1.1 * scenario["budget"]
    if peak > limit:
        wrong.append(f"{peak:.0f} MB at most, expected {limit:.0f}")
    if arrived["spans"] != exported:
        wrong.append(f"{exported:.0f} spans were sent, {arrived['spans']} arrived")
    share = arrived["spans"] / sent["spans"]
    if not scenario["kept"][0] <= share <= scenario["kept"][1]:
        wrong.append(f"{share:.2%} kept, expected {scenario['kept']}")
    if scenario.get("kept") == (1, 1) and arrived["hash"] != sent["hash"]:
        wrong.append("other spans arrived than were sent")
    early = total(found, "martlet_tail_sampling_decisions", 'cause="memory_budget"')
    return dict(
        spans=sent["spans"], seconds=sent["seconds"], refusals=sent["refusals"],
        spans_per_second=sent["spans"] / sent["seconds"], cpu_ns_per_span=cpu * 1e9 / sent["spans"],
        base_mb=base, peak_mb=peak, limit_mb=limit, share=share, early=early, wrong=wrong,
    )


def main():
    parser = argparse.ArgumentParser(description="Stresses tail sampling.")
    parser.add_argument("--martlet", default=run.HERE.parent / ".build/release/martlet")
    parser.add_argument("--scenario", default=",".join(SCENARIOS))
    parser.add_argument("--scale", type=float, default=1)
    options = parser.parse_args()
    run.build_tools()
    binary = pathlib.Path(options.martlet).resolve()
    rows = [["scenario", "spans", "spans/s", "CPU ns/span", "base MB", "peak MB", "limit MB",
             "kept", "early", "refused", ""]]
    failed = []
    for name in options.scenario.split(","):
        result = stress(name, binary, options.scale)
        rows.append([
            name, f"{result['spans']:,}", f"{result['spans_per_second']:,.0f}",
            f"{result['cpu_ns_per_span']:.0f}", f"{result['base_mb']:.0f}",
            f"{result['peak_mb']:.0f}", f"{result['limit_mb']:.0f}", f"{result['share']:.1%}",
            f"{result['early']:,.0f}", str(result["refusals"]), "FAILED" if result["wrong"] else "ok",
        ])
        print(name, json.dumps(result), flush=True)
        failed += [f"{name}: {text}" for text in result["wrong"]]
    print()
    run.table(rows)
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
