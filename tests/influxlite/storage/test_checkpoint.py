"""DuckDB's own log is taken over into the file while readers come and go, so that it stays small."""

from pathlib import Path

import pytest

from influxlite.storage import tables
from tests.influxlite.conftest import Box

GROUPS, ROWS, THRESHOLD_MB = 30, 5_000, 1


def test_the_log_stays_small_while_somebody_always_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a view open at each commit, the log stays near its threshold, and every view and restart sees all."""
    monkeypatch.setattr(tables, "CHECKPOINT_MB", THRESHOLD_MB)
    box = Box(tmp_path / "data")
    series = box.storage.series
    view = box.storage.snapshot()
    largest = 0
    for group in range(GROUPS):
        box.write(
            "\n".join(f"cpap,mrn={i % 50} v={group * 7919 + i * 104729 % 997} {group}{i:06d}" for i in range(ROWS))
        )
        later = box.storage.snapshot()
        view.close()
        view = later
        largest = max(largest, box.storage.sizes().get("wal", 0))
        ids = [one.id for one in series(box.bucket.id)]
        found = view.execute(f"SELECT count(*) FROM ({view.points_sql('float', ids, 0, 2**62)})").fetchall()
        assert found == [((group + 1) * ROWS,)]
    assert largest < 3 * THRESHOLD_MB * 10**6
    view.close()
    box.reopen()
    assert len(box.read()) == GROUPS * ROWS
    box.write("cpap,mrn=new v=1 5")
    box.reopen()
    assert len(box.read()) == GROUPS * ROWS + 1
    box.storage.close()
