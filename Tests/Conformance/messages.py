"""Random OTLP messages, and their encodings in all the forms that the formats allow."""

import base64
import json
import math
import struct

from google.protobuf.descriptor import FieldDescriptor as Field
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = [ExportTraceServiceRequest, ExportMetricsServiceRequest, ExportLogsServiceRequest]

# Fields that OTLP/JSON does not have outside profiles.
PROFILES_ONLY = {"string_value_strindex", "key_strindex"}
ID_SIZES = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
FIXED = {Field.TYPE_FIXED64: "<Q", Field.TYPE_SFIXED64: "<q", Field.TYPE_FIXED32: "<I",
         Field.TYPE_SFIXED32: "<i", Field.TYPE_DOUBLE: "<d", Field.TYPE_FLOAT: "<f"}
RANGES = {Field.TYPE_INT32: (-2**31, 2**31 - 1), Field.TYPE_SINT32: (-2**31, 2**31 - 1),
          Field.TYPE_UINT32: (0, 2**32 - 1), Field.TYPE_FIXED32: (0, 2**32 - 1),
          Field.TYPE_INT64: (-2**63, 2**63 - 1), Field.TYPE_SINT64: (-2**63, 2**63 - 1),
          Field.TYPE_SFIXED64: (-2**63, 2**63 - 1), Field.TYPE_UINT64: (0, 2**64 - 1),
          Field.TYPE_FIXED64: (0, 2**64 - 1), Field.TYPE_ENUM: (-2**31, 2**31 - 1)}
DOUBLES = [0.0, -0.0, 1.0, -1.5, 0.1, 1e300, -1e-300, 5e-324, 1.7976931348623157e308, 1e21, 1e-7,
           2.0**53 + 2, 123456789.125, math.nan, math.inf, -math.inf]
PIECES = ["", "a", "service.name", "é", "€uro", "😀", "\u2028", '"', "\\", "/", "\n\t\r\b\f", "\0",
          "\x1f\x7f", "<html&>", "x" * 70, "long " * 40, "\ufeff", "\U0010ffff"]


def is_repeated(field):
    return field.is_repeated


class Generator:
    """Fills messages. With `exotic`, also with what JSON cannot say."""

    def __init__(self, random, exotic):
        self.random, self.exotic = random, exotic

    def request(self, kind):
        message = kind()
        self.fill(message, depth=0)
        return message

    def fill(self, message, depth):
        random = self.random
        oneofs = {}
        for field in message.DESCRIPTOR.fields:
            if field.name in PROFILES_ONLY and not self.exotic:
                continue
            oneof = field.containing_oneof
            if oneof and len(oneof.fields) > 1:
                oneofs.setdefault(oneof.name, []).append(field)
            elif random.random() < (0.95 if depth < 3 else 0.6 if depth < 5 else 0.45):
                self.set(message, field, depth)
        for members in oneofs.values():
            if random.random() < 0.9:
                self.set(message, random.choice(members), depth)
        if self.exotic and random.random() < 0.03:
            message.MergeFromString(self.unknown_field())

    def set(self, message, field, depth):
        if field.type == Field.TYPE_MESSAGE:
            # What lies deep branches little, or messages would grow without end.
            if depth > 8 and self.random.random() < 0.25 * (depth - 8):
                return
            if is_repeated(field):
                # The outer lists are seldom empty, so that there is something in most requests.
                choices = [1, 1, 1, 1, 1, 2, 2, 3, 0] if depth < 3 else [0, 1, 1, 2]
                for _ in range(self.random.choice(choices)):
                    self.fill(getattr(message, field.name).add(), depth + 1)
            else:
                child = getattr(message, field.name)
                child.SetInParent()
                self.fill(child, depth + 1)
        elif is_repeated(field):
            values = [self.value(field) for _ in range(self.random.choice([0, 1, 2, 3, 20]))]
            getattr(message, field.name).extend(values)
        else:
            setattr(message, field.name, self.value(field))

    def value(self, field):
        random = self.random
        if field.type == Field.TYPE_STRING:
            return self.text()
        if field.type == Field.TYPE_BYTES:
            size = ID_SIZES.get(field.name)
            return random.randbytes(random.randint(0, 40) if size is None
                                    else random.choice([0, size, size]))
        if field.type == Field.TYPE_BOOL:
            return random.random() < 0.5
        if field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
            return self.double()
        if field.type == Field.TYPE_ENUM and random.random() < 0.8:
            return random.choice(field.enum_type.values).number
        low, high = RANGES[field.type]
        size = random.choice([0, 1, 7, 8, 31, 32, 53, 63, 64])
        return max(low, min(high, random.choice([low, high, random.getrandbits(size),
                                                 -random.getrandbits(size)])))

    def text(self):
        random = self.random
        if random.random() < 0.7:
            return "".join(random.choices("abcdefghij.KLM_ -0123", k=random.randint(0, 24)))
        return "".join(random.choices(PIECES, k=random.randint(0, 4)))

    def double(self):
        random = self.random
        choice = random.random()
        if choice < 0.3:
            return random.choice(DOUBLES)
        if choice < 0.6:
            return round(random.uniform(-1000, 1000), random.randint(0, 6))
        value = struct.unpack("<d", random.randbytes(8))[0]
        return value if not math.isnan(value) else math.nan

    def unknown_field(self):
        random = self.random
        number = random.choice([17, 30, 33, 99, 1001, 5000, 536870911])
        wire_type = random.choice([0, 1, 2, 3, 5])
        tag = varint(number << 3 | wire_type)
        if wire_type == 0:
            return tag + varint(random.getrandbits(64))
        if wire_type == 2:
            content = random.randbytes(random.randint(0, 20))
            return tag + varint(len(content)) + content
        if wire_type == 3:
            return tag + self.unknown_field() + varint(number << 3 | 4)
        return tag + random.randbytes(8 if wire_type == 1 else 4)


# Protobuf


def varint(value, size=1):
    """At least `size` bytes; longer than necessary is legal."""
    value &= 2**64 - 1
    result = bytearray()
    while value >= 0x80 or len(result) + 1 < size:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


class WireWriter:
    """Encodes messages in forms that are legal and that nobody else writes: fields in any order,
    numbers packed, in chunks or single, sizes and tags padded, scalars said twice, messages in
    pieces."""

    def __init__(self, random):
        self.random = random

    def encode(self, message):
        random = self.random
        fields = []
        for field, value in message.ListFields():
            fields.append(self.field(field, value, message))
        # Repeated fields keep the order of their elements, since each is one piece here.
        random.shuffle(fields)
        encoded = b"".join(fields)
        return encoded + self.unknown(message)

    def unknown(self, message):
        """The unknown fields of the message itself: what is left when all known are cleared."""
        rest = type(message)()
        rest.CopyFrom(message)
        for field, _ in message.ListFields():
            rest.ClearField(field.name)
        return rest.SerializeToString()

    def tag(self, field, wire_type):
        padding = 2 if self.random.random() < 0.005 else 0
        return varint(field.number << 3 | wire_type, padding)

    def size(self, content):
        return varint(len(content), self.random.choice([3, 5]) if self.random.random() < 0.02 else 1)

    def delimited(self, field, content):
        return self.tag(field, 2) + self.size(content) + content

    def field(self, field, value, message):
        random = self.random
        if not is_repeated(field):
            encoded = self.single(field, value)
            if random.random() < 0.03 and field.type != Field.TYPE_MESSAGE:
                # Of a scalar said twice the last one counts.
                return self.single(field, getattr(type(message)(), field.name)) + encoded
            return encoded
        if field.type in (Field.TYPE_MESSAGE, Field.TYPE_STRING, Field.TYPE_BYTES):
            return b"".join(self.single(field, element) for element in value)
        return self.numbers(field, list(value))

    def numbers(self, field, values):
        choice = self.random.random()
        if choice < 0.6:
            return self.delimited(field, b"".join(self.scalar(field, v) for v in values))
        if choice < 0.8:
            wire_type = 0 if field.type not in FIXED else 1
            return b"".join(self.tag(field, wire_type) + self.scalar(field, v) for v in values)
        cut = self.random.randint(0, len(values))
        return self.numbers(field, values[:cut]) + self.numbers(field, values[cut:])

    def single(self, field, value):
        if field.type == Field.TYPE_MESSAGE:
            content = self.encode(value)
            if not is_repeated(field) and self.random.random() < 0.03:
                # A message in two pieces is the union of both.
                return self.delimited(field, b"") + self.delimited(field, content)
            return self.delimited(field, content)
        if field.type == Field.TYPE_STRING:
            return self.delimited(field, value.encode())
        if field.type == Field.TYPE_BYTES:
            return self.delimited(field, value)
        wire_type = {4: 5, 8: 1}[struct.calcsize(FIXED[field.type])] if field.type in FIXED else 0
        return self.tag(field, wire_type) + self.scalar(field, value)

    def scalar(self, field, value):
        if field.type in FIXED:
            return struct.pack(FIXED[field.type], value)
        if field.type in (Field.TYPE_SINT32, Field.TYPE_SINT64):
            return varint(value << 1 if value >= 0 else (-value << 1) - 1)
        return varint(int(value), self.random.choice([1] * 20 + [10 if value < 0 else 4]))


# JSON


class JSONWriter:
    """Writes messages as OTLP/JSON in all the ways that a receiver has to understand."""

    def __init__(self, random):
        self.random = random
        self.is_loose = random.random() < 0.5
        self.has_snake_case = random.random() < 0.2

    def space(self):
        if self.is_loose and self.random.random() < 0.1:
            return self.random.choice([" ", "\n", "\r\n", "\t", "   \n "])
        return ""

    def request(self, message):
        return (self.space() + self.object(message) + self.space()).encode()

    def object(self, message):
        random = self.random
        members = []
        for field, value in message.ListFields():
            name = field.name if self.has_snake_case else field.json_name
            if is_repeated(field):
                text = self.array(self.value(field, element) for element in value)
            else:
                text = self.value(field, value)
            if random.random() < 0.01 and not is_repeated(field) and not field.containing_oneof:
                members.append((name, "null"))
            members.append((name, text))
        if self.is_loose:
            if random.random() < 0.3:
                # Members before a doubled one have to stay before it.
                members.reverse() if not any(text == "null" for _, text in members) else None
            if random.random() < 0.05:
                unknown = random.choice(["1", "null", '{"a":[1,{"b":"\\n"}]}', '"x"', "[]", "-1.5e3"])
                members.insert(random.randint(0, len(members)), ("unknown", unknown))
        texts = [f"{self.space()}{self.string(name, is_key=True)}{self.space()}:{self.space()}"
                 f"{text}{self.space()}" for name, text in members]
        return "{" + ",".join(texts) + "}"

    def array(self, texts):
        return "[" + ",".join(f"{self.space()}{text}{self.space()}" for text in texts) + "]"

    def value(self, field, value):
        if field.type == Field.TYPE_MESSAGE:
            return self.object(value)
        if field.type == Field.TYPE_STRING:
            return self.string(value)
        if field.type == Field.TYPE_BYTES:
            return self.binary(field, value)
        if field.type == Field.TYPE_BOOL:
            return "true" if value else "false"
        if field.type == Field.TYPE_DOUBLE:
            return self.double(value)
        if field.type == Field.TYPE_ENUM:
            names = field.enum_type.values_by_number
            if value in names and self.random.random() < 0.2:
                return self.string(names[value].name)
            return str(value)
        return self.integer(value)

    def integer(self, value):
        choice = self.random.random()
        text = str(value)
        if choice < 0.05:
            text = f"{value}.0"
        elif choice < 0.1:
            digits = text.rstrip("0")
            if value and digits != text:
                text = f"{digits}e{len(text) - len(digits)}"
        return f'"{text}"' if self.random.random() < 0.6 else text

    def double(self, value):
        if math.isnan(value):
            return '"NaN"'
        if math.isinf(value):
            return '"Infinity"' if value > 0 else '"-Infinity"'
        text = self.random.choice([repr(value), f"{value:.17e}", f"{value:.25g}", json.dumps(value)])
        return f'"{text}"' if self.random.random() < 0.1 else text

    def binary(self, field, value):
        if field.name in ID_SIZES:
            text = value.hex()
            return f'"{text.upper() if self.random.random() < 0.2 else text}"'
        encode = self.random.choice([base64.b64encode, base64.urlsafe_b64encode])
        text = encode(value).decode()
        return f'"{text.rstrip("=") if self.random.random() < 0.3 else text}"'

    def string(self, value, is_key=False):
        if self.random.random() < (0.002 if is_key else 0.05):
            units = value.encode("utf-16-be")
            return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}"
                                 for i in range(0, len(units), 2)) + '"'
        return json.dumps(value, ensure_ascii=self.random.random() < 0.3)


def read_json(text, message):
    """Reads JSON as our encoder writes it: strictly, so that every deviation is seen."""
    values = json.loads(text, object_pairs_hook=_unique, parse_int=_integer)
    _read_object(values, message)
    return message


def _integer(text):
    return -0.0 if text == "-0" else int(text)


def _unique(pairs):
    result = dict(pairs)
    assert len(result) == len(pairs), "a key stands twice"
    return result


def _read_object(values, message):
    names = {field.json_name: field for field in message.DESCRIPTOR.fields}
    for key, value in values.items():
        field = names[key]
        if is_repeated(field):
            assert value != [], f"{key} is empty"
            for element in value:
                if field.type == Field.TYPE_MESSAGE:
                    _read_object(element, getattr(message, field.name).add())
                else:
                    getattr(message, field.name).append(_read_scalar(field, element))
        elif field.type == Field.TYPE_MESSAGE:
            child = getattr(message, field.name)
            child.SetInParent()
            _read_object(value, child)
        else:
            setattr(message, field.name, _read_scalar(field, value))


def _read_scalar(field, value):
    if field.type == Field.TYPE_BYTES:
        if field.name not in ID_SIZES:
            return base64.b64decode(value, validate=True)
        assert value == value.lower(), "an id is not in lower case"
        return bytes.fromhex(value)
    if field.type in (Field.TYPE_INT64, Field.TYPE_UINT64, Field.TYPE_FIXED64, Field.TYPE_SFIXED64):
        assert isinstance(value, str), "a 64-bit integer is not a string"
        return int(value)
    if field.type == Field.TYPE_DOUBLE and isinstance(value, str):
        return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[value]
    return value
