"""The parsers that face a network, each as a function of bytes that fails when a promise of the parser is broken.

A parser takes what it takes and refuses the rest by the errors that it names: anything else that is raised, and any two
readings of the same bytes that differ, is a defect. Each function gives what came of the bytes, in a few words: the
fuzzer keeps bytes from which something new came.
"""

import atexit
import contextlib
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from influxlite import flux, line_protocol
from influxlite.flux import csv as flux_csv
from influxlite.flux import csv_decode
from influxlite.flux.errors import FluxError
from influxlite.flux.limits import Limits
from influxlite.line_protocol import LineProtocolError, reference
from influxlite.line_protocol.columns import parse_columns
from influxlite.storage import Storage
from influxlite.storage.setup import set_up
from ingest import images, plain
from ingest.add_patient import BadInput
from ingest.add_patient import parse as parse_tutorial
from ingest.clock import EARLIEST_MS, LATEST_MS, format_ms
from ingest.errors import Problem
from ingest.incoming import Incoming
from ingest.line_protocol import reading_line
from ingest.reading import examine_object, parse_array, parse_lines, parse_object, read_json
from query import annotated_csv
from query.errors import QueryError
from ward.columns import decode as decode_columns
from ward.errors import Problem as PageProblem

NOW_NS = 1_768_082_400_000_000_000
FEW = Limits(time_s=5.0, rows=200_000, memory_bytes=64 * 2**20, source_bytes=20_000)


def refused(problem: Problem) -> str:
    """A refusal of the API as a word; it has a field and a message for each fault, and can be sent."""
    assert 400 <= problem.status < 500, problem
    json.dumps(problem.document())
    return f"{problem.slug} {sorted(field for field, _ in problem.errors)[:3]}"


def taken(reading: Incoming) -> str:
    """A reading that was taken makes one point of one series, whatever was in its texts: line protocol's own word."""
    # A time that InfluxDB cannot hold is refused later on: it is in the future, or before any that is kept.
    time_ms = max(EARLIEST_MS, min(reading.time_ms or 0, LATEST_MS))
    line = reading_line(reading.room, reading.mrn, reading.fields or "spo2=1.0", time_ms)
    (point,) = reference.parse(line.encode(), "ms", now_ns=NOW_NS)
    assert (point.measurement, dict(point.tags)) == ("cpap", {"mrn": reading.mrn, "room": reading.room})
    if reading.time_ms is not None:
        assert format_ms(reading.time_ms)
    return f"taken {[field.name for field in point.fields]} {reading.name is not None}"


def reading(data: bytes) -> str:
    """One reading as JSON: the quick and the thorough reader agree, and the tutorial's call refuses in its words."""
    with contextlib.suppress(BadInput, Problem):
        parse_tutorial(read_json(data))
    try:
        found = parse_object(data)
    except Problem as problem:
        assert plain.read_object(data) is None
        return refused(problem)
    assert found == examine_object(data)
    return taken(found)


def _items(parse: Callable[[bytes], Any], data: bytes) -> str:
    try:
        items = parse(data)
    except Problem as problem:
        return refused(problem)
    assert 1 <= len(items) <= 10_000
    return " ".join(sorted({taken(one) if isinstance(one, Incoming) else refused(one) for one in items})[:4])


def batch(data: bytes) -> str:
    """A JSON array of readings: each item by itself as it would be alone."""
    array = data.lstrip(b" \t\r\n")[:1] == b"["  # as `ingest.intake` decides
    return _items(parse_array if array else lambda body: [parse_object(body)], data)


def lines(data: bytes) -> str:
    """NDJSON: each line is read as it would be alone."""
    told = _items(parse_lines, data)
    if not told.startswith(("too-", "empty-")):
        alone = [_alone(line) for line in data.split(b"\n") if line.strip()]
        assert [type(one) for one in parse_lines(data)] == [type(one) for one in alone]
    return told


def _alone(line: bytes) -> Any:
    try:
        return parse_object(line)
    except Problem as problem:
        return problem


def line_protocol_(data: bytes) -> str:
    """Line protocol: read in columns or point by point, it is as many points or the same refusal."""
    try:
        points = reference.parse(data, "ns", now_ns=NOW_NS)
    except LineProtocolError as problem:
        assert parse_columns(data, "ns") is None
        return "refused " + re.sub(r"[^a-z ]+", "", str(problem))[:60]
    assert line_protocol.parse(data, "ns", now_ns=NOW_NS).count == len(points)
    return f"taken {min(len(points), 3)} {sorted({field.kind for point in points for field in point.fields})}"


def flux_(data: bytes) -> str:
    """A script: refused in InfluxDB's words, or run within its limits, and its answer is annotated CSV."""
    try:
        script = data.decode()
    except UnicodeDecodeError:
        return "no text"
    storage, org_id = _storage()
    enough = threading.Event()
    clock = threading.Timer(FEW.time_s, enough.set)
    clock.start()
    try:
        results = flux.query(
            script, storage=storage, org_id=org_id, org_name="fuzz", now_ns=NOW_NS, limits=FEW, cancelled=enough
        )
        told = b"".join(flux_csv.encode(results))
    except FluxError as problem:
        return "refused " + re.sub(r"[^a-z ]+", "", problem.message)[:40]
    finally:
        clock.cancel()
    return f"answered {min(told.count(b'#datatype'), 3)}"


@cache
def _storage() -> tuple[Storage, str]:
    """A store with some points, for this process."""
    folder = Path(tempfile.mkdtemp(prefix="bedside-fuzz-"))
    storage = Storage.open(folder, memory_limit_mb=256, threads=1)
    org, bucket = set_up(storage, org="fuzz", bucket="telemetry", token="fuzz-token")
    points = "\n".join(
        f"cpap,room={n % 3},mrn=p{n % 3} spo2={90 + n % 9},apnea_count={n % 2}i {NOW_NS - n * 60_000_000_000}"
        for n in range(90)
    )
    storage.write(bucket, line_protocol.parse(points.encode(), "ns"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(storage.close)
    return storage, org.id


def annotated_csv_(data: bytes) -> str:
    """Annotated CSV as the client, the page and `csv.from` read it: tables, or a refusal of their own."""
    told = []
    try:
        told.append(f"client {len(annotated_csv.decode(data)) > 0}")
    except (annotated_csv.BrokenOff, QueryError) as problem:
        told.append(type(problem).__name__)
    try:
        told.append(f"page {len(decode_columns(data, 1000)) > 0}")
    except PageProblem as problem:
        told.append(problem.slug)
    for raw in (False, True):
        try:
            csv_decode.decode(data.decode("utf-8", "replace"), raw=raw)
            told.append("taken")
        except FluxError as problem:
            told.append(re.sub(r"[^a-z ]+", "", problem.message)[:40])
    return " ".join(told)


def image(data: bytes) -> str:
    """An image's base64: bytes that begin as a PNG or a JPEG does, or a refusal; the tutorial's call takes any text."""
    text = data.decode("latin-1")
    lenient = images.decode_leniently(text)
    assert images.media_type(lenient) in ("image/png", "image/jpeg", "application/octet-stream")
    try:
        content = images.decode(text)
    except ValueError:
        return f"refused {images.media_type(lenient)}"
    assert content == lenient
    return f"taken {images.media_type(content)}"


PARSERS: dict[str, Callable[[bytes], str]] = {
    "reading": reading,
    "batch": batch,
    "lines": lines,
    "line_protocol": line_protocol_,
    "flux": flux_,
    "annotated_csv": annotated_csv_,
    "image": image,
}
WORDS: dict[str, tuple[bytes, ...]] = {
    "reading": (b'"room"', b'"mrn"', b'"time"', b'"name"', b'"spo2"', b'"sent_at"', b"null", b"true", b"1e308", b"NaN",
                b"-0", b"0.1", b"\\u0000", b"\\ud800", b"[", b"{", b'"2026-02-30T25:61:61Z"', b"99999999999999999999"),
    "batch": (b"[", b"]", b",", b"{}", b'{"room":1,"mrn":2,"spo2":3}', b"null", b"1", b'"', b"\\"),
    "lines": (b"\n", b"\r\n", b"\n\n", b'{"room":1,"mrn":2,"spo2":3}', b"{", b"}", b"\x00", b"\xff"),
    "line_protocol": (b",", b" ", b"=", b"\\", b'"', b"\n", b"i", b"u", b"1e400", b"-9223372036854775808", b"#", b"t",
                      b"NaN", b"time=1", b"\\ ", b"\\,", b"\r"),
    "flux": (b"|>", b"(", b")", b"{", b"}", b'"', b"${", b"from(bucket: \"telemetry\")", b"range(start: -1h)", b"=>",
             b"import \"array\"\n", b"r._value", b"1ns", b"2026-01-01T00:00:00Z", b"/a/", b"if", b"then", b"else", b"[",
             b"]", b".", b"==", b"and", b"not", b"exists", b"9223372036854775808", b"@a(", b"option", b"builtin", b"<-",
             b"|> group()", b"|> aggregateWindow(every: 1ns, fn: mean)", b"|> window(every: 0s)", b"testcase x {"),
    "annotated_csv": (b"#datatype", b"#group", b"#default", b",", b"\r\n", b"\n", b'"', b"long", b"double", b"string",
                      b"dateTime:RFC3339", b"error,reference", b"base64Binary", b"true", b"\xef\xbb\xbf", b"\x00"),
    "image": (b"iVBORw0KGgo", b"/9j/", b"=", b"==", b"\n", b" ", b"-", b"_", b"\xff"),
}  # fmt: skip
"""What the grammar of each is made of: the fuzzer strews these about."""
