"""An OTLP/HTTP server that remembers what it was sent and misbehaves when asked to."""

import http.server
import threading
import time
from dataclasses import dataclass, field

import otlp


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict  # Names in lower case.
    body: bytes  # As it came over the wire.

    @property
    def content(self):
        return otlp.decompress(self.body, self.headers.get("content-encoding"))

    @property
    def message(self):
        return otlp.parse(otlp.signal_of(self.path), self.content, self.headers["content-type"])


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0  # Seconds before the answer is sent.


class Sink:
    """Answers with `answer(n)` to the n-th request, counted from 0, of its whole life.

    `accepted` holds the requests that were answered with 2xx, `requests` all of them. With `tls`,
    a server's ssl.SSLContext, it speaks HTTPS.
    """

    def __init__(self, answer=lambda index: Answer(), tls=None):
        self.answer, self.tls = answer, tls
        self.requests, self.accepted = [], []
        self.change = threading.Condition()
        self.answering = threading.Lock()  # So that a stop comes before or after an answer.
        self.port = 0
        self.server = None
        self.start()

    @property
    def endpoint(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def start(self):
        """Listens; after a stop, on the same port again."""
        self.server = Server(("127.0.0.1", self.port), self)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """Refuses connections from now on, and cuts the open ones."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            with self.answering:
                self.server.is_stopped = True
                self.server.cut_connections()
            self.server = None

    def take(self, request):
        with self.change:
            self.requests.append(request)
            return self.answer(len(self.requests) - 1)

    def accept(self, request):
        with self.change:
            self.accepted.append(request)
            self.change.notify_all()

    def messages(self, signal):
        with self.change:
            return [r.message for r in self.accepted if r.path.endswith(signal.path)]

    def wait_for(self, description, condition, seconds=20):
        """Waits until `condition(self)` holds; it is looked at whenever a request was accepted."""
        with self.change:
            if not self.change.wait_for(lambda: condition(self), timeout=seconds):
                raise AssertionError(f"waited {seconds} s in vain for: {description}")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address, sink):
        self.sink = sink
        self.connections = set()
        self.is_stopped = False
        super().__init__(address, Handler)

    def cut_connections(self):
        for connection in list(self.connections):
            try:
                connection.shutdown(2)
            except OSError:
                pass  # The peer was quicker.

    def handle_error(self, request, client_address):
        pass  # A connection cut on purpose is no news.


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.sink.tls:
            self.request = self.server.sink.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self):
        self.server.connections.discard(self.connection)
        super().finish()

    def do_POST(self):
        body = self.read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, body)
        answer = self.server.sink.take(request)
        if answer.delay:
            time.sleep(answer.delay)
        with self.server.sink.answering:
            self.close_connection = self.server.is_stopped
            if not self.server.is_stopped:
                self.send(request, answer)

    def send(self, request, answer):
        if 200 <= answer.status < 300:
            self.server.sink.accept(request)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def log_message(self, *arguments):
        pass
