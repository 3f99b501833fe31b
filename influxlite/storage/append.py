"""A group of writes becomes rows: who is which series, which points are refused, and what goes into which table.

InfluxDB's rules: a field has one kind in a measurement (here of a bucket, there of a shard), a point that breaks it is
dropped whole; points before the bucket's retention are dropped; a field named `time` is stripped; of two values of one
series and instant the later one stays.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import polars

from influxlite.line_protocol.points import Batch, Columns, Point
from influxlite.storage.catalogue import Bucket
from influxlite.storage.errors import PartialWriteError
from influxlite.storage.index import SeriesIndex
from influxlite.storage.series import KINDS, Series, Tags
from influxlite.storage.tables import FRAME_TYPES, MILLISECOND

MANY = 512  # values of a kind in one group from which on frames are cheaper than dictionaries


@dataclass(slots=True)
class Rows:
    """What a group adds to the table of one kind: `frames` of (series, time, value), then `values` (same meaning)."""

    frames: list[polars.DataFrame] = field(default_factory=list)
    values: list[tuple[int, int, object]] = field(default_factory=list)


class Group:
    """The writes that one commit holds. Not thread-safe: the committer's thread alone uses it."""

    def __init__(self, index: SeriesIndex) -> None:
        """An empty group over an index."""
        self._index = index
        self._rows = {kind: Rows() for kind in KINDS}
        self._fresh_ids: dict[tuple[str, str, Tags, str], int] = {}
        self._fresh_kinds: dict[tuple[str, str, str], str] = {}
        self._fresh: list[Series] = []
        self._lasts: list[list[tuple[int, int, object]]] = []
        self.values = 0

    # taking writes

    def add(self, bucket: Bucket, batch: Batch) -> PartialWriteError | None:
        """Take a write; the error says which of its points were refused, all others will be stored."""
        oldest_allowed = time.time_ns() - bucket.retention_s * 1_000_000_000 if bucket.retention_s else None
        if isinstance(batch, Columns):
            if (oldest_allowed is None or batch.oldest >= oldest_allowed) and self._add_columns(bucket, batch):
                return None
            batch = batch.points()
        return self._add_points(bucket, batch, oldest_allowed)

    def _add_columns(self, bucket: Bucket, batch: Columns) -> bool:
        """Take columns whole, or nothing of them where a field has another kind than it must."""
        measurements = {measurement for measurement, _ in batch.keys}
        kinds: dict[tuple[str, str], str] = {}
        for column in batch.columns:
            for measurement in measurements:
                known = self._kind(bucket.id, measurement, column.field) or column.kind
                if column.kind != known or kinds.setdefault((measurement, column.field), known) != column.kind:
                    return False
        for column in batch.columns:
            used = column.frame["key"].unique().to_list() if len(batch.columns) > 1 else range(len(batch.keys))
            ids = [0] * len(batch.keys)
            for key in used:
                measurement, tags = batch.keys[key]
                ids[key] = self._id(bucket.id, measurement, tags, column.field, column.kind)
            series = polars.Series("series", ids, dtype=polars.UInt32).gather(column.frame["key"])
            self._rows[column.kind].frames.append(column.frame.select(series, "time", "value"))
            self.values += len(series)
        return True

    def _add_points(self, bucket: Bucket, points: list[Point], oldest: int | None) -> PartialWriteError | None:
        """Take points one by one."""
        reason, dropped = "", 0
        stripped = None
        late: list[Point] = []
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
                self._rows[kind].values.append((series_id, point.time, value))
                self.values += 1
        if dropped:
            return PartialWriteError(reason, dropped)
        if stripped:
            return PartialWriteError(stripped, 0, bucket.id)
        if late and oldest is not None:
            return PartialWriteError(describe_late(late, oldest, bucket.retention_s), len(late), bucket.id)
        return None

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

    def store(self, connection: duckdb.DuckDBPyConnection, seq: int) -> None:
        """Insert everything in the open transaction of `connection`, and mark in the index what it makes doubtful."""
        if self._fresh:
            insert_series(connection, self._fresh, self._index.next_id)
        for kind, rows in self._rows.items():
            frame = self._frame(kind, rows)
            if frame is not None:
                insert_points(connection, kind, frame, seq)

    def settle(self) -> None:
        """After the commit: readers may know the new series and newest points."""
        self._index.add(self._fresh)
        for lasts in self._lasts:
            self._index.advance(lasts)

    def _frame(self, kind: str, rows: Rows) -> polars.DataFrame | None:
        """The rows of one kind without repeats, sorted; their spans marked and their newest kept for `settle`."""
        if not rows.frames and len(rows.values) < MANY:
            return self._small(kind, rows.values) if rows.values else None
        frames = list(rows.frames)
        if rows.values:
            frames.append(polars.DataFrame(rows.values, schema=schema(kind), orient="row"))
        frame = polars.concat(frames).sort("series", "time", maintain_order=True)
        series, instant = polars.col("series"), polars.col("time")
        next_differs = (series != series.shift(-1)).fill_null(True)
        frame = frame.filter(next_differs | (instant != instant.shift(-1)).fill_null(True))
        lasts = frame.filter((series != series.shift(-1)).fill_null(True))
        firsts = frame.filter((series != series.shift(1)).fill_null(True))
        last_rows = list(lasts.iter_rows())
        pairs = zip(firsts["time"].to_list(), last_rows, strict=True)
        self._index.mark(kind, ((last[0], first, last[1]) for first, last in pairs))
        self._lasts.append(last_rows)
        return frame

    def _small(self, kind: str, values: list[tuple[int, int, object]]) -> polars.DataFrame:
        """The same for few values, without frames until the end."""
        unique = {(series_id, instant): value for series_id, instant, value in values}
        ordered = [(series_id, instant, unique[series_id, instant]) for series_id, instant in sorted(unique)]
        firsts: dict[int, int] = {}
        lasts: dict[int, tuple[int, int, object]] = {}
        for row in ordered:
            firsts.setdefault(row[0], row[1])
            lasts[row[0]] = row
        self._index.mark(kind, ((s, firsts[s], last[1]) for s, last in lasts.items()))
        self._lasts.append(list(lasts.values()))
        return polars.DataFrame(ordered, schema=schema(kind), orient="row")


MAX_STRING = 1_048_576  # bytes of a string value, InfluxDB's MaxFieldValueLength


def schema(kind: str) -> dict[str, type[polars.DataType]]:
    """The columns of a frame of points of one kind."""
    return {"series": polars.UInt32, "time": polars.Int64, "value": FRAME_TYPES[kind]}


def insert_series(connection: duckdb.DuckDBPyConnection, fresh: Iterable[Series], next_id: int) -> None:
    """Store new series, and the id that the next one gets."""
    rows = [(s.id, s.bucket_id, s.measurement, json.dumps(s.tags), s.field, s.kind) for s in fresh]
    names = {"id": polars.UInt32} | dict.fromkeys(("bucket_id", "measurement", "tags", "field", "kind"), polars.String)
    insert(connection, "INSERT INTO series SELECT * FROM batch", polars.DataFrame(rows, schema=names, orient="row"))
    connection.execute("UPDATE meta SET value = ? WHERE name = 'next_series'", [next_id])


def insert_points(connection: duckdb.DuckDBPyConnection, kind: str, frame: polars.DataFrame, seq: int) -> None:
    """Append a frame of (series, time, value) to the table of its kind."""
    statement = (
        f"INSERT INTO p_{kind} SELECT series, ms, (time - ms * {MILLISECOND})::INTEGER, {seq}, value"  # noqa: S608
        " FROM batch"
    )
    insert(connection, statement, frame.with_columns(ms=polars.col("time") // MILLISECOND))


def insert(connection: duckdb.DuckDBPyConnection, statement: str, frame: polars.DataFrame) -> None:
    """Run a statement that reads the frame under the name `batch`."""
    connection.register("batch", frame.to_arrow())
    try:
        connection.execute(statement)
    finally:
        connection.unregister("batch")


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
