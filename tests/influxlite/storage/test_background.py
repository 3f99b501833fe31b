"""The background work of a storage outlives what goes wrong in it."""

import time

import pytest

from influxlite.storage import changed, maintenance
from tests.influxlite.conftest import Box
from tests.influxlite.storage.test_reclaiming import until


def test_background_work_goes_on_after_a_fault(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that cannot be let go of fails what the background does; when it can, retention is held as before."""
    monkeypatch.setattr(maintenance, "PACE_S", 0.02)
    monkeypatch.setattr(maintenance, "RETENTION_PACE_S", 0.02)
    kept = changed(box.bucket, retention_s=10 * 365 * 86_400)
    box.storage.save(kept)
    now = time.time_ns()
    box.write(f"cpap,mrn=1 v=1 {now - 2 * 3_600 * 10**9}")
    assert len(box.read()) == 1
    in_the_way = box.folder / "log" / f"{0:016d}.log"
    in_the_way.mkdir()  # cannot be unlinked
    box.write(f"cpap,mrn=1 v=2 {now}")
    until(lambda: "background work failed" in caplog.text)
    in_the_way.rmdir()
    box.storage.save(changed(kept, retention_s=3_600))
    until(lambda: list(box.read().values()) == [2.0])
