"""The series index: every series of every bucket in memory, with what is known of each without reading a table.

Only the committer's thread changes it; any thread may read. For each series it knows the newest point, and the span of
time in which the tables may hold more than one row of the same instant ("doubtful"), so that a reader resolves "the
last write wins" only there. A span is marked before the commit that makes it necessary and cleared after the
compaction that makes it superfluous; see `Snapshot` for how a reader takes a consistent copy.
"""

import threading
from collections.abc import Iterable, Iterator

from influxlite.storage.series import KINDS, Series, Tags

Span = tuple[int, int]  # first and last instant, ns, both inclusive


class SeriesIndex:
    """Series by bucket, measurement and tags, their newest points and doubtful spans."""

    def __init__(self) -> None:
        """An empty index."""
        self._lock = threading.Lock()
        self._keys: dict[tuple[str, str, Tags], dict[str, int]] = {}
        self._kinds: dict[tuple[str, str], dict[str, tuple[str, int]]] = {}
        self._measurements: dict[str, dict[str, dict[int, Series]]] = {}
        self._series: dict[int, Series] = {}
        self.newest: dict[int, tuple[int, object]] = {}
        self.doubtful: dict[str, dict[int, Span]] = {kind: {} for kind in KINDS}
        self._doubtful_since: dict[str, dict[int, Span]] = {}
        self.next_id = 1
        self._versions: dict[str, int] = {}
        self._generation = 0

    def become(self, other: "SeriesIndex") -> None:
        """Know what another index knows and nothing else: after the database had to be opened again."""
        with self._lock:
            self._keys, self._kinds, self._series = other._keys, other._kinds, other._series
            self._measurements, self.newest, self.doubtful = other._measurements, other.newest, other.doubtful
            self._doubtful_since = {}
            self._generation += 1
            self.next_id = max(self.next_id, other.next_id)

    # looking up

    def fields_of(self, bucket_id: str, measurement: str, tags: Tags) -> dict[str, int] | None:
        """Field name to series id of one measurement and tag set; None when there is none."""
        return self._keys.get((bucket_id, measurement, tags))

    def kind_of(self, bucket_id: str, measurement: str, field: str) -> str | None:
        """The kind a field has in a measurement of a bucket, None where it is free."""
        found = self._kinds.get((bucket_id, measurement), {}).get(field)
        return found[0] if found else None

    def get(self, series_id: int) -> Series:
        """The series of that id; KeyError when there is none."""
        return self._series[series_id]

    def __contains__(self, series_id: int) -> bool:
        """Whether a series of that id holds points."""
        return series_id in self._series

    def __len__(self) -> int:
        """How many series there are."""
        return len(self._series)

    def series(self, bucket_id: str, measurement: str | None = None) -> list[Series]:
        """The series of a bucket, or of one of its measurements, oldest id first."""
        with self._lock:
            measurements = self._measurements.get(bucket_id, {})
            if measurement is not None:
                return list(measurements.get(measurement, {}).values())
            return [series for group in measurements.values() for series in group.values()]

    def count(self, bucket_id: str) -> int:
        """How many series a bucket holds."""
        with self._lock:
            return sum(len(group) for group in self._measurements.get(bucket_id, {}).values())

    def version(self, bucket_id: str) -> tuple[int, int]:
        """Differs from what it was before when series of the bucket came or went since."""
        return self._generation, self._versions.get(bucket_id, 0)

    # changing

    def new_series(self, bucket_id: str, measurement: str, tags: Tags, field: str, kind: str) -> Series:
        """A fresh id for a series; it is not in the index before `add`."""
        series = Series(self.next_id, bucket_id, measurement, tags, field, kind)
        self.next_id += 1
        return series

    def add(self, new: Iterable[Series]) -> None:
        """Make series known."""
        with self._lock:
            for series in new:
                self._series[series.id] = series
                key = (series.bucket_id, series.measurement, series.tags)
                self._keys.setdefault(key, {})[series.field] = series.id
                kinds = self._kinds.setdefault((series.bucket_id, series.measurement), {})
                count = kinds.get(series.field, (series.kind, 0))[1]
                kinds[series.field] = (series.kind, count + 1)
                measurements = self._measurements.setdefault(series.bucket_id, {})
                measurements.setdefault(series.measurement, {})[series.id] = series
                self._versions[series.bucket_id] = self._versions.get(series.bucket_id, 0) + 1
                self.next_id = max(self.next_id, series.id + 1)

    def remove(self, series_ids: Iterable[int]) -> None:
        """Forget series that hold no point any more; a field without series is free to take another kind."""
        with self._lock:
            for series_id in series_ids:
                series = self._series.pop(series_id, None)
                if series is not None:
                    self._unlink(series)

    def _unlink(self, series: Series) -> None:
        """Take one series out of every map that leads to it."""
        self._versions[series.bucket_id] = self._versions.get(series.bucket_id, 0) + 1
        self.newest.pop(series.id, None)
        for spans in (self.doubtful, self._doubtful_since):
            spans.get(series.kind, {}).pop(series.id, None)
        key = (series.bucket_id, series.measurement, series.tags)
        self._keys[key].pop(series.field, None)
        if not self._keys[key]:
            del self._keys[key]
        group = (series.bucket_id, series.measurement)
        kind, count = self._kinds[group][series.field]
        if count > 1:
            self._kinds[group][series.field] = (kind, count - 1)
        else:
            del self._kinds[group][series.field]
            if not self._kinds[group]:
                del self._kinds[group]
        measurements = self._measurements[series.bucket_id]
        del measurements[series.measurement][series.id]
        if not measurements[series.measurement]:
            del measurements[series.measurement]
            if not measurements:
                del self._measurements[series.bucket_id]

    # newest points and doubtful spans

    def doubt(self, kind: str, series_id: int, first: int, last: int) -> None:
        """Widen the doubtful span of a series."""
        with self._lock:
            for spans in (self.doubtful[kind], self._doubtful_since.get(kind)):
                if spans is not None:
                    old = spans.get(series_id)
                    spans[series_id] = (first, last) if old is None else (min(first, old[0]), max(last, old[1]))

    def advance(self, lasts: Iterable[tuple[int, int, object]]) -> None:
        """After a commit: take over each (series id, ns, value) that is at or after the newest point known."""
        newest = self.newest
        for series_id, time, value in lasts:
            known = newest.get(series_id)
            if known is None or time >= known[0]:
                newest[series_id] = (time, value)

    def begin_settling(self, kind: str) -> None:
        """A compaction of this kind starts its view now, between two commits: remember what is doubted from here on."""
        with self._lock:
            self._doubtful_since[kind] = {}

    def end_settling(self, kind: str, *, done: bool) -> None:
        """It ended: when done, only what became doubtful meanwhile stays so, in a new mapping."""
        with self._lock:
            since = self._doubtful_since.pop(kind, None)
            if done and since is not None:
                self.doubtful = {**self.doubtful, kind: since}

    def doubts(
        self, spans: dict[int, Span], series_ids: Iterable[int], start_ns: int, stop_ns: int
    ) -> Iterator[tuple[int, Span]]:
        """Those of the series whose doubtful span meets [start, stop), each with its span."""
        if not spans:
            return
        for series_id in series_ids:
            span = spans.get(series_id)
            if span is not None and span[0] < stop_ns and span[1] >= start_ns:
                yield series_id, span
