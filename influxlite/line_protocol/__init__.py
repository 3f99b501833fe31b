"""Line protocol: the reference parser, and a fast path for uniform batches that agrees with it.

parse(body, precision)   what storage takes: columns for plain batches, points for everything else
"""

from influxlite.line_protocol import reference
from influxlite.line_protocol.columns import parse_columns
from influxlite.line_protocol.errors import LineProtocolError
from influxlite.line_protocol.points import Batch, Block, Columns, Field, Point
from influxlite.line_protocol.reference import PRECISIONS

__all__ = ["PRECISIONS", "Batch", "Block", "Columns", "Field", "LineProtocolError", "Point", "parse"]


def parse(body: bytes, precision: str = "ns", *, now_ns: int | None = None) -> Batch:
    """The points of a body; `precision` is one of `PRECISIONS`. LineProtocolError names each line that is wrong."""
    return parse_columns(body, precision) or reference.parse(body, precision, now_ns=now_ns)
