"""A martlet process under test."""

import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass

import otlp

EXIT_FAILURE = 1
EXIT_CONFIGURATION = 2
EXIT_USAGE = 64

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    path = pathlib.Path(os.environ.get("MARTLET", ROOT / ".build/debug/martlet")).resolve()
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: run 'swift build', or name one in MARTLET")
    return str(path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*arguments, environment=None, folder=None, seconds=20):
    """Runs a martlet command to its end."""
    return subprocess.run(
        [binary(), *map(str, arguments)], capture_output=True, text=True, timeout=seconds,
        cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
    )


@dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def error(self):
        return otlp.status_of(self.body, self.headers["Content-Type"])


class Daemon:
    """Runs with `config`; `port` is where its OTLP receiver is to listen.

    Standard output and standard error go to files in its folder.
    """

    def __init__(self, folder, config, port, arguments=(), environment=None):
        self.folder, self.port = pathlib.Path(folder), port
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.yaml").write_text(config)
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                [binary(), "--config", "config.yaml", *arguments], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={**os.environ, **(environment or {})},
            )

    @property
    def output(self):
        return (self.folder / "stdout").read_text()

    @property
    def log(self):
        return (self.folder / "stderr").read_text()

    def wait_until_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"exited with {self.process.returncode}:\n{self.log}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"nothing listens on port {self.port} after {seconds} s:\n{self.log}")

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return Response(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def post(self, path, body, content_type=otlp.PROTOBUF, coding=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type:
            headers["Content-Type"] = content_type
        if coding:
            headers["Content-Encoding"] = coding
        return self.request("POST", path, body, headers)

    def send(self, message, content_type=otlp.PROTOBUF, coding=None):
        """Posts a request message, and expects success."""
        kind = next(s for s in otlp.SIGNALS if isinstance(message, s.request))
        body = otlp.compress(otlp.encode(message, content_type), coding)
        answer = self.post(kind.path, body, content_type, coding)
        assert answer.status == 200, (answer.status, answer.body)
        return answer

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        """The exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s:\n{self.log}") from None

    def stop(self):
        """Stops it in an orderly way, and expects that to work and the books to be even."""
        self.signal()
        code = self.wait()
        assert code == 0, f"exited with {code}:\n{self.log}"
        unaccounted = re.search(r"unaccounted\W+(-?\d+)", self.log)
        assert unaccounted and unaccounted[1] == "0", self.log

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def file(self, kind, name="out.jsonl"):
        """The messages of one signal in an exported file of JSON lines."""
        lines = (self.folder / name).read_text().splitlines()
        return [otlp.from_json(kind, line) for line in lines if kind.json_key in line[:30]]
