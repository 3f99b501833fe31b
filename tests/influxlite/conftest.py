"""What influxlite's own tests share: an open storage with a bucket, and short ways to write and read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from influxlite import line_protocol
from influxlite.storage import Bucket, Storage
from influxlite.storage.setup import set_up
from influxlite.storage.snapshot import MAX_NS, MIN_NS, Snapshot


def points(view: Snapshot, kind: str, ids: list[int], start: int = MIN_NS, stop: int = MAX_NS) -> list[tuple]:
    """The points of some series in a view: (series id, time in ns, value)."""
    return view.execute(f"SELECT series, time, value FROM ({view.points_sql(kind, ids, start, stop)})").fetchall()


class Box:
    """A storage with one bucket, in a folder that outlives it."""

    def __init__(self, folder: Path) -> None:
        """Open the folder."""
        self.folder = folder
        self.storage = Storage.open(folder, memory_limit_mb=256)
        self.org, self.bucket = set_up(self.storage, org="ward", bucket="telemetry", token="t")

    def reopen(self) -> None:
        """Close and open again."""
        self.storage.close()
        self.storage = Storage.open(self.folder, memory_limit_mb=256)

    def write(self, lines: str, bucket: Bucket | None = None) -> None:
        """Store line protocol in nanoseconds."""
        self.storage.write(bucket or self.bucket, line_protocol.parse(lines.encode()))

    def read(self, start: int = MIN_NS, stop: int = MAX_NS, bucket: Bucket | None = None) -> dict:
        """Every point of a bucket: {(measurement, tags, field, time): value}; an instant that comes twice fails."""
        found: dict = {}
        series = {one.id: one for one in self.storage.series((bucket or self.bucket).id)}
        with self.storage.snapshot() as view:
            for kind in {one.kind for one in series.values()}:
                ids = [one.id for one in series.values() if one.kind == kind]
                for series_id, time, value in points(view, kind, ids, start, stop):
                    one = series[series_id]
                    key = (one.measurement, one.tags, one.field, time)
                    assert key not in found, f"{key} came twice"
                    found[key] = value
        return found


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A fresh storage."""
    made = Box(tmp_path / "data")
    yield made
    made.storage.close()
