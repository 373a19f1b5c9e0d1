"""Measures martlet against a relay that does not look into what it passes on. See README.md.

    make bench
    make bench BENCH="--scenario forward,small --rounds 3 --seconds 3"
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import time
import urllib.request

import plot

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE.parent / ".build/benchmarks"

# What is sent over how many connections, what the relay does with it, and how martlet sends on.
# With processors: which, how they are configured, and what has to arrive ("all" of it, without
# "health" checks, a "sample" of whole traces, or that and every trace with an error or a long time).
# fresh: each pass through the corpus has trace ids of its own. plain: also without the processors.
SCENARIOS = {
    "forward": dict(corpus="large", connections=4, relay=[], compression="none"),
    "small": dict(corpus="small", connections=16, relay=["join", 1_000_000], compression="none"),
    "gzip-in": dict(
        corpus="gzip", connections=4, relay=["join", 4_000_000, "inflate"], compression="none"
    ),
    "gzip-out": dict(
        corpus="large", connections=4, relay=["join", 2_000_000, "deflate", 6], compression="gzip"
    ),
    "json-in": dict(corpus="json", connections=4, relay=[], compression="none"),
    "prob10": dict(
        corpus="traces", connections=4, relay=[], compression="none", fresh=True, check="sample",
        processors="probabilistic_sampler: {sampling_percentage: 10}", settle=2,
    ),
    "tail": dict(
        corpus="traces", connections=4, relay=[], compression="none", fresh=True, check="tail",
        rate=30_000, seconds=12, settle=8, processors="""tail_sampling:
    decision_wait: 5s
    num_traces: 400000
    expected_new_traces_per_sec: 3000
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: slow, type: latency, latency: {threshold_ms: 2000}}
      - {name: rest, type: probabilistic, probabilistic: {sampling_percentage: 10}}""",
    ),
    "filter": dict(
        corpus="traces", connections=4, relay=[], compression="none", check="health", plain=True,
        processors="""filter:
    error_mode: ignore
    traces: {span: ['attributes["http.route"] == "/health"']}""",
    ),
    "attributes": dict(
        corpus="traces", connections=4, relay=[], compression="none", check="all", plain=True,
        processors="""attributes:
    actions:
      - {key: deployment.region, value: eu-central-1, action: insert}
      - {key: client.address, action: hash}
      - {key: user_agent.original, action: delete}""",
    ),
}

CONFIGURATION = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:@PORT@"}}}}
processors:
  batch: {}
  @PROCESSORS@
exporters: {otlp_http: {endpoint: "http://127.0.0.1:@SINK@", compression: @COMPRESSION@}}
service:
  telemetry: {logs: {level: warn}, metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: [@NAMES@batch], exporters: [otlp_http]}}
"""


def build_tools():
    WORK.mkdir(parents=True, exist_ok=True)
    compiler = next(c for c in ("gcc", "clang", "cc") if subprocess.call(
        ["which", c], stdout=subprocess.DEVNULL) == 0)
    for name in ("load", "sink", "relay"):
        source, tool = HERE / f"{name}.c", WORK / name
        newest = max(source.stat().st_mtime, (HERE / "wire.h").stat().st_mtime)
        if not tool.exists() or tool.stat().st_mtime < newest:
            subprocess.run([compiler, "-O2", "-o", tool, source, "-lz"], check=True)


def make_corpus():
    import corpus

    if not (WORK / "corpus/traces.corpus").exists():
        print("making the corpus …", flush=True)
        corpus.main(WORK / "corpus")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} exited with {process.returncode}")
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.005)
    raise RuntimeError(f"{process.args[0]} does not listen")


def cpu_seconds(pid):
    """All CPU time of a process, its ended threads included (the kernel's clock for it)."""
    return time.clock_gettime(((~pid) << 3) | 2)


def resident(pid, field):
    """Megabytes: VmRSS now, VmHWM at most so far."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0


class Processes:
    """Started processes, which are ended with it."""

    def __enter__(self):
        self.started = []
        return self

    def start(self, *command, **more):
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, **more
        )
        self.started.append(process)
        return process

    def __exit__(self, *error):
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def martlet_command(binary, port, sink, compression, processors=""):
    name = processors.partition(":")[0]
    values = {
        "@PORT@": port, "@SINK@": sink, "@COMPRESSION@": compression, "@PROCESSORS@": processors,
        "@NAMES@": name and name + ", ",
    }
    text = CONFIGURATION
    for key, value in values.items():
        text = text.replace(key, str(value))
    path = WORK / "config.yaml"
    path.write_text(text)
    return [binary, "--config", path]


def stats(port, path="/stats"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return json.load(answer)


def differing(check, sent, arrived):
    """What is not as it has to be, in words; None if nothing is."""
    def differs(part, less=None):
        lacking = (less or {}).get("health_spans", 0), (less or {}).get("health_hash", 0)
        due = sent[f"{part}spans"] - lacking[0], (sent[f"{part}hash"] - lacking[1]) % 2**64
        found = arrived[f"{part}spans"], arrived[f"{part}hash"]
        return f"{found[0] - due[0]:+d} spans" if due != found else None

    match check:
        case "number":
            more = arrived["spans"] - sent["spans"]
            return f"{more:+d} spans" if more else None
        case "all":
            return differs("")
        case "health":
            return differs("", less=sent)
    if check == "tail" and (difference := differs("must_")):
        return f"{difference} with errors or slow"
    if arrived["partial_traces"]:
        return f"{arrived['partial_traces']} traces in part"
    plain = [side["spans"] - side["must_spans"] for side in (sent, arrived)]
    if check == "sample":
        plain = [sent["spans"], arrived["spans"]]
    share = plain[1] / plain[0]
    return None if 0.08 < share < 0.12 else f"{share:.1%} kept instead of 10 %"


def measure(target, binary, scenario, seconds):
    """One run: fresh processes, a warm-up, the load, and then until everything has arrived."""
    samples = scenario.get("check") in ("sample", "tail") and target == "martlet"
    check = scenario.get("check", "all") if target == "martlet" else "all"
    if scenario["corpus"] == "json":  # Of JSON that the relay passes on only the number is known.
        check = "number"
    seconds = max(seconds, scenario.get("seconds", 0))
    with Processes() as processes:
        port, sink_port = free_port(), free_port()
        sink = processes.start(WORK / "sink", sink_port)
        wait_for_port(sink_port, sink)
        if target == "relay":
            command = [WORK / "relay", port, sink_port, *scenario["relay"]]
        else:
            processors = scenario.get("processors", "") if target == "martlet" else ""
            command = martlet_command(
                binary, port, sink_port, scenario["compression"], processors
            )
        process = processes.start(*command)
        wait_for_port(port, process)

        def load(seconds, first_pass):
            corpus = WORK / f"corpus/{scenario['corpus']}.corpus"
            command = [WORK / "load", corpus, port, scenario["connections"], seconds]
            if scenario.get("fresh"):
                command += ["fresh", first_pass]
            if "rate" in scenario and target == "martlet":
                command += ["rate", scenario["rate"]]
            done = subprocess.run(map(str, command), capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"load: {done.stderr.strip()}")
            return json.loads(done.stdout)

        def drained(spans):
            """Waits until so many have arrived, or, if nobody knows how many, until none comes."""
            deadline, last, since = time.monotonic() + 40, None, time.monotonic()
            while time.monotonic() < deadline:
                now = stats(sink_port)["spans"]
                if now != last:
                    last, since = now, time.monotonic()
                if spans is None and time.monotonic() - since > scenario["settle"]:
                    return
                if spans is not None and now >= spans:
                    return
                time.sleep(0.02)

        def due(*sent):
            if samples:
                return None
            less = "health_spans" if check == "health" else None
            return sum(one["spans"] - one.get(less, 0) for one in sent)

        warm_up = load(min(1, seconds), 1_000_000)
        drained(due(warm_up))
        before = cpu_seconds(process.pid)
        sent = load(seconds, 1)
        drained(due(warm_up, sent))
        cpu = cpu_seconds(process.pid) - before
        peak = resident(process.pid, "VmHWM")
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        time.sleep(0.05)
        arrived = stats(sink_port, "/traces")
    both = {key: sent[key] + warm_up[key] for key in sent if key.endswith(("spans", "hash"))}
    return dict(
        cpu_ns_per_span=cpu * 1e9 / sent["spans"], peak_mb=peak,
        spans_per_second=sent["spans"] / sent["seconds"], p99_us=sent["p99_us"],
        refusals=sent["refusals"], share=arrived["spans"] / both["spans"],
        difference=differing(check, both, arrived),
    )


def measure_start(binary):
    """Milliseconds from exec to the first 200."""
    with Processes() as processes:
        port = free_port()
        command = martlet_command(binary, port, 1, "none")
        request = (b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                   b"Content-Type: application/x-protobuf\r\n\r\n")
        begin = time.perf_counter()
        process = processes.start(*command)
        while process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as connection:
                    connection.sendall(request)
                    if connection.recv(4096).startswith(b"HTTP/1.1 200"):
                        return (time.perf_counter() - begin) * 1e3
            except ConnectionRefusedError:
                time.sleep(0.0002)
        raise RuntimeError(f"exited with {process.returncode}")


def measure_idle(binary):
    """Megabytes resident of a daemon that has nothing to do."""
    with Processes() as processes:
        port = free_port()
        process = processes.start(*martlet_command(binary, port, 1, "none"))
        wait_for_port(port, process)
        time.sleep(1)
        return resident(process.pid, "VmRSS")


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                        for i, (cell, w) in enumerate(zip(row, widths))))


def report(results):
    rows = [["scenario", "CPU/span, ratio to relay", "over plain", "relay ns/span",
             "martlet ns/span", "spans/s", "peak MB", "p99 ms", "kept", "exact"]]
    for name, runs in results["scenarios"].items():
        def ratios(base):
            return [m["cpu_ns_per_span"] / b["cpu_ns_per_span"]
                    for m, b in zip(runs["martlet"], runs[base])]

        def middle(target, key):
            return statistics.median(run[key] for run in runs[target])

        to_relay = ratios("relay")
        rows.append([
            name,
            f"{statistics.median(to_relay):.2f} ({min(to_relay):.2f}–{max(to_relay):.2f})",
            f"{statistics.median(ratios('plain')) - 1:+.0%}" if "plain" in runs else "",
            f"{middle('relay', 'cpu_ns_per_span'):.0f}",
            f"{middle('martlet', 'cpu_ns_per_span'):.0f}",
            f"{middle('martlet', 'spans_per_second'):,.0f}",
            f"{max(run['peak_mb'] for run in runs['martlet']):.1f}",
            f"{middle('martlet', 'p99_us') / 1000:.1f}",
            f"{middle('martlet', 'share'):.1%}",
            "yes" if all(run["difference"] is None for run in runs["martlet"]) else "NO",
        ])
    print()
    if len(rows) > 1:
        table(rows)
    if "start_ms" in results:
        print(f"start, exec to the first 200: {statistics.median(results['start_ms']):.1f} ms "
              f"({min(results['start_ms']):.1f}–{max(results['start_ms']):.1f})")
        print(f"idle: {results['idle_mb']:.1f} MB resident")


def main():
    parser = argparse.ArgumentParser(description="Measures martlet against a bare relay.")
    parser.add_argument("--martlet", default=HERE.parent / ".build/release/martlet")
    parser.add_argument("--scenario", default=",".join([*SCENARIOS, "idle"]))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    binary = pathlib.Path(options.martlet).resolve()
    build_tools()
    make_corpus()

    results = {"cpus": os.cpu_count(), "seconds": options.seconds, "scenarios": {}}
    for name in options.scenario.split(","):
        if name == "idle":
            results["start_ms"] = [measure_start(binary) for _ in range(20)]
            results["idle_mb"] = measure_idle(binary)
            continue
        scenario = SCENARIOS[name]
        targets = ["relay", "plain", "martlet"] if scenario.get("plain") else ["relay", "martlet"]
        runs = results["scenarios"][name] = {target: [] for target in targets}
        for round_number in range(1, options.rounds + 1):
            for target in runs:
                run = measure(target, binary, scenario, options.seconds)
                runs[target].append(run)
                print(f"{name} {round_number} {target:7} {run['cpu_ns_per_span']:9.1f} ns/span  "
                      f"{run['spans_per_second']:11,.0f} spans/s  {run['peak_mb']:6.1f} MB  "
                      + (f"NOT EXACT ({run['difference']})" if run["difference"] else "exact")
                      + (f", {run['refusals']} refusals" if run["refusals"] else ""),
                      flush=True)
    report(results)
    (WORK / "results.json").write_text(json.dumps(results, indent=1))
    (WORK / "plot.svg").write_text(plot.svg(results))
    print(f"\n{WORK / 'results.json'}\n{WORK / 'plot.svg'}")
    inexact = [n for n, runs in results["scenarios"].items()
               if any(run["difference"] for run in runs["martlet"])]
    if inexact:
        raise SystemExit(f"lost or doubled spans in {', '.join(inexact)}")


if __name__ == "__main__":
    main()
