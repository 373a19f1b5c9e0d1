"""Processors that change records, against a model of them on the official protobuf messages: what
they are to change has changed, and nothing else, whatever else a record holds.
"""

import hashlib
import random

import generated
import otlp
import pytest
from configurations import RECEIVER

REQUESTS = 150

PROCESSORS = {
    "attributes": """
    actions:
      - {key: env, value: prod, action: insert}
      - {key: n, value: 5, action: update}
      - {key: text, value: [a, 1], action: upsert}
      - {key: secret, action: hash}
      - {key: flag, action: delete}
      - {key: copy, from_attribute: map, action: insert}
      - {pattern: "^ra", action: delete}
""",
    "resource": """
    attributes:
      - {key: env, value: staging, action: upsert}
      - {key: raw, action: delete}
""",
    "filter": """
    error_mode: ignore
    traces: {span: ['attributes["http.route"] == "/health"']}
    logs: {log_record: ['attributes["http.route"] == "/health"']}
    metrics: {datapoint: ['attributes["http.route"] == "/health"']}
""",
    "transform": """
    trace_statements: [{context: span, statements: &statements [
      'set(attributes["env"], "prod") where attributes["env"] == nil',
      'set(attributes["n"], 5) where attributes["n"] != nil',
      'set(attributes["copy"], attributes["map"])',
      'set(attributes["text"], Concat(["a", "b"], "-"))',
      'delete_key(attributes, "flag")',
      'delete_matching_keys(attributes, "^ra")',
      'set(resource.attributes["env"], "staging")',
      'delete_key(resource.attributes, "raw")',
    ]}]
    log_statements: [{context: log, statements: *statements}]
    metric_statements: [{context: datapoint, statements: *statements}]
""",
}


def configuration(signal, processors, endpoint):
    defined = "".join(f"  {name}:{PROCESSORS[name]}" for name in processors)
    return RECEIVER + f"""
processors:
{defined}
  batch: {{timeout: 50ms}}
exporters:
  otlp_http: {{endpoint: "{endpoint}", compression: none}}
service:
  pipelines:
    {signal.name}:
      receivers: [otlp]
      processors: [{", ".join(processors)}, batch]
      exporters: [otlp_http]
"""


class Attributes:
    """Actions on a repeated field of pairs with different keys, as otelcol understands them."""

    def __init__(self, pairs):
        self.pairs = pairs

    def get(self, key):
        return next((pair.value for pair in self.pairs if pair.key == key), None)

    def delete(self, key):
        for index, pair in enumerate(self.pairs):
            if pair.key == key:
                del self.pairs[index]
                return

    def put(self, key, text=None, number=None, like=None):
        value = self.get(key)
        if value is None:
            value = self.pairs.add(key=key).value
        value.Clear()
        if text is not None:
            value.string_value = text
        elif number is not None:
            value.int_value = number
        else:
            value.CopyFrom(like)


def change_record(pairs):
    attributes = Attributes(pairs)
    if attributes.get("env") is None:
        attributes.put("env", text="prod")
    if attributes.get("n") is not None:
        attributes.put("n", number=5)
    listed = type(pairs.add())().value  # An AnyValue, by way of a pair that goes again.
    del pairs[-1]
    listed.array_value.values.add(string_value="a")
    listed.array_value.values.add(int_value=1)
    attributes.put("text", like=listed)
    secret = attributes.get("secret")
    if secret is not None:
        attributes.put("secret", text=hashlib.sha256(secret.string_value.encode()).hexdigest())
    attributes.delete("flag")
    source = attributes.get("map")
    if source is not None and attributes.get("copy") is None:
        attributes.put("copy", like=source)
    attributes.delete("ratio")
    attributes.delete("raw")


def transform_record(pairs):
    """A value of no kind is nil in OTTL, and setting nil does nothing."""
    attributes = Attributes(pairs)

    def is_nil(key):
        value = attributes.get(key)
        return value is None or value.WhichOneof("value") is None

    if is_nil("env"):
        attributes.put("env", text="prod")
    if not is_nil("n"):
        attributes.put("n", number=5)
    if not is_nil("map"):
        attributes.put("copy", like=attributes.get("map"))
    attributes.put("text", text="a-b")
    for key in ("flag", "ratio", "raw"):
        attributes.delete(key)


def change_resource(group):
    attributes = Attributes(group.resource.attributes)
    attributes.put("env", text="staging")
    attributes.delete("raw")


def is_health(pairs):
    value = Attributes(pairs).get("http.route")
    return value is not None and value.string_value == "/health"


def drop_health(signal, message):
    for group in getattr(message, signal.resources):
        for scope in getattr(group, signal.scopes):
            records = getattr(scope, signal.records)
            for index in reversed(range(len(records))):
                if signal is not otlp.METRICS:
                    if is_health(records[index].attributes):
                        del records[index]
                    continue
                points = getattr(records[index], records[index].WhichOneof("data")).data_points
                for position in reversed(range(len(points))):
                    if is_health(points[position].attributes):
                        del points[position]
                if not points:
                    del records[index]


@pytest.mark.parametrize("signal", otlp.SIGNALS, ids=lambda signal: signal.name)
@pytest.mark.parametrize("processors", [
    ["attributes"], ["resource"], ["filter"], ["transform"],
    ["filter", "attributes", "resource"],
], ids=",".join)
def test_what_is_to_change_has_changed_and_nothing_else(start, sink, signal, processors):
    r = random.Random(f"{signal.name} {processors}")
    daemon = start(configuration(signal, processors, sink.endpoint))
    expected = []
    for _ in range(REQUESTS):
        message = generated.request(r, signal)
        daemon.send(message)
        if "filter" in processors:
            drop_health(signal, message)
        if "attributes" in processors:
            for _, holder, _ in generated.each_record(signal, message):
                change_record(holder.attributes)
        if "transform" in processors:
            for _, holder, _ in generated.each_record(signal, message):
                transform_record(holder.attributes)
        if "resource" in processors or "transform" in processors:
            for group in getattr(message, signal.resources):
                change_resource(group)
        expected.append(generated.sorted_attributes(message))
    daemon.stop()

    arrived = [generated.sorted_attributes(m) for m in sink.messages(signal)]
    otlp.assert_same(arrived, expected)
