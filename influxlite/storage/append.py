"""What is pending becomes rows: who is which series, what came last of each instant, and what goes into which table.

Of two values of one series and instant the later write's stays. Within one frame that is settled here. Where another
row of the same instant may be in the tables, or come from another frame of the group, the series is *doubtful*: its
rows keep the number of their write, and readers and compaction resolve them. All other rows of a large group are
stored in order at once, as compaction would (`tables`); those of a small one are left to it.
"""

import json
from collections.abc import Iterable, Sequence
from operator import itemgetter

import duckdb
import polars
import pyarrow

from influxlite.line_protocol import read
from influxlite.line_protocol.columns import parse_columns
from influxlite.line_protocol.points import Block, Columns, Point
from influxlite.storage.index import SeriesIndex
from influxlite.storage.pending import Body, Entry
from influxlite.storage.series import KINDS, Series, Tags
from influxlite.storage.tables import DAY_MS, MILLISECOND, remember

Key = tuple[str, Tags]
Shape = tuple[tuple[str, str], ...]
RUN_ROWS = 100_000  # rows of a kind from which on they are stored in order at once
LINES_AT_ONCE = 20_000  # small bodies are read together: one that is not plain sends so many the slow way
DAY_NS = DAY_MS * MILLISECOND
VALUE_TYPES = {
    "float": polars.Float64,
    "integer": polars.Int64,
    "unsigned": polars.UInt64,
    "boolean": polars.Boolean,
    "string": polars.String,
}


class Group:
    """Entries as rows, for one transaction. Not thread-safe, and the index must not be changed by others meanwhile."""

    def __init__(self, index: SeriesIndex, entries: Sequence[Entry], unstored: Sequence[Series] = ()) -> None:
        """Read the entries; the index learns at once which spans are doubtful, and the rest with `settle`.

        `unstored` are series that the index knows already but the tables do not.
        """
        self.number = entries[-1].number if entries else 0
        self.runs: set[tuple[str, int]] = set()
        self.unordered = 0
        self._index = index
        self._frames: dict[str, list[polars.DataFrame]] = {kind: [] for kind in KINDS}
        self._doubted: dict[str, set[int]] = {kind: set() for kind in KINDS}
        self._fresh_ids: dict[tuple[str, str, Tags, str], int] = {}
        self.fresh: list[Series] = list(unstored)
        self._lasts: list[tuple[int, int, int, object]] = []  # number, series id, ns, value
        self._newest: dict[int, int] = {}
        buckets: dict[str, list[Entry]] = {}
        for entry in entries:
            buckets.setdefault(entry.bucket_id, []).append(entry)
        for bucket_id, mine in buckets.items():
            self._take_bucket(bucket_id, mine)
        self.rows: dict[str, polars.DataFrame] = {kind: self._arrange(kind) for kind in KINDS if self._frames[kind]}
        self._frames.clear()

    # reading entries

    def _take_bucket(self, bucket_id: str, entries: list[Entry]) -> None:
        """Take the entries of one bucket: blocks of one shape together, and points together."""
        shapes: dict[Shape, tuple[dict[Key, int], list[polars.DataFrame]]] = {}
        points: dict[tuple[str, Tags, str, int], tuple[str, object, int]] = {}
        for number, content in contents(entries):
            if isinstance(content, Columns):
                for block in content.blocks:
                    keys, frames = shapes.setdefault(tuple(block.fields), ({}, []))
                    frames.append(with_keys(block, content.keys, keys, number))
            else:
                for point in content:
                    for name, kind, value in point.fields:
                        points[point.measurement, point.tags, name, point.time] = kind, value, number
        for shape, (keys, frames) in shapes.items():
            self._take_frame(bucket_id, shape, list(keys), polars.concat(frames))
        self._take_points(bucket_id, points)

    def _take_frame(self, bucket_id: str, shape: Shape, keys: list[Key], frame: polars.DataFrame) -> None:
        """Take lines of one shape: sorted by day, key and time, each instant once."""
        ids = [[self._id(bucket_id, key, name, kind) for key in keys] for name, kind in shape]
        frame = in_order(frame, ids[0])
        spans = frame.group_by("key", maintain_order=True).agg(
            polars.col("time").first().alias("first"), polars.col("time").last().alias("last"),
            *(polars.col(name).last() for name in ("seq", *map(str, range(len(shape))))),
        )  # fmt: skip
        used, numbers = spans["key"].to_list(), spans["seq"].to_list()
        firsts, lasts = spans["first"].to_list(), spans["last"].to_list()
        ms = (frame["time"] // MILLISECOND).alias("ms")
        ns = (frame["time"] - ms * MILLISECOND).cast(polars.Int32).alias("ns")
        for position, (_, kind) in enumerate(shape):
            series = polars.Series("series", ids[position], dtype=polars.UInt32).gather(frame["key"])
            self._frames[kind].append(
                polars.DataFrame([series, ms, ns, frame["seq"], frame[str(position)].alias("value")])
            )
            mine = [ids[position][number] for number in used]
            self._mark(kind, zip(mine, firsts, lasts, strict=True))
            self._lasts.extend(zip(numbers, mine, lasts, spans[str(position)].to_list(), strict=True))

    def _take_points(self, bucket_id: str, points: dict[tuple[str, Tags, str, int], tuple[str, object, int]]) -> None:
        """Take values that came as points."""
        rows: dict[str, list[tuple[int, int, int, object]]] = {kind: [] for kind in KINDS}
        spans: dict[str, dict[int, list]] = {kind: {} for kind in KINDS}
        for (measurement, tags, name, time), (kind, value, number) in points.items():
            series_id = self._id(bucket_id, (measurement, tags), name, kind)
            rows[kind].append((series_id, time, number, value))
            span = spans[kind].setdefault(series_id, [time, time, number, value])
            if time < span[0]:
                span[0] = time
            if time >= span[1]:
                span[1:] = time, number, value
        for kind, mine in rows.items():
            if not mine:
                continue
            series, times, numbers, values = zip(*mine, strict=True)
            time = polars.Series("time", times, dtype=polars.Int64)
            ms = (time // MILLISECOND).alias("ms")
            columns = [
                polars.Series("series", series, dtype=polars.UInt32),
                ms,
                (time - ms * MILLISECOND).cast(polars.Int32).alias("ns"),
                polars.Series("seq", numbers, dtype=polars.Int64),
                polars.Series("value", values, dtype=VALUE_TYPES[kind]),
            ]
            self._frames[kind].append(polars.DataFrame(columns).sort(polars.col("ms") // DAY_MS, "series", "ms", "ns"))
            self._mark(kind, ((series_id, first, last) for series_id, (first, last, *_) in spans[kind].items()))
            for series_id, (_, last, number, value) in spans[kind].items():
                self._lasts.append((number, series_id, last, value))

    def _mark(self, kind: str, spans: Iterable[tuple[int, int, int]]) -> None:
        """Doubt what is not after the newest point known, of (series id, first ns, last ns)."""
        newest, mine = self._index.newest, self._newest
        for series_id, first, last in spans:
            known = newest.get(series_id)
            highest = mine.get(series_id)
            if known is not None and (highest is None or highest < known[0]):
                highest = known[0]
            if highest is not None and first <= highest:
                self._index.doubt(kind, series_id, first, min(last, highest))
                self._doubted[kind].add(series_id)
            mine[series_id] = last if highest is None or last > highest else highest

    def _id(self, bucket_id: str, key: Key, name: str, kind: str) -> int:
        """The id of a series, a new one where it is not known."""
        fields = self._index.fields_of(bucket_id, *key)
        known = fields.get(name) if fields else None
        if known is not None:
            return known
        place = (bucket_id, *key, name)
        fresh = self._fresh_ids.get(place)
        if fresh is None:
            series = self._index.new_series(bucket_id, *key, name, kind)
            self.fresh.append(series)
            fresh = self._fresh_ids[place] = series.id
        return fresh

    def _arrange(self, kind: str) -> polars.DataFrame:
        """The rows of a kind, those that need no resolving with number 0 where they are many."""
        rows = polars.concat(self._frames[kind])
        if rows.height < RUN_ROWS:
            self.unordered += rows.height
            return rows
        doubted = self._doubted[kind]
        sure = ~rows["series"].is_in(sorted(doubted)) if doubted else None
        plain = rows if sure is None else rows.filter(sure)
        days = (plain["ms"] // DAY_MS).unique().to_list()
        self.runs.update((kind, day) for day in days)
        plain = plain.with_columns(polars.lit(0, dtype=polars.Int64).alias("seq"))
        if sure is None:
            return plain
        self.unordered += rows.height - plain.height
        return polars.concat([plain, rows.filter(~sure)])

    # storing

    def store(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Insert everything in the open transaction of `connection`."""
        if self.fresh:
            insert_series(connection, self.fresh, self._index.next_id)
        for kind, rows in self.rows.items():
            connection.from_arrow(rows.to_arrow()).insert_into(f"p_{kind}")
        remember(connection, "log", self.number)

    def settle(self) -> None:
        """After the commit: readers may know the new series and newest points."""
        if self.fresh:
            self._index.add(series for series in self.fresh if series.id not in self._index)
        self._lasts.sort(key=itemgetter(0))
        self._index.advance(last[1:] for last in self._lasts)


def contents(entries: list[Entry]) -> Iterable[tuple[int, Columns | list[Point]]]:
    """The content of entries with their numbers, in their order; small bodies that follow each other read together."""
    bodies: list[Body] = []
    number = lines = 0
    for entry in entries:
        content = entry.content
        if isinstance(content, Body) and (not bodies or bodies[0].precision == content.precision):
            bodies.append(content)
            number, lines = entry.number, lines + content.body.count(b"\n") + 1
            if lines < LINES_AT_ONCE:
                continue
            content = None
        yield from read_bodies(number, bodies)
        bodies, lines = [], 0
        if isinstance(content, Body):
            bodies, number, lines = [content], entry.number, content.body.count(b"\n") + 1
        elif content is not None:
            yield entry.number, content
    yield from read_bodies(number, bodies)


def read_bodies(number: int, bodies: list[Body]) -> Iterable[tuple[int, Columns | list[Point]]]:
    """What small bodies say: at once where they are plain, else one by one. All get the last one's number."""
    if not bodies:
        return
    joined = read_plain(bodies)
    if joined is not None:
        yield number, joined
        return
    for one in bodies:
        yield number, read(one.body, one.precision, one.now_ns)


def read_plain(bodies: list[Body]) -> Columns | None:
    """The columns of small bodies, None where they are not plain together (a line without a time is not)."""
    return parse_columns(b"\n".join(one.body.rstrip(b"\n") for one in bodies), bodies[0].precision)


def with_keys(block: Block, mine: list[Key], keys: dict[Key, int], number: int) -> polars.DataFrame:
    """The frame of a block with keys numbered as in `keys`, and the number of its write."""
    present = set(block.frame["key"].unique().to_list())
    numbers = [keys.setdefault(key, len(keys)) if place in present else 0 for place, key in enumerate(mine)]
    key = polars.Series("key", numbers, dtype=polars.UInt32).gather(block.frame["key"])
    return block.frame.with_columns(key, polars.lit(number, dtype=polars.Int64).alias("seq"))


def in_order(frame: polars.DataFrame, ids: list[int]) -> polars.DataFrame:
    """Lines by day, by the series' ids (of their keys) and by time; of each instant the last line."""
    ranks = [0] * len(ids)
    for rank, position in enumerate(sorted(range(len(ids)), key=ids.__getitem__)):
        ranks[position] = rank
    rank = polars.Series("rank", ranks, dtype=polars.Int64).gather(frame["key"])
    day = frame["time"] // DAY_NS
    first_day, last_day = day.min(), day.max()
    assert isinstance(first_day, int)
    assert isinstance(last_day, int)
    if (last_day - first_day + 1) * len(ids) * DAY_NS < 2**63:  # all of it fits into one number, which sorts faster
        place = ((day - first_day) * len(ids) + rank) * DAY_NS + (frame["time"] - day * DAY_NS)
        by = [place.alias("place")]
    else:
        by = [day.alias("day"), rank, frame["time"].alias("instant")]
    ordered = frame.with_columns(by).sort([one.name for one in by], maintain_order=True)
    differs = polars.any_horizontal(polars.col(one.name) != polars.col(one.name).shift(-1) for one in by)
    last = ordered.select(differs.fill_null(True)).to_series()
    ordered = ordered.drop([one.name for one in by])
    return ordered if last.all() else ordered.filter(last)


def insert_series(connection: duckdb.DuckDBPyConnection, fresh: Iterable[Series], next_id: int) -> None:
    """Store new series, and the id that the next one gets."""
    rows = [(s.id, s.bucket_id, s.measurement, json.dumps(s.tags), s.field, s.kind) for s in fresh]
    names = ("id", "bucket_id", "measurement", "tags", "field", "kind")
    columns = pyarrow.Table.from_arrays([pyarrow.array(c) for c in zip(*rows, strict=True)], names)
    connection.from_arrow(columns).insert_into("series")
    remember(connection, "next_series", next_id)
