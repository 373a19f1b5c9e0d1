#!/usr/bin/env python3
"""Compares our OTLP module with the official protobuf implementation.

    conformance.py [--tool PATH] [--messages N] [--mutations N] [--seed N]

For each signal, random requests with all fields go through the tool, from protobuf to protobuf (as
they are, and cut up and put together again), from protobuf to JSON, and from JSON to protobuf; what
comes out has to be equal, once both sides are brought to one form. Then requests are damaged, and
each has to be refused, or to be encoded to something that the official parser accepts.

The last line is a summary. A failure says the seed and leaves the request in the folder it names.
"""

import argparse
import multiprocessing
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from messages import REQUESTS, Generator, JSONWriter, WireWriter, read_json  # noqa: E402

SIGNALS = ["traces", "metrics", "logs"]
COPY, DIVIDE, BINARY_TO_JSON, JSON_TO_BINARY, MUTATE_BINARY, MUTATE_JSON = range(6)
# Mutations of one request, and requests of a mutation run, are limited so that all kinds get a turn.
MUTATIONS_OF_A_REQUEST = 500


class Failure(Exception):
    def __init__(self, text, content):
        super().__init__(text)
        self.content = content


class Tool:
    """The process that runs our module."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, operation, signal, content):
        """The answer, or `None` with the reason if it was refused."""
        self.process.stdin.write(struct.pack("<BBI", operation, signal, len(content)) + content)
        self.process.stdin.flush()
        header = self.process.stdout.read(5)
        if len(header) < 5:
            raise Failure(f"the tool ended with status {self.process.wait()}", content)
        verdict, size = struct.unpack("<BI", header)
        answer = self.process.stdout.read(size)
        return (answer, None) if verdict == 0 else (None, answer.decode())

    def accepted(self, operation, signal, content):
        answer, reason = self.ask(operation, signal, content)
        if answer is None:
            raise Failure(f"refused: {reason}", content)
        return answer


# One form


def serialized(message):
    return message.SerializeToString(deterministic=True)


def without_empty(message):
    """The message without members that are empty messages: JSON writes some always. Those of a oneof
    say which member it is, and stay."""
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.is_repeated:
            for element in value:
                without_empty(element)
        else:
            without_empty(value)
            if not field.containing_oneof and value.ByteSize() == 0:
                message.ClearField(field.name)
    return message


def flattened(request):
    """The records by resource and scope, in order. Which records stood in one group is not kept, nor
    which data points in one metric, because batches are put together and cut there."""
    records = {}
    (groups_field,) = request.DESCRIPTOR.fields
    for group in getattr(request, groups_field.name):
        lists = group.DESCRIPTOR.fields_by_number[2].name
        for scope_group in getattr(group, lists):
            record_field = scope_group.DESCRIPTOR.fields_by_number[2].name
            key = (rest(group, lists), rest(scope_group, record_field))
            entries = records.setdefault(key, [])
            for record in getattr(scope_group, record_field):
                entries.extend(points(record) if record_field == "metrics" else [serialized(record)])
    return {key: entries for key, entries in records.items() if entries}


def rest(message, name):
    other = type(message)()
    other.CopyFrom(message)
    other.ClearField(name)
    without_empty(other)
    return serialized(other)


def points(metric):
    kind = metric.WhichOneof("data")
    if kind is None or not getattr(metric, kind).data_points:
        return []
    shell = type(metric)()
    shell.CopyFrom(metric)
    shell_points = getattr(shell, kind)
    shell_points.ClearField("data_points")
    name = serialized(shell)
    return [(name, serialized(point)) for point in getattr(metric, kind).data_points]


# Directions


def check_binary(tool, signal, source):
    kind = REQUESTS[signal]
    message = Generator(source, exotic=True).request(kind)
    content = WireWriter(source).encode(message)
    expected = kind.FromString(content)
    if serialized(expected) != serialized(message):
        raise Failure("our own encoding is wrong", content)
    copy = kind.FromString(tool.accepted(COPY, signal, content))
    if serialized(without_empty(copy)) != serialized(without_empty(message)):
        raise Failure("the copy differs", content)
    divided = kind.FromString(tool.accepted(DIVIDE, signal, content))
    if flattened(divided) != flattened(expected):
        raise Failure("the request differs after it was divided", content)


def check_binary_to_json(tool, signal, source):
    kind = REQUESTS[signal]
    message = Generator(source, exotic=False).request(kind)
    content = WireWriter(source).encode(message)
    text = tool.accepted(BINARY_TO_JSON, signal, content)
    try:
        result = read_json(text, kind())
    except Exception as error:
        raise Failure(f"the JSON is not OTLP: {error!r}", content)
    if serialized(without_empty(result)) != serialized(without_empty(message)):
        raise Failure("the JSON says something else", content)


def check_json_to_binary(tool, signal, source):
    kind = REQUESTS[signal]
    message = Generator(source, exotic=False).request(kind)
    content = JSONWriter(source).request(message)
    result = kind.FromString(tool.accepted(JSON_TO_BINARY, signal, content))
    if serialized(without_empty(result)) != serialized(without_empty(message)):
        raise Failure("the binary says something else", content)


DIRECTIONS = [("binary to binary", check_binary), ("binary to JSON", check_binary_to_json),
              ("JSON to binary", check_json_to_binary)]


def check_mutations(tool, signal, seed, count, encoding):
    """How many of so many damaged requests were accepted."""
    kind = REQUESTS[signal]
    source = random.Random(seed)
    message = Generator(source, exotic=encoding == MUTATE_BINARY).request(kind)
    while message.ByteSize() > 3_000:
        message = Generator(source, exotic=encoding == MUTATE_BINARY).request(kind)
    writer = WireWriter(source).encode if encoding == MUTATE_BINARY else JSONWriter(source).request
    content = struct.pack("<QI", seed, count) + writer(message)
    answer = memoryview(tool.accepted(encoding, signal, content))
    accepted = 0
    while len(answer):
        (size,) = struct.unpack_from("<I", answer)
        encoded = bytes(answer[4:4 + size])
        try:
            kind.FromString(encoded)
        except Exception as error:
            raise Failure(f"accepted, but not by the official parser: {error!r}", encoded)
        accepted += 1
        answer = answer[4 + size:]
    return accepted


# Work


def run(job):
    """One job in a process of its own: a slice of the messages or mutations of one signal."""
    name, tool_path, signal, seeds, count = job
    tool = Tool(tool_path)
    done = accepted = 0
    for seed in seeds:
        try:
            if name.startswith("mutated"):
                encoding = MUTATE_BINARY if name == "mutated binary" else MUTATE_JSON
                accepted += check_mutations(tool, signal, seed, count, encoding)
                done += count
            else:
                dict(DIRECTIONS)[name](tool, signal, random.Random(seed))
                done += 1
        except Failure as failure:
            path = os.path.join(tempfile.gettempdir(), f"conformance-{signal}-{seed}")
            with open(path, "wb") as file:
                file.write(failure.content)
            return name, signal, done, accepted, f"seed {seed}: {failure} (see {path})"
    return name, signal, done, accepted, None


def jobs(arguments):
    start = arguments.seed << 32
    for signal in range(3):
        for name, _ in DIRECTIONS:
            yield name, arguments.tool, signal, range(start, start + arguments.messages), 1
        for name in ("mutated binary", "mutated JSON"):
            requests = max(1, arguments.mutations // 6 // MUTATIONS_OF_A_REQUEST + 1)
            for part in range(4):
                seeds = range(start + part, start + requests, 4)
                yield name, arguments.tool, signal, seeds, MUTATIONS_OF_A_REQUEST


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", default=".build/debug/ConformanceTool")
    parser.add_argument("--messages", type=int, default=10_000, help="per signal and direction")
    parser.add_argument("--mutations", type=int, default=1_000_000, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    begin = time.monotonic()
    totals, failures = {}, []
    with multiprocessing.Pool() as pool:
        for name, signal, done, accepted, failure in pool.imap_unordered(run, jobs(arguments)):
            total = totals.setdefault((name, signal), [0, 0])
            total[0] += done
            total[1] += accepted
            if failure:
                failures.append(f"{SIGNALS[signal]}, {name}: {failure}")
    for (name, signal), (done, accepted) in sorted(totals.items()):
        detail = f", {accepted} accepted" if name.startswith("mutated") else ""
        print(f"{SIGNALS[signal]}, {name}: {done} checked{detail}")
    for failure in failures:
        print(f"FAILED {failure}")
    checked = sum(done for done, _ in totals.values())
    print(f"conformance: {checked} checked, {len(failures)} failed, "
          f"{time.monotonic() - begin:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
