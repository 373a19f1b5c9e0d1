"""TLS at both ends: who is trusted, and who is not."""

import http.client
import ssl
import subprocess
import time

import otlp
import pytest
import sdk
from configurations import TO_FILE, forwarding
from test_faults import numbered

RETRY = "retry_on_failure: {initial_interval: 50ms, max_interval: 100ms}"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with an authority, a server certificate of it for 127.0.0.1, and a client's."""
    folder = tmp_path_factory.mktemp("certificates")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
    for name, subject in (
        ("server", "IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.example"), ("client", "DNS:me")
    ):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}", "-addext", f"subjectAltName={subject}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-CA", "ca.pem",
                "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy")
    return folder


@pytest.fixture
def secure_sink(certificates, make_sink):
    def make(name="server", asks_for_client=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
        if asks_for_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificates / "ca.pem")
        return make_sink(tls=context)

    return make


def assert_refused(daemon, sink):
    sdk.send(otlp.TRACES, f"http://127.0.0.1:{daemon.port}")
    deadline = time.monotonic() + 10
    while "certificate" not in daemon.log:
        assert time.monotonic() < deadline, daemon.log
        time.sleep(0.02)
    assert not sink.requests


def test_a_server_of_a_trusted_authority_gets_everything(start, secure_sink, certificates):
    sink = secure_sink()
    daemon = start(forwarding(sink.endpoint, f"tls: {{ca_file: {certificates}/ca.pem}}"))

    sent = sdk.send(otlp.TRACES, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), sent)


def test_a_server_of_an_unknown_authority_gets_nothing(start, secure_sink):
    sink = secure_sink()

    assert_refused(start(forwarding(sink.endpoint, RETRY)), sink)


def test_a_server_with_another_name_gets_nothing(start, secure_sink, certificates):
    sink = secure_sink("elsewhere")
    tls = f"tls: {{ca_file: {certificates}/ca.pem}}\n    {RETRY}"

    assert_refused(start(forwarding(sink.endpoint, tls)), sink)


@pytest.mark.parametrize("tls", [
    "insecure_skip_verify: true",
    "ca_file: @/ca.pem, server_name_override: elsewhere.example",
])
def test_a_name_can_be_overridden_on_purpose(start, secure_sink, certificates, tls):
    sink = secure_sink("elsewhere")
    tls = tls.replace("@", str(certificates))
    daemon = start(forwarding(sink.endpoint, f"tls: {{{tls}}}"))

    sent = sdk.send(otlp.TRACES, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), sent)


def test_a_server_that_asks_is_shown_a_certificate(start, secure_sink, certificates):
    sink = secure_sink(asks_for_client=True)
    tls = "tls: {ca_file: @/ca.pem, cert_file: @/client.pem, key_file: @/client.key}"
    daemon = start(forwarding(sink.endpoint, tls.replace("@", str(certificates))))

    sent = sdk.send(otlp.TRACES, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    otlp.assert_same(sink.messages(otlp.TRACES), sent)


@pytest.mark.parametrize("tls", [
    "ca_file: no/such.pem", "cert_file: client.pem", "ca_file: config.yaml",
])
def test_files_that_are_no_certificates_are_an_error_at_start(start, sink, tls):
    daemon = start(forwarding("https://127.0.0.1:1", f"tls: {{{tls}}}"), ready=False)

    assert daemon.wait() != 0
    assert "tls" in daemon.log.lower() or "pem" in daemon.log, daemon.log


def receiving(tls, certificates):
    tls = tls.replace("@", str(certificates))
    return TO_FILE.replace("endpoint: 127", f"tls: {{{tls}}}\n        endpoint: 127")


def post_securely(daemon, context):
    connection = http.client.HTTPSConnection("127.0.0.1", daemon.port, timeout=10, context=context)
    try:
        body = numbered(1).SerializeToString()
        connection.request("POST", "/v1/traces", body, {"Content-Type": otlp.PROTOBUF})
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_receiver_speaks_tls_and_only_that(start, certificates):
    daemon = start(receiving("cert_file: @/server.pem, key_file: @/server.key", certificates))

    assert post_securely(daemon, ssl.create_default_context(cafile=certificates / "ca.pem")) == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        post_securely(daemon, ssl.create_default_context())
    with pytest.raises((OSError, http.client.HTTPException)):
        daemon.post("/v1/traces", b"")
    daemon.stop()

    otlp.assert_same(daemon.file(otlp.TRACES), [numbered(1)])


def test_the_receiver_can_ask_for_certificates(start, certificates):
    daemon = start(receiving(
        "cert_file: @/server.pem, key_file: @/server.key, client_ca_file: @/ca.pem", certificates
    ))

    known = ssl.create_default_context(cafile=certificates / "ca.pem")
    known.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    assert post_securely(daemon, known) == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        post_securely(daemon, ssl.create_default_context(cafile=certificates / "ca.pem"))
    daemon.stop()

    otlp.assert_same(daemon.file(otlp.TRACES), [numbered(1)])
