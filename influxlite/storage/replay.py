"""Records of the log as what they were: entries that are pending."""

import json
from collections.abc import Iterable, Iterator

from influxlite.line_protocol import PRECISIONS, read
from influxlite.line_protocol.points import Columns, Field, Point
from influxlite.storage.log import POINTS, Record
from influxlite.storage.pending import POINT_WEIGHT, Body, Entry

PRECISION_NAMES = tuple(PRECISIONS)


def entries_of(records: Iterable[Record]) -> Iterator[Entry]:
    """The entries of records. All of their points were judged and taken when they were logged."""
    for record in records:
        size = len(record.body)
        if record.kind == POINTS:
            yield Entry(record.number, record.bucket_id, points_of(record.body), size * POINT_WEIGHT)
            continue
        precision = PRECISION_NAMES[record.precision]
        content = read(record.body, precision, record.now_ns)
        if not isinstance(content, Columns):
            content = Body(record.body, precision, record.now_ns)
        yield Entry(record.number, record.bucket_id, content, size)


def points_of(body: bytes) -> list[Point]:
    """Points out of a record's JSON."""
    return [
        Point(measurement, tuple((key, value) for key, value in tags), [Field(*field) for field in fields], time)
        for measurement, tags, fields, time in json.loads(body)
    ]
