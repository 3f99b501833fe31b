"""Line protocol: the reference parser, and a fast path for uniform batches that agrees with it.

parse(body, precision)   the body with what storage takes: columns for plain batches, points for everything else
read(body, precision, now_ns)   only that
"""

import time

from influxlite.line_protocol import reference
from influxlite.line_protocol.columns import parse_columns
from influxlite.line_protocol.errors import LineProtocolError
from influxlite.line_protocol.points import Block, Columns, Field, Lines, Point
from influxlite.line_protocol.reference import PRECISIONS

__all__ = ["PRECISIONS", "Block", "Columns", "Field", "LineProtocolError", "Lines", "Point", "parse", "read"]


def parse(body: bytes, precision: str = "ns", *, now_ns: int | None = None) -> Lines:
    """The lines of a body; `precision` is one of `PRECISIONS`. LineProtocolError names each line that is wrong.

    A line without time gets `now_ns` (default: the clock), cut to the precision.
    """
    now = time.time_ns() if now_ns is None else now_ns
    return Lines(body, precision, now, read(body, precision, now))


def read(body: bytes, precision: str, now_ns: int) -> Columns | list[Point]:
    """What a body says: columns where its lines are plain, else its points; LineProtocolError as `parse`."""
    return parse_columns(body, precision) or reference.parse(body, precision, now_ns=now_ns)
