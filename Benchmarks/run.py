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
}

CONFIGURATION = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:@PORT@"}}}}
processors: {batch: }
exporters: {otlp_http: {endpoint: "http://127.0.0.1:@SINK@", compression: @COMPRESSION@}}
service:
  telemetry: {logs: {level: warn}, metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [otlp_http]}}
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

    if not (WORK / "corpus/json.corpus").exists():
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


def martlet_command(binary, port, sink, compression):
    text = CONFIGURATION.replace("@PORT@", str(port)).replace("@SINK@", str(sink))
    path = WORK / "config.yaml"
    path.write_text(text.replace("@COMPRESSION@", compression))
    return [binary, "--config", path]


def stats(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats", timeout=10) as answer:
        return json.load(answer)


def measure(target, binary, scenario, seconds):
    """One run: fresh processes, a warm-up, the load, and then until everything has arrived."""
    with Processes() as processes:
        port, sink_port = free_port(), free_port()
        sink = processes.start(WORK / "sink", sink_port)
        wait_for_port(sink_port, sink)
        if target == "relay":
            command = [WORK / "relay", port, sink_port, *scenario["relay"]]
        else:
            command = martlet_command(binary, port, sink_port, scenario["compression"])
        process = processes.start(*command)
        wait_for_port(port, process)

        def load(seconds):
            corpus = WORK / f"corpus/{scenario['corpus']}.corpus"
            command = [WORK / "load", corpus, port, scenario["connections"], seconds]
            done = subprocess.run(map(str, command), capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"load: {done.stderr.strip()}")
            return json.loads(done.stdout)

        def drained(spans):
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and (now := stats(sink_port))["spans"] < spans:
                time.sleep(0.02)
            return now if now["spans"] >= spans else stats(sink_port)

        warm_up = load(min(1, seconds))
        drained(warm_up["spans"])
        before = cpu_seconds(process.pid)
        sent = load(seconds)
        spans, total = sent["spans"] + warm_up["spans"], sent["hash"] + warm_up["hash"]
        arrived = drained(spans)
        cpu = cpu_seconds(process.pid) - before
        peak = resident(process.pid, "VmHWM")
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        time.sleep(0.05)
        arrived = stats(sink_port)
    same = arrived["spans"] == spans
    if scenario["corpus"] != "json":  # Of JSON that the relay passes on only the number is known.
        same = same and arrived["hash"] == total % 2**64
    return dict(
        cpu_ns_per_span=cpu * 1e9 / sent["spans"], peak_mb=peak, exact=same,
        spans_per_second=sent["spans"] / sent["seconds"], p99_us=sent["p99_us"],
        refusals=sent["refusals"],
        difference=arrived["spans"] - spans,
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
    rows = [["scenario", "CPU/span, ratio to relay", "relay ns/span", "martlet ns/span",
             "spans/s", "peak MB", "p99 ms", "exact"]]
    for name, runs in results["scenarios"].items():
        ratios = [m["cpu_ns_per_span"] / r["cpu_ns_per_span"]
                  for m, r in zip(runs["martlet"], runs["relay"])]
        middle = lambda target, key: statistics.median(run[key] for run in runs[target])
        rows.append([
            name,
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
            f"{middle('relay', 'cpu_ns_per_span'):.0f}",
            f"{middle('martlet', 'cpu_ns_per_span'):.0f}",
            f"{middle('martlet', 'spans_per_second'):,.0f}",
            f"{max(run['peak_mb'] for run in runs['martlet']):.1f}",
            f"{middle('martlet', 'p99_us') / 1000:.1f}",
            "yes" if all(run["exact"] for run in runs["martlet"]) else "NO",
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
        runs = results["scenarios"][name] = {"relay": [], "martlet": []}
        for round_number in range(1, options.rounds + 1):
            for target in runs:
                run = measure(target, binary, SCENARIOS[name], options.seconds)
                runs[target].append(run)
                print(f"{name} {round_number} {target:7} {run['cpu_ns_per_span']:9.1f} ns/span  "
                      f"{run['spans_per_second']:11,.0f} spans/s  {run['peak_mb']:6.1f} MB  "
                      + ("exact" if run["exact"] else f"NOT EXACT ({run['difference']:+d} spans)")
                      + (f", {run['refusals']} refusals" if run["refusals"] else ""),
                      flush=True)
    report(results)
    (WORK / "results.json").write_text(json.dumps(results, indent=1))
    (WORK / "plot.svg").write_text(plot.svg(results))
    print(f"\n{WORK / 'results.json'}\n{WORK / 'plot.svg'}")
    inexact = [n for n, runs in results["scenarios"].items()
               if not all(run["exact"] for run in runs["martlet"])]
    if inexact:
        raise SystemExit(f"lost or doubled spans in {', '.join(inexact)}")


if __name__ == "__main__":
    main()
