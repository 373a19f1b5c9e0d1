"""`from_context`: what is known of who sent a request becomes an attribute."""

import otlp
import sdk
from configurations import RECEIVER

# The second pipeline has its processors behind one that joins what many have sent.
CONFIGURATION = RECEIVER + """
        include_metadata: true
processors:
  batch: {timeout: 50ms}
  attributes:
    actions:
      - {key: tenant, from_context: metadata.X-Tenant, default_value: nobody, action: insert}
  resource:
    attributes:
      - {key: client.address, from_context: client.address, action: upsert}
      - {key: agent, from_context: user-agent, action: insert}
exporters:
  otlp_http/early: {endpoint: "@EARLY@", compression: none}
  otlp_http/late: {endpoint: "@LATE@", compression: none}
service:
  pipelines:
    traces/early: {receivers: [otlp], processors: [attributes, resource, batch],
      exporters: [otlp_http/early]}
    traces/late: {receivers: [otlp], processors: [batch, attributes, resource],
      exporters: [otlp_http/late]}
"""


def attributes(message):
    return {attribute.key: attribute.value.string_value for attribute in message.attributes}


def seen(messages):
    """(tenant, address, agent) of each span's name."""
    found = {}
    for message in messages:
        for group in message.resource_spans:
            resource = attributes(group.resource)
            for scope in group.scope_spans:
                for span in scope.spans:
                    found[span.name] = (
                        attributes(span).get("tenant"), resource.get("client.address"),
                        resource.get("agent", "").split("/")[0],
                    )
    return found


def test_who_sent_a_request_is_written_where_it_is_known(start, make_sink):
    early, late = make_sink(), make_sink()
    daemon = start(
        CONFIGURATION.replace("@EARLY@", early.endpoint).replace("@LATE@", late.endpoint))

    for tenant in ("acme", "globex"):
        exporter, recorder = sdk.exporter(otlp.TRACES, f"http://127.0.0.1:{daemon.port}", "gzip")
        recorder.headers["X-Tenant"] = tenant
        provider = sdk.TracerProvider(resource=sdk.RESOURCE)
        provider.add_span_processor(sdk.BatchSpanProcessor(exporter))
        provider.get_tracer("shop").start_span(f"of {tenant}").end()
        provider.shutdown()
        assert recorder.messages()
    daemon.stop()

    known = {
        name: (name.removeprefix("of "), "127.0.0.1", "OTel-OTLP-Exporter-Python")
        for name in ("of acme", "of globex")
    }
    assert seen(early.messages(otlp.TRACES)) == known
    nobody = ("nobody", None, "")
    assert seen(late.messages(otlp.TRACES)) == {name: nobody for name in known}


def test_headers_stay_private_unless_they_are_included(start, make_sink):
    early, late = make_sink(), make_sink()
    text = CONFIGURATION.replace("include_metadata: true", "include_metadata: false")
    daemon = start(text.replace("@EARLY@", early.endpoint).replace("@LATE@", late.endpoint))

    sdk.send(otlp.TRACES, f"http://127.0.0.1:{daemon.port}")
    daemon.stop()

    assert set(seen(early.messages(otlp.TRACES)).values()) == {("nobody", "127.0.0.1", "")}
