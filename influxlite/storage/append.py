"""A group of writes becomes rows: who is which series, which points are refused, and what goes into which table.

InfluxDB's rules: a field has one kind in a measurement (here of a bucket, there of a shard), a point that breaks it is
dropped whole; points before the bucket's retention are dropped; a field named `time` is stripped; of two values of one
series and instant the later one stays.
"""

import json
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import duckdb
import polars
import pyarrow

from influxlite.line_protocol.points import Batch, Block, Columns, Point
from influxlite.storage.catalogue import Bucket
from influxlite.storage.errors import PartialWriteError
from influxlite.storage.index import SeriesIndex
from influxlite.storage.series import KINDS, Series, Tags
from influxlite.storage.tables import MILLISECOND

COLUMNS = ("series", "ms", "ns", "seq", "value")
ARROW_TYPES = {
    "float": pyarrow.float64(),
    "integer": pyarrow.int64(),
    "unsigned": pyarrow.uint64(),
    "boolean": pyarrow.bool_(),
    "string": pyarrow.string(),
}
Row = tuple[int, int, int, int, object]  # as COLUMNS


class Group:
    """The writes that one commit holds. Not thread-safe: the committer's thread alone uses it.

    Each write gets a number of its own, from `seq` on, so that of two writes in a group the later one wins.
    """

    def __init__(self, index: SeriesIndex, seq: int) -> None:
        """An empty group over an index; `seq` is the last number that was used."""
        self.seq = seq
        self.values = 0
        self._index = index
        self._frames: dict[str, list[polars.DataFrame]] = {kind: [] for kind in KINDS}
        self._rows: dict[str, list[Row]] = {kind: [] for kind in KINDS}
        self._fresh_ids: dict[tuple[str, str, Tags, str], int] = {}
        self._fresh_kinds: dict[tuple[str, str, str], str] = {}
        self._fresh: list[Series] = []
        self._lasts: list[tuple[int, int, object]] = []
        self._newest: dict[int, int] = {}

    # taking writes

    def add(self, bucket: Bucket, batch: Batch) -> PartialWriteError | None:
        """Take a write; the error says which of its points were refused, all others will be stored."""
        self.seq += 1
        oldest_allowed = time.time_ns() - bucket.retention_s * 1_000_000_000 if bucket.retention_s else None
        if isinstance(batch, Columns):
            if (oldest_allowed is None or batch.oldest >= oldest_allowed) and self._kinds_agree(bucket, batch):
                for block in batch.blocks:
                    self._add_block(bucket, batch, block)
                return None
            batch = batch.points()
        return self._add_points(bucket, batch, oldest_allowed)

    def _kinds_agree(self, bucket: Bucket, batch: Columns) -> bool:
        """Whether no field of the batch has another kind than it must."""
        measurements = {measurement for measurement, _ in batch.keys}
        kinds: dict[tuple[str, str], str] = {}
        for block in batch.blocks:
            for name, kind in block.fields:
                for measurement in measurements:
                    known = self._kind(bucket.id, measurement, name) or kind
                    if kind != known or kinds.setdefault((measurement, name), known) != kind:
                        return False
        return True

    def _add_block(self, bucket: Bucket, batch: Columns, block: Block) -> None:
        """Take a block: its lines sorted, each instant once, then one frame of rows a field."""
        key, instant = polars.col("key"), polars.col("time")
        frame = block.frame.sort("key", "time", maintain_order=True)
        ends = (key != key.shift(-1)).fill_null(True)
        frame = frame.filter(ends | (instant != instant.shift(-1)).fill_null(True))
        lasts = frame.filter(ends)
        used = lasts["key"].to_list()
        firsts = frame.filter((key != key.shift(1)).fill_null(True))["time"].to_list()
        last_times = lasts["time"].to_list()
        ms = (frame["time"] // MILLISECOND).alias("ms")
        ns = (frame["time"] - ms * MILLISECOND).cast(polars.Int32).alias("ns")
        seq = polars.Series("seq", [self.seq], dtype=polars.Int64).new_from_index(0, frame.height)
        for position, (name, kind) in enumerate(block.fields):
            ids = [0] * len(batch.keys)
            for number in used:
                measurement, tags = batch.keys[number]
                ids[number] = self._id(bucket.id, measurement, tags, name, kind)
            series = polars.Series("series", ids, dtype=polars.UInt32).gather(frame["key"])
            values = frame[str(position)].alias("value")
            self._frames[kind].append(polars.DataFrame([series, ms, ns, seq, values]))
            mine = [ids[number] for number in used]
            self._mark(kind, zip(mine, firsts, last_times, strict=True))
            self._lasts.extend(zip(mine, last_times, lasts[str(position)].to_list(), strict=True))
            self.values += frame.height

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
            mine[series_id] = last if highest is None or last > highest else highest

    def _add_points(self, bucket: Bucket, points: list[Point], oldest: int | None) -> PartialWriteError | None:
        """Take points one by one."""
        reason, dropped = "", 0
        stripped = None
        late: list[Point] = []
        taken: dict[str, dict[tuple[int, int], object]] = {kind: {} for kind in KINDS}
        for point in points:
            if oldest is not None and point.time < oldest:
                late.append(point)
                continue
            fault = self._refusal(bucket.id, point)
            if fault is not None:
                reason, dropped = reason or fault, dropped + 1
                continue
            for name, kind, value in point.fields:
                if name == "time":
                    stripped = stripped or (
                        f'invalid field name: input field "time" on measurement "{point.measurement}" is invalid.'
                        ' Field "time" has been stripped from point.'
                    )
                    continue
                series_id = self._id(bucket.id, point.measurement, point.tags, name, kind)
                taken[kind][series_id, point.time] = value
        self._add_values(taken)
        if dropped:
            return PartialWriteError(reason, dropped)
        if stripped:
            return PartialWriteError(stripped, 0, bucket.id)
        if late and oldest is not None:
            return PartialWriteError(describe_late(late, oldest, bucket.retention_s), len(late), bucket.id)
        return None

    def _add_values(self, taken: dict[str, dict[tuple[int, int], object]]) -> None:
        """Take values by kind, series and instant."""
        for kind, values in taken.items():
            if not values:
                continue
            rows = self._rows[kind]
            spans: dict[int, list[int]] = {}
            for (series_id, instant), value in values.items():
                ms, ns = divmod(instant, MILLISECOND)
                rows.append((series_id, ms, ns, self.seq, value))
                span = spans.setdefault(series_id, [instant, instant])
                if instant < span[0]:
                    span[0] = instant
                elif instant > span[1]:
                    span[1] = instant
            self._mark(kind, ((series_id, first, last) for series_id, (first, last) in spans.items()))
            self._lasts.extend((series_id, last, values[series_id, last]) for series_id, (_, last) in spans.items())
            self.values += len(values)

    def _refusal(self, bucket_id: str, point: Point) -> str | None:
        """Why InfluxDB drops this point whole, or None."""
        if all(field.name == "time" for field in point.fields):
            return f'invalid field name: input field "time" on measurement "{point.measurement}" is invalid'
        seen: dict[str, str] = {}
        for name, kind, value in point.fields:
            if kind == "string" and len(str(value).encode()) > MAX_STRING:
                size = len(str(value).encode())
                return f'input field "{name}" on measurement "{point.measurement}" is too long, {size} > {MAX_STRING}'
            if name == "time":
                continue
            known = self._kind(bucket_id, point.measurement, name) or seen.setdefault(name, kind)
            if kind != known:
                return (
                    f'field type conflict: input field "{name}" on measurement "{point.measurement}"'
                    f" is type {kind}, already exists as type {known}"
                )
        return None

    def _kind(self, bucket_id: str, measurement: str, name: str) -> str | None:
        """The kind that a field has already, in the index or by this group."""
        known = self._index.kind_of(bucket_id, measurement, name)
        return known or self._fresh_kinds.get((bucket_id, measurement, name))

    def _id(self, bucket_id: str, measurement: str, tags: Tags, name: str, kind: str) -> int:
        """The id of a series, a new one where it is not known."""
        fields = self._index.fields_of(bucket_id, measurement, tags)
        known = fields.get(name) if fields else None
        if known is not None:
            return known
        key = (bucket_id, measurement, tags, name)
        fresh = self._fresh_ids.get(key)
        if fresh is None:
            series = self._index.new_series(bucket_id, measurement, tags, name, kind)
            self._fresh.append(series)
            self._fresh_kinds[(bucket_id, measurement, name)] = kind
            fresh = self._fresh_ids[key] = series.id
        return fresh

    # storing

    def store(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Insert everything in the open transaction of `connection`."""
        if self._fresh:
            insert_series(connection, self._fresh, self._index.next_id)
        for kind in KINDS:
            if self._frames[kind]:
                insert(connection, f"p_{kind}", polars.concat(self._frames[kind]).to_arrow())
            if self._rows[kind]:
                insert(connection, f"p_{kind}", arrow_rows(kind, self._rows[kind]))

    def settle(self) -> None:
        """After the commit: readers may know the new series and newest points."""
        if self._fresh:
            self._index.add(self._fresh)
        self._index.advance(self._lasts)


def arrow_rows(kind: str, rows: list[Row]) -> pyarrow.Table:
    """Rows as Arrow columns."""
    types = (pyarrow.uint32(), pyarrow.int64(), pyarrow.int32(), pyarrow.int64(), ARROW_TYPES[kind])
    columns = zip(*rows, strict=True)
    arrays = [pyarrow.array(column, kind_of) for column, kind_of in zip(columns, types, strict=True)]
    return pyarrow.Table.from_arrays(arrays, names=list(COLUMNS))


MAX_STRING = 1_048_576  # bytes of a string value, InfluxDB's MaxFieldValueLength


def insert_series(connection: duckdb.DuckDBPyConnection, fresh: Iterable[Series], next_id: int) -> None:
    """Store new series, and the id that the next one gets."""
    rows = [(s.id, s.bucket_id, s.measurement, json.dumps(s.tags), s.field, s.kind) for s in fresh]
    names = ("id", "bucket_id", "measurement", "tags", "field", "kind")
    insert(connection, "series", pyarrow.Table.from_arrays([pyarrow.array(c) for c in zip(*rows, strict=True)], names))
    connection.execute("UPDATE meta SET value = ? WHERE name = 'next_series'", [next_id])


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pyarrow.Table) -> None:
    """Append rows to a table, column by column in its order."""
    connection.from_arrow(rows).insert_into(table)


def describe_late(late: list[Point], oldest: int, retention_s: int) -> str:
    """InfluxDB's sentence about points before the retention period."""
    by_time = sorted(late, key=lambda point: point.time)
    told = " newest ".join(
        f"point {series_key(point)} at {rfc3339(point.time)} dropped because it violates a Retention Policy Lower"
        f" Bound at {rfc3339(oldest)},"
        for point in (by_time[0], by_time[-1])
    ).rstrip(",")
    duration = go_duration(retention_s)
    return f"dropped {len(late)} points outside retention policy of duration {duration} - oldest {told}"


def series_key(point: Point) -> str:
    """Measurement and tags as line protocol writes them."""

    def escaped(text: str, special: str) -> Iterator[str]:
        return (f"\\{letter}" if letter in special else letter for letter in text)

    parts = ["".join(escaped(point.measurement, ", "))]
    parts += ["".join(escaped(key, ",= ")) + "=" + "".join(escaped(value, ",= ")) for key, value in point.tags]
    return ",".join(parts)


def rfc3339(ns: int) -> str:
    """Nanoseconds since 1970 as RFC 3339 in UTC, without trailing zeros of the fraction."""
    seconds, rest = divmod(ns, 1_000_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + "Z"


def go_duration(seconds: int) -> str:
    """Whole seconds as Go prints a duration: 1h0m0s."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
