"""What stands in the file: formats, compression, rotation, folders, and a full disk."""

import gzip
import struct

import otlp
import pytest
import zstandard
from configurations import BATCH, RECEIVER, pipelines
from test_faults import numbered


def to_file(options):
    return RECEIVER + f"exporters:\n  file: {{{options}}}\n" + pipelines("file", processors="")


def framed(content):
    """The parts of a file in which each is preceded by its size in four bytes, big-endian."""
    parts = []
    while content:
        (size,) = struct.unpack(">I", content[:4])
        assert len(content) >= 4 + size, "the file ends in the middle of a batch"
        parts.append(content[4 : 4 + size])
        content = content[4 + size :]
    return parts


def inflated(content):
    return zstandard.ZstdDecompressor().decompressobj().decompress(content)


READERS = {
    "format: json": lambda content: content.splitlines(),
    "format: proto": framed,
    "format: json, compression: gzip": lambda content: gzip.decompress(content).splitlines(),
    "format: proto, compression: gzip": lambda content: framed(gzip.decompress(content)),
    "format: json, compression: zstd": lambda content: map(inflated, framed(content)),
    "format: proto, compression: zstd": lambda content: map(inflated, framed(content)),
}


@pytest.mark.parametrize("options", READERS)
def test_every_format_holds_what_was_sent(start, options):
    daemon = start(to_file(f"path: out, {options}"))
    messages = [numbered(n) for n in range(20)]

    for message in messages:
        daemon.send(message)
    daemon.stop()

    parts = READERS[options]((daemon.folder / "out").read_bytes())
    kind = otlp.PROTOBUF if "proto" in options else otlp.JSON
    otlp.assert_same([otlp.parse(otlp.TRACES, part, kind) for part in parts], messages)


def test_what_was_answered_stands_in_the_file_even_after_kill_9(start):
    daemon = start(to_file("path: out.jsonl"))
    messages = [numbered(n) for n in range(20)]

    for message in messages:
        daemon.send(message)
    daemon.kill()

    otlp.assert_same(daemon.file(otlp.TRACES), messages)


def test_a_file_is_continued_after_a_restart(start):
    first = start(to_file("path: out.jsonl, append: true"), name="same")
    first.send(numbered(1))
    first.stop()
    second = start(to_file("path: out.jsonl, append: true"), name="same")
    second.send(numbered(2))
    second.stop()

    otlp.assert_same(second.file(otlp.TRACES), [numbered(1), numbered(2)])


def test_files_are_rotated_by_size_and_nothing_is_lost_between_them(start):
    daemon = start(to_file("path: out.jsonl, rotation: {max_megabytes: 1, max_backups: 50}"))
    messages = [numbered(n, spans=500) for n in range(60)]

    for message in messages:
        daemon.send(message)
    daemon.stop()

    files = sorted(path.name for path in daemon.folder.glob("out*.jsonl"))
    assert len(files) >= 3
    assert all((daemon.folder / name).stat().st_size <= 1 << 20 for name in files)
    otlp.assert_same([m for name in files for m in daemon.file(otlp.TRACES, name)], messages)


def test_backups_beyond_the_limit_are_removed(start):
    daemon = start(to_file("path: out.jsonl, rotation: {max_megabytes: 1, max_backups: 2}"))

    for n in range(60):
        daemon.send(numbered(n, spans=500))
    daemon.stop()

    assert len(list(daemon.folder.glob("out*.jsonl"))) == 3


def test_folders_are_made_when_asked_for(start):
    daemon = start(to_file("path: a/b/out.jsonl, create_directory: true"))
    daemon.send(numbered(1))
    daemon.stop()

    otlp.assert_same(daemon.file(otlp.TRACES, "a/b/out.jsonl"), [numbered(1)])


def test_one_file_for_each_value_of_an_attribute(start):
    daemon = start(to_file('path: "by/*/out.jsonl", group_by: {enabled: true, '
                           "resource_attribute: service.name}, create_directory: true"))
    messages = {}
    for name in ("cart", "checkout", "../../escape"):
        messages[name] = numbered(len(messages) + 1)
        resource = messages[name].resource_spans[0].resource
        resource.attributes[0].value.string_value = name
        daemon.send(messages[name])
    daemon.stop()

    for name in ("cart", "checkout"):
        otlp.assert_same(daemon.file(otlp.TRACES, f"by/{name}/out.jsonl"), [messages[name]])
    inside = list((daemon.folder / "by").rglob("out.jsonl"))
    assert len(inside) == 3 and len(list(daemon.folder.parent.rglob("out.jsonl"))) == 3


def test_a_full_disk_is_an_answer_and_an_error_in_the_log(start):
    daemon = start(to_file("path: /dev/full"), ready=False)
    if daemon.process.poll() is None:
        daemon.wait_until_ready()

    response = daemon.post("/v1/traces", numbered(1).SerializeToString())

    assert response.status in (429, 503)
    assert int(response.headers["Retry-After"]) >= 1
    assert "no space is left" in daemon.log and " error " in daemon.log


def test_what_a_batch_holds_waits_until_a_limit_on_the_file_is_gone(start):
    """A file size limit stands in for a full disk, as it can be lifted from outside."""
    import resource
    import time

    daemon = start(
        RECEIVER + BATCH + "exporters:\n  file: {path: out.jsonl}\n" + pipelines("file")
    )
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    messages = [numbered(n, spans=50) for n in range(10)]
    for message in messages:
        daemon.send(message)
        time.sleep(0.06)  # So that each is a batch of its own.
    deadline = time.monotonic() + 10
    while "error" not in daemon.log:
        assert time.monotonic() < deadline, "nothing was said about the failing writes"
        time.sleep(0.02)
    assert otlp.count(daemon.file(otlp.TRACES)) < 500

    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, unlimited)
    while otlp.count(daemon.file(otlp.TRACES)) < 500:
        assert time.monotonic() < deadline + 20, "what waited was not written"
        time.sleep(0.05)
    daemon.stop()

    otlp.assert_same(daemon.file(otlp.TRACES), messages)
