"""The points of stays as of the copy of the identity database.

Points are read after the database was copied, so InfluxDB may have heard of turnovers since that the copy does not
know, and may have lost the old point of a boundary that was corrected since. Restored like that, a stay would end
twice. So for every room that the copy knows its stays say which boundaries there are; what kind of end a stay had
(`left` or `transferred`) only the points know. Points of other rooms, and other fields, are kept as they are.
"""

import sqlite3
from collections.abc import Iterator
from itertools import pairwise

import polars as pl

from bedside.keep.points import EARLIEST_NS, LATEST_NS, Lines, between, lines
from ingest.line_protocol import stay_line
from ingest.stays import ADMITTED, LEFT
from query import Connection, Tables

MEASUREMENT = "stay"
WITHOUT = f'|> filter(fn: (r) => r._measurement != "{MEASUREMENT}")'
ONLY = f'|> filter(fn: (r) => r._measurement == "{MEASUREMENT}")'
STAYS_AT_ONCE = 20_000
MS = 10**6
_BOUNDARIES = f"""
    SELECT room, mrn, from_ms AS at, '{ADMITTED}' AS event FROM stays WHERE from_ms >= ? AND from_ms < ?
    UNION ALL SELECT room, mrn, to_ms, '{LEFT}' FROM stays WHERE to_ms >= ? AND to_ms < ?"""  # noqa: S608 - our words
_CUTS = f"""
    SELECT at FROM (SELECT at, row_number() OVER (ORDER BY at) AS place FROM
    (SELECT from_ms AS at FROM stays UNION ALL SELECT to_ms FROM stays WHERE to_ms IS NOT NULL))
    WHERE place % {STAYS_AT_ONCE} = 0 ORDER BY at"""  # noqa: S608
_ALWAYS = (EARLIEST_NS // MS, LATEST_NS // MS)


def each(connection: Connection, bucket: str, copy: sqlite3.Connection) -> Iterator[Lines]:
    """The points of measurement `stay`, piece by piece."""
    cuts = [_ALWAYS[0], *dict.fromkeys(at for (at,) in copy.execute(_CUTS)), _ALWAYS[1]]
    rooms = {room for (room,) in copy.execute("SELECT room FROM rooms")}
    for begin, end in pairwise(cuts):
        known = {(room, mrn, at): event for room, mrn, at, event in copy.execute(_BOUNDARIES, (begin, end, begin, end))}
        found = _piece(connection, bucket, begin, end, known, rooms)
        if found.points:
            yield found


def _piece(
    connection: Connection,
    bucket: str,
    begin: int,
    end: int,
    known: dict[tuple[str, str, int], str],
    rooms: set[str],
) -> Lines:
    """The points between two instants (ms): those of `known` boundaries, with the kind of end that InfluxDB knows."""
    others = []
    for tables in connection.ask(between(bucket, begin * MS, end * MS, ONLY)):
        frame = tables.frame
        if {"room", "mrn"} <= set(frame.columns) and frame.schema["_value"] == pl.String():
            ours = (pl.col("_field") == "event") & pl.col("room").is_in(rooms)
            at_ms = pl.col("_time").cast(pl.Int64()) // MS
            for room, mrn, at, event in frame.filter(ours).select("room", "mrn", at_ms, "_value").iter_rows():
                if (room, mrn, at) in known:
                    known[room, mrn, at] = event
            frame = frame.filter(~ours)
        others.append(Tables(tables.result, tables.group, frame))
    kept = lines(others)
    own = [stay_line(room, mrn, event, at * MS) for (room, mrn, at), event in sorted(known.items())]
    text = "\n".join([*own, *([kept.text] if kept.text else [])])
    return Lines(text, len(own) + kept.points, len(own) + kept.values)
