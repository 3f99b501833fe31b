"""What of a write is taken, by InfluxDB's rules.

A field has one kind in a measurement (here of a bucket, there of a shard), a point that breaks it is dropped whole;
points before the bucket's retention are dropped; a field named `time` is stripped.
"""

import time
from collections.abc import Iterator

from influxlite.line_protocol import reference
from influxlite.line_protocol.points import Columns, Lines, Point
from influxlite.storage.catalogue import Bucket
from influxlite.storage.errors import PartialWriteError
from influxlite.storage.index import SeriesIndex
from influxlite.storage.texts import go_duration, rfc3339

MAX_STRING = 1_048_576  # bytes of a string value, InfluxDB's MaxFieldValueLength


class Kinds:
    """The kind that each field has: in the index, or by a write that is not in the tables yet.

    What a write uses is remembered with its number until the tables hold it, also where the index knew it: a delete may
    free a field meanwhile, and what waits must not be stored as two kinds. The committer's thread alone uses it.
    """

    def __init__(self, index: SeriesIndex) -> None:
        """Nothing but the index counts."""
        self._index = index
        self._used: dict[tuple[str, str], dict[str, tuple[str, int]]] = {}
        self.stored = 0  # the tables hold all writes up to this number

    def known(self, bucket_id: str, measurement: str, field: str) -> str | None:
        """The kind of a field, None where it is free."""
        used = self._used.get((bucket_id, measurement))
        if used is not None:
            found = used.get(field)
            if found is not None and found[1] > self.stored:
                return found[0]
        return self._index.kind_of(bucket_id, measurement, field)

    def use(self, bucket_id: str, measurement: str, field: str, kind: str, number: int) -> None:
        """A write of that number has this field."""
        self._used.setdefault((bucket_id, measurement), {})[field] = (kind, number)

    def forget(self, number: int) -> None:
        """Writes from this number on are not stored after all; what the one before used still counts."""
        for used in self._used.values():
            for field, (kind, user) in used.items():
                if user >= number:
                    used[field] = (kind, number - 1)

    def clear(self) -> None:
        """The tables hold everything, so the index says all."""
        self._used.clear()


def judge(
    kinds: Kinds, bucket: Bucket, batch: Lines | list[Point], number: int
) -> tuple[list[Point] | None, PartialWriteError | None]:
    """The points that are taken, None where all are as they came; and the error that says what was not."""
    oldest = time.time_ns() - bucket.retention_s * 1_000_000_000 if bucket.retention_s else None
    content = batch.content if isinstance(batch, Lines) else batch
    if isinstance(batch, Lines) and isinstance(content, Columns):
        if (oldest is None or content.oldest >= oldest) and _kinds_agree(kinds, bucket.id, content, number):
            return None, None
        content = reference.parse(batch.body, batch.precision, now_ns=batch.now_ns)
    assert isinstance(content, list)
    return _judge_points(kinds, bucket, content, number, oldest)


def _kinds_agree(kinds: Kinds, bucket_id: str, batch: Columns, number: int) -> bool:
    """Whether no field of the batch has another kind than it must."""
    measurements = {measurement for measurement, _ in batch.keys}
    found: dict[tuple[str, str], str] = {}
    for block in batch.blocks:
        for name, kind in block.fields:
            for measurement in measurements:
                known = kinds.known(bucket_id, measurement, name) or kind
                if kind != known or found.setdefault((measurement, name), known) != kind:
                    return False
    for (measurement, name), kind in found.items():
        kinds.use(bucket_id, measurement, name, kind, number)
    return True


def _judge_points(
    kinds: Kinds, bucket: Bucket, points: list[Point], number: int, oldest: int | None
) -> tuple[list[Point] | None, PartialWriteError | None]:
    """Judge points one by one."""
    reason, dropped = "", 0
    stripped = None
    late: list[Point] = []
    taken: list[Point] = []
    for point in points:
        if oldest is not None and point.time < oldest:
            late.append(point)
            continue
        fault = _refusal(kinds, bucket.id, point)
        if fault is not None:
            reason, dropped = reason or fault, dropped + 1
            continue
        if any(field.name == "time" for field in point.fields):
            stripped = stripped or (
                f'invalid field name: input field "time" on measurement "{point.measurement}" is invalid.'
                ' Field "time" has been stripped from point.'
            )
            point = point._replace(fields=[field for field in point.fields if field.name != "time"])
        for name, kind, _ in point.fields:
            kinds.use(bucket.id, point.measurement, name, kind, number)
        taken.append(point)
    if dropped:
        return taken, PartialWriteError(reason, dropped)
    if stripped:
        return taken, PartialWriteError(stripped, 0, bucket.id)
    if late and oldest is not None:
        told = describe_late(late, oldest, bucket.retention_s)
        return taken, PartialWriteError(told, len(late), bucket.id)
    return None, None


def _refusal(kinds: Kinds, bucket_id: str, point: Point) -> str | None:
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
        known = kinds.known(bucket_id, point.measurement, name) or seen.setdefault(name, kind)
        if kind != known:
            return (
                f'field type conflict: input field "{name}" on measurement "{point.measurement}"'
                f" is type {kind}, already exists as type {known}"
            )
    return None


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
