"""`martlet simulate`: what was recorded, run through other configurations."""

import json
import subprocess

import martlet
import pytest
from configurations import RECEIVER
from shop import Shop

FAILED = 3
RECORDING = RECEIVER + """
exporters:
  file: {path: recorded.jsonl@OPTIONS@}
service: {pipelines: {traces: {receivers: [otlp], exporters: [file]}}}
"""
SAMPLING = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
processors:
  filter: {traces: {span: ['attributes["http.route"] == "/health"', 'IsMatch(attributes["url.path"], "^/ready")']}}
  tail_sampling:
    decision_wait: 10s
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: slow, type: latency, latency: {threshold_ms: 2000}}
      - {name: rest, type: probabilistic, probabilistic: {sampling_percentage: @SHARE@}}
  batch: {}
exporters: {nop: }
service:
  pipelines:
    traces: {receivers: [otlp], processors: [filter, tail_sampling, batch], exporters: [nop]}
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with the same hour at the shop in each format, and configurations."""
    folder = tmp_path_factory.mktemp("recorded")
    for name, options in (
        ("json", ""), ("proto", ", format: proto"), ("zstd", ", compression: zstd"),
    ):
        port = martlet.free_port()
        text = RECORDING.replace("@PORT@", str(port)).replace("@OPTIONS@", options)
        daemon = martlet.Daemon(folder / name, text, port).wait_until_ready()
        shop = Shop(f"http://127.0.0.1:{port}")
        for number in range(120):
            shop.request(number, "error" if number < 5 else "slow" if number < 8 else "plain")
            shop.health_check(number)
        shop.close()
        daemon.stop()
    (folder / "ten.yaml").write_text(SAMPLING.replace("@SHARE@", "10"))
    (folder / "all.yaml").write_text(SAMPLING.replace("@SHARE@", "100"))
    return folder


def simulate(folder, *arguments, config="ten.yaml", recording="json/recorded.jsonl"):
    return martlet.run(
        "simulate", "--config", config, "--input", recording, *arguments, folder=folder, seconds=60
    )


def test_what_is_kept_is_counted_by_policy_and_service(recorded):
    result = simulate(recorded, "--format", "json")

    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    (pipeline,) = report["pipelines"]
    assert report["input"]["items"] == {"traces": 120 * 4}
    assert pipeline["traces"]["total"] == 240
    assert pipeline["errors"] == {"total": 5, "kept": 5, "dropped": 0, "share": 1.0}
    assert pipeline["slow"]["total"] == pipeline["slow"]["kept"] == 3
    assert pipeline["processors"][0] == {
        "id": "filter", "simulated": True, "in": 480, "out": 360, "dropped": {"filtered": 120},
    }
    decisions = {d["policy"]: d["traces"] for d in pipeline["decisions"] if d["kept"]}
    assert decisions["errors"] == 5 and decisions["slow"] == 3 and decisions["rest"] > 0
    assert sum(d["traces"] for d in pipeline["decisions"]) == 120
    assert [s["name"] for s in pipeline["services"]] == ["cart", "payment", "storefront"]


def test_the_same_input_gives_the_same_output(recorded):
    assert simulate(recorded).stdout == simulate(recorded).stdout


def test_every_format_of_the_file_exporter_can_be_read(recorded):
    reports = [
        json.loads(simulate(recorded, "--format", "json", recording=f"{f}/recorded.jsonl").stdout)
        for f in ("json", "proto", "zstd")
    ]

    # The same program at another time: batches and times differ, and what is kept does not.
    assert len({r["pipelines"][0]["items"]["kept"] for r in reports}) == 1


def test_two_configurations_are_compared(recorded):
    result = simulate(recorded, "--against", "ten.yaml", "--format", "json", config="all.yaml")

    (comparison,) = json.loads(result.stdout)["comparisons"]
    assert comparison["only_old"]["traces"] == 0
    assert comparison["only_new"]["traces"] + comparison["kept_by_both"] == 120
    assert list(comparison["only_new"]["by_policy"]) == ["rest"]
    assert len(comparison["only_new"]["examples"]) == 5


def test_expectations_decide_the_exit_code(recorded):
    held = simulate(
        recorded, "--expect", "errors kept 100%", "--expect", "slow(>2s) kept 100%",
        "--expect", "traces kept <= 20%", "--expect", "policy=errors kept 5",
    )
    failed = simulate(recorded, "--expect", "traces kept 100%", "--expect", "errors kept 100%")

    assert held.returncode == 0, held.stderr
    assert failed.returncode == FAILED
    assert failed.stderr.startswith("traces: expected traces kept 100%, but kept ")
    assert len(failed.stderr.splitlines()) == 1


def test_standard_input_is_read(recorded):
    with open(recorded / "json/recorded.jsonl") as file:
        result = subprocess.run(
            [martlet.binary(), "simulate", "--config", "ten.yaml", "--input", "-"], stdin=file,
            capture_output=True, text=True, cwd=recorded, timeout=60,
        )

    assert result.returncode == 0, result.stderr
    assert result.stdout == simulate(recorded).stdout


def test_mistakes_have_a_place(recorded):
    lines = (recorded / "json/recorded.jsonl").read_text()
    (recorded / "cut.jsonl").write_text(lines + '{"resourceSpans": [{"scopeSpans": 7}]}\n')

    broken = simulate(recorded, recording="cut.jsonl")
    missing = simulate(recorded, recording="none.jsonl")
    expectation = simulate(recorded, "--expect", "fruit kept 3")
    pipeline = simulate(recorded, "--pipeline", "logs")

    assert broken.returncode == martlet.EXIT_FAILURE
    assert broken.stderr.startswith(f"cut.jsonl:{len(lines.splitlines()) + 1}:35: resourceSpans[0].")
    assert missing.returncode == martlet.EXIT_FAILURE and "none.jsonl" in missing.stderr
    assert expectation.returncode == martlet.EXIT_USAGE and "fruit" in expectation.stderr
    assert pipeline.returncode == martlet.EXIT_CONFIGURATION and "there are traces" in pipeline.stderr
