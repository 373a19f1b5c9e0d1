"""What the receiver answers to what it does not like."""

import gzip
import http.client

import otlp
import pytest
from configurations import RECEIVER, TO_FILE, pipelines
from google.rpc import code_pb2

ENCODINGS = pytest.mark.parametrize("content_type", [otlp.PROTOBUF, otlp.JSON])
EMPTY = {otlp.PROTOBUF: b"", otlp.JSON: b"{}"}


@pytest.fixture
def daemon(start):
    return start(TO_FILE)


def assert_error(response, status, content_type, code=None):
    """Every error carries a google.rpc.Status in the encoding of the request."""
    assert response.status == status, response.body
    assert response.headers["Content-Type"] == content_type
    assert response.error.message
    if code is not None:
        assert response.error.code == code


@ENCODINGS
def test_success_is_an_empty_response_in_the_same_encoding(daemon, content_type):
    response = daemon.post("/v1/traces", EMPTY[content_type], content_type)

    assert response.status == 200
    assert response.headers["Content-Type"] == content_type
    if content_type == otlp.PROTOBUF:
        assert otlp.TRACES.response.FromString(response.body).partial_success.rejected_spans == 0


def test_parameters_and_case_of_the_content_type_do_not_matter(daemon):
    response = daemon.post("/v1/traces", b"{}", "Application/JSON; charset=utf-8")

    assert response.status == 200
    assert response.headers["Content-Type"] == otlp.JSON


@ENCODINGS
@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05abc", b'{"resourceSpans": [', b"[]", b"\x00"])
def test_a_body_that_is_not_telemetry_is_400(daemon, content_type, body):
    assert_error(
        daemon.post("/v1/traces", body, content_type), 400, content_type,
        code_pb2.INVALID_ARGUMENT,
    )


@pytest.mark.parametrize("text", [
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"2x"}]}]}]}',
    '{"resourceSpans":' + "[" * 100_000,
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":'
    + '{"arrayValue":{"values":[' * 500 + "]}}" * 500 + "}]}}]}",
    "",
])
def test_json_that_is_wrong_or_too_deep_is_400(daemon, text):
    assert_error(daemon.post("/v1/traces", text.encode(), otlp.JSON), 400, otlp.JSON)


@ENCODINGS
@pytest.mark.parametrize("coding", ["gzip", "deflate", "zlib", "zstd"])
@pytest.mark.parametrize("damage", ["not compressed at all", "cut off", "changed"])
def test_a_damaged_compressed_body_is_400(daemon, content_type, coding, damage):
    body = otlp.compress(b'{"resourceSpans":[]}' * 50, coding)
    match damage:
        case "not compressed at all":
            body = b"plainly not compressed"
        case "cut off":
            body = body[: len(body) // 2]
        case "changed":
            body = b"\x55" * 4 + body[4:]

    response = daemon.post("/v1/traces", body, content_type, coding)

    assert_error(response, 400, content_type, code_pb2.INVALID_ARGUMENT)


def test_gzip_members_one_after_another_are_one_body(daemon):
    text = b'{"resourceSpans":[]}'
    body = gzip.compress(text[:7]) + gzip.compress(text[7:])

    assert daemon.post("/v1/traces", body, otlp.JSON, "gzip").status == 200


@ENCODINGS
def test_an_unknown_content_encoding_is_refused(daemon, content_type):
    response = daemon.post("/v1/traces", b"x", content_type, "br")

    assert_error(response, 415, content_type)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/octet-stream"])
def test_another_content_type_is_415(daemon, content_type):
    assert daemon.post("/v1/traces", b"", content_type).status == 415


@pytest.mark.parametrize("path", ["/", "/v1/trace", "/v1/traces/", "/v1/tracesx", "/v2/traces"])
def test_another_path_is_404(daemon, path):
    assert_error(daemon.post(path, b"", otlp.JSON), 404, otlp.JSON)


def test_a_signal_without_a_pipeline_is_404(start):
    daemon = start(RECEIVER + """
exporters: {nop: }
service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}
""")

    assert daemon.post("/v1/traces", b"").status == 200
    assert daemon.post("/v1/logs", b"").status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_another_method_is_405_and_names_the_right_one(daemon, method):
    response = daemon.request(method, "/v1/traces", headers={"Content-Type": otlp.JSON})

    assert response.status == 405
    assert response.headers["Allow"] == "POST"


@ENCODINGS
@pytest.mark.parametrize("coding", [None, "gzip", "zstd", "deflate"])
def test_a_body_over_the_limit_is_413(start, content_type, coding):
    daemon = start(TO_FILE.replace(
        "endpoint: 127", "max_request_body_size: 100000\n        endpoint: 127"
    ))
    body = b"\x0a\x00" * 50_001 if content_type == otlp.PROTOBUF else b" " * 100_001

    response = daemon.post("/v1/traces", otlp.compress(body, coding), content_type, coding)

    assert_error(response, 413, content_type)
    small = b"\x0a\x00" * 49_999 if content_type == otlp.PROTOBUF else b" " * 99_990 + b"{}"
    packed = otlp.compress(small, coding)
    assert daemon.post("/v1/traces", packed, content_type, coding).status == 200


def test_a_bomb_of_many_gigabytes_is_413_and_costs_little(daemon):
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(2048)) + packer.flush()

    assert_error(daemon.post("/v1/traces", bomb, coding="gzip"), 413, otlp.PROTOBUF)
    peak = next(
        int(line.split()[1])
        for line in open(f"/proc/{daemon.process.pid}/status") if line.startswith("VmHWM")
    )
    assert peak < 150_000, "kB"


def test_one_connection_serves_many_requests_good_and_bad(daemon):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    statuses = []
    for body in (b"{}", b"{", b"{}", b"nonsense", b"{}") * 20:
        connection.request("POST", "/v1/logs", body, {"Content-Type": otlp.JSON})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)

    assert statuses == [200, 400, 200, 400, 200] * 20
    connection.close()


def test_chunked_bodies_are_read(daemon):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    connection.request(
        "POST", "/v1/logs", iter([b'{"resource', b'Logs":', b"[]}"]),
        {"Content-Type": otlp.JSON}, encode_chunked=True,
    )

    assert connection.getresponse().status == 200
    connection.close()


def test_a_browser_of_an_allowed_origin_may_send(start):
    config = TO_FILE.replace(
        "endpoint: 127",
        'cors: {allowed_origins: ["http://localhost:*"], allowed_headers: ["*"]}\n'
        "        endpoint: 127",
    )
    daemon = start(config)
    asking = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-other",
    }

    preflight = daemon.request("OPTIONS", "/v1/traces", headers=asking)
    request = daemon.request(
        "POST", "/v1/traces", b"{}",
        {"Content-Type": otlp.JSON, "Origin": "http://localhost:3000"},
    )
    foreign = daemon.request("OPTIONS", "/v1/traces", headers=asking | {"Origin": "http://evil"})

    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert request.status == 200
    assert request.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert foreign.headers["Access-Control-Allow-Origin"] is None


def test_grpc_is_refused_with_a_clear_message(start):
    daemon = start(
        "receivers: {otlp: {protocols: {grpc: }}}\nexporters: {nop: }\nprocessors: {batch: }\n"
        + pipelines("nop"),
        ready=False,
    )

    assert daemon.wait() != 0
    assert "grpc" in daemon.log and "config.yaml:1" in daemon.log
