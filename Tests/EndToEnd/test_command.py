"""The command line: every command, and the exit code of each way to end."""

import json
import pathlib
import socket

import martlet
import otlp
import pytest
import sdk
from configurations import RECEIVER, TO_FILE, pipelines

VALID = """
receivers: {otlp: {protocols: {http: {endpoint: "localhost:4318"}}}}
exporters:
  otlp_http:
    endpoint: http://localhost:4320
    headers: {authorization: Bearer 12345}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}}}
"""
EXAMPLES = [martlet.ROOT / "config/martlet.yaml", martlet.ROOT / "config/container.yaml"]
EXAMPLES += sorted((martlet.ROOT / "config/examples").glob("*.yaml"))
COMMON = sorted((pathlib.Path(__file__).parent / "Configurations").glob("*.yaml"))


@pytest.fixture
def config(tmp_path):
    def write(text, name="config.yaml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_valid_configuration_is_silence(config):
    result = martlet.run("validate", "--config", config(VALID))

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_our_own_configurations_are_valid(path):
    result = martlet.run("validate", "--config", path)

    assert result.returncode == 0, result.stderr


def test_print_config_shows_defaults_and_hides_secrets(config):
    result = martlet.run("print-config", "--config", config(VALID))

    assert result.returncode == 0, result.stderr
    assert "12345" not in result.stdout
    assert "[REDACTED]" in result.stdout
    assert "endpoint: http://localhost:4320" in result.stdout.replace('"', "")
    assert "compression: gzip" in result.stdout


def test_what_print_config_prints_is_a_configuration(config):
    printed = martlet.run("print-config", "--config", config(VALID)).stdout

    again = martlet.run("print-config", "--config", config(printed, "printed.yaml"))

    assert again.returncode == 0, again.stderr
    assert again.stdout == printed


def test_components_lists_every_component():
    result = martlet.run("components")

    assert result.returncode == 0
    for name in ("otlp", "batch", "otlp_http", "file", "debug", "stdout", "nop", "health_check"):
        assert name in result.stdout


@pytest.mark.parametrize("name, options", [
    ("otlp", ["protocols.http.max_request_body_size", "20MiB"]),
    ("batch", ["send_batch_size", "8192", "timeout", "200ms"]),
    ("otlp_http", ["sending_queue.num_consumers", "retry_on_failure.max_elapsed_time", "gzip"]),
    ("file", ["rotation.max_megabytes", "flush_interval"]),
])
def test_components_of_a_name_shows_options_and_defaults(name, options):
    result = martlet.run("components", name)

    assert result.returncode == 0
    for option in options:
        assert option in result.stdout


def test_components_of_an_unknown_name_is_an_error():
    result = martlet.run("components", "no_such")

    assert result.returncode == martlet.EXIT_FAILURE
    assert "no_such" in result.stderr


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version(argument):
    result = martlet.run(argument)

    assert result.returncode == 0
    assert result.stdout.startswith("martlet ") or result.stdout[0].isdigit()


@pytest.mark.parametrize("argument", ["help", "--help", "-h"])
def test_help_names_every_command(argument):
    result = martlet.run(argument)

    assert result.returncode == 0
    for command in (
        "validate", "components", "print-config", "simulate", "version", "--config", "--set",
    ):
        assert command in result.stdout


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["no-such-command"], []])
def test_a_wrong_command_line_is_its_own_exit_code(arguments):
    result = martlet.run(*arguments)

    assert result.returncode == martlet.EXIT_USAGE
    assert "config" in result.stderr or "--help" in result.stderr


def test_a_configuration_that_is_not_there(tmp_path):
    result = martlet.run("--config", tmp_path / "none.yaml")

    assert result.returncode == martlet.EXIT_CONFIGURATION
    assert "none.yaml" in result.stderr


def test_several_files_and_settings_are_merged_in_order(config):
    config("exporters: {otlp_http: {compression: none, timeout: 7s}}", "more.yaml")
    first = config(VALID)

    result = martlet.run(
        "print-config", "--config", first, "--config", first.parent / "more.yaml",
        "--set", "exporters.otlp_http.timeout=9s",
    )

    assert result.returncode == 0, result.stderr
    assert "compression: none" in result.stdout
    assert "timeout: 9s" in result.stdout


def test_variables_are_taken_from_the_environment(config):
    text = VALID.replace("http://localhost:4320", "${env:TARGET:-http://nowhere:1}")

    default = martlet.run("print-config", "--config", config(text))
    given = martlet.run(
        "print-config", "--config", config(text), environment={"TARGET": "http://there:2"}
    )

    assert "http://nowhere:1" in default.stdout
    assert "http://there:2" in given.stdout


def test_a_port_in_use_is_a_failed_start_that_names_it(config):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = martlet.run("--config", config(TO_FILE.replace("@PORT@", str(port))))

    assert result.returncode == martlet.EXIT_FAILURE
    assert str(port) in result.stderr and "in use" in result.stderr


def test_a_file_that_cannot_be_opened_is_a_failed_start_that_names_it(config):
    text = TO_FILE.replace("@PORT@", "0").replace("out.jsonl", "/proc/no/such/out.jsonl")

    result = martlet.run("--config", config(text))

    assert result.returncode == martlet.EXIT_FAILURE
    assert "/proc/no/such/out.jsonl" in result.stderr


def test_the_start_says_what_listens_and_what_flows_where(start):
    daemon = start(TO_FILE)

    assert f"127.0.0.1:{daemon.port}" in daemon.log
    for word in ("otlp", "batch", "file", "traces", "metrics", "logs"):
        assert word in daemon.log
    daemon.stop()


def test_the_end_shows_every_account(start):
    daemon = start(TO_FILE)
    daemon.stop()

    accounts = [line for line in daemon.log.splitlines() if ": account " in line]
    assert len(accounts) == 9  # Receiver, processor and exporter, for each of three signals.


def test_json_logs_are_json(start):
    text = TO_FILE.replace("service:", "service:\n  telemetry: {logs: {encoding: json}}")
    daemon = start(text)
    daemon.stop()

    lines = daemon.log.splitlines()
    assert lines
    for line in lines:
        assert {"level", "msg"} <= json.loads(line).keys()


def test_nothing_but_telemetry_goes_to_standard_output(start):
    config = RECEIVER + "\nexporters: {stdout: }\nprocessors: {batch: }\n" + pipelines("stdout")
    daemon = start(config)
    sent = sdk.send(otlp.TRACES, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    printed = [otlp.from_json(otlp.TRACES, line) for line in daemon.output.splitlines()]
    otlp.assert_same(printed, sent)


@pytest.mark.parametrize("path", COMMON, ids=lambda path: path.name)
def test_of_configurations_that_people_have_only_parts_are_missing(path):
    """Copied from guides, and not changed: what we have loads, what we lack is said to be lacking."""
    result = martlet.run("validate", "--config", path)

    errors = [line for line in result.stderr.splitlines() if ": error: " in line]
    assert all("is not in this build yet" in line for line in errors), result.stderr


def test_the_readmes_configuration_forwards_with_one_line_changed(start, sink):
    text = (martlet.ROOT / "config/martlet.yaml").read_text()
    before = "exporters: &destinations [debug, file]"
    assert text.count(before) == 1
    text = text.replace(before, "exporters: &destinations [debug, file, otlp_http]")
    health = martlet.free_port()
    text = text.replace("localhost:4318", "127.0.0.1:@PORT@").replace("13133", str(health))

    daemon = start(text, environment={"MARTLET_FORWARD_TO": sink.endpoint})
    base = f"http://127.0.0.1:{daemon.port}"
    sent = {signal.name: sdk.send(signal, base) for signal in otlp.SIGNALS}
    daemon.stop()

    for signal in otlp.SIGNALS:
        otlp.assert_same(sink.messages(signal), sent[signal.name])
        otlp.assert_same(daemon.file(signal, "out/telemetry.jsonl"), sent[signal.name])
    for shown in ("failing", "temperature", "outside of every span"):
        assert shown in daemon.log + daemon.output


def test_health(start):
    address = f"127.0.0.1:{martlet.free_port()}"
    assert martlet.run("health", "--endpoint", address).returncode == martlet.EXIT_FAILURE

    daemon = start(
        TO_FILE.replace("service:", "service:\n  extensions: [health_check]")
        + f'\nextensions: {{health_check: {{endpoint: "{address}"}}}}\n'
    )

    assert martlet.run("health", "--endpoint", address).returncode == 0
    daemon.stop()
