"""Configurations that several tests share. @PORT@ is replaced when a daemon is started."""


def pipelines(exporters, processors="batch"):
    line = f"{{receivers: [otlp], processors: [{processors}], exporters: [{exporters}]}}"
    return f"""
service:
  pipelines:
    traces: {line}
    metrics: {line}
    logs: {line}
"""


RECEIVER = """
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:@PORT@
"""

BATCH = """
processors:
  batch: {timeout: 50ms}
"""

TO_FILE = RECEIVER + BATCH + """
exporters:
  file: {path: out.jsonl, flush_interval: 50ms}
""" + pipelines("file")


def forwarding(endpoint, more="compression: none"):
    """To one OTLP/HTTP endpoint; `more` holds further lines or keys of the exporter."""
    return RECEIVER + BATCH + f"""
exporters:
  otlp_http:
    endpoint: {endpoint}
    {more}
""" + pipelines("otlp_http")
