"""The file ends near the last of what it holds, after rows were moved and deleted; nothing is lost by that."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from influxlite.storage import maintenance, reclaiming, tables
from influxlite.storage.maintenance import Maintenance
from influxlite.tasks.store import Documents
from tests.influxlite.conftest import Box

DAY, DAYS, SERIES, EACH = 86_400 * 10**9, 4, 10, 12_288  # a row group a day


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A background that waits for little."""
    monkeypatch.setattr(maintenance, "IDLE_TO_SETTLE_S", 0.2)
    monkeypatch.setattr(maintenance, "PACE_S", 0.05)
    monkeypatch.setattr(reclaiming, "LEAST_BLOCKS", 3)


def day_of_values(day: int) -> str:
    """Lines of a day, whose values do not pack."""
    chance = random.Random(day)
    return "\n".join(
        f"cpap,mrn={mrn} v={chance.getrandbits(60)}i {day * DAY + i * 7 * 10**9}"
        for mrn in range(SERIES)
        for i in range(EACH)
    )


def until(found: Callable[[], bool]) -> None:
    """Wait until it comes true; after two minutes it never will."""
    end = time.monotonic() + 120
    while not found():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.usefixtures("hasty")
def test_the_file_gets_shorter_after_a_delete(box: Box) -> None:
    """The first days go, what lies behind them moves to their place, and the rest is what it was."""
    file = box.folder / tables.FILE
    for day in range(DAYS):
        box.write(day_of_values(day))
        box.storage.flush()
    everything = box.read()
    assert len(everything) == DAYS * SERIES * EACH
    until(lambda: file.stat().st_size > 10 * len(everything))
    before = file.stat().st_size
    box.storage.delete(box.storage.series(box.bucket.id), 0, 3 * DAY)
    until(lambda: file.stat().st_size < 0.6 * before)
    rest = {key: value for key, value in everything.items() if key[-1] >= 3 * DAY}
    assert box.read() == rest
    box.reopen()
    assert box.read() == rest


def test_little_that_is_free_is_left(tmp_path: Path) -> None:
    """Where no more than a few blocks are free, nothing is written anew."""
    box = Box(tmp_path / "data")
    box.write(day_of_values(0))
    assert box.storage.renew()
    with box.storage.connection() as connection:
        assert reclaiming.parts_at_the_end(connection) == []
    box.storage.close()


@pytest.mark.usefixtures("hasty")
def test_what_is_written_anew_is_no_more_than_lies_at_the_end(box: Box) -> None:
    """Of free room before the last days only these are told, each once, and none while nothing is free."""
    for day in range(DAYS):
        box.write(day_of_values(day))
        box.storage.flush()
    box.storage.maintenance.stop()
    assert box.storage.renew()
    box.storage.delete(box.storage.series(box.bucket.id), 0, 2 * DAY)
    assert box.storage.renew()
    with box.storage.connection() as connection:
        parts = reclaiming.parts_at_the_end(connection)
    assert parts
    assert len(set(parts)) == len(parts)
    assert {part.day for part in parts if part.day is not None} <= {2, 3}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("table", ["tasks", "labels"])
def test_tables_of_others_are_in_no_way(box: Box, table: str) -> None:
    """What tasks, labels or mappings keep at the file's end moves forward as points do, and is what it was."""
    file, chance = box.folder / tables.FILE, random.Random(3)
    box.storage.maintenance.stop()
    box.write(day_of_values(0))
    assert box.storage.renew()
    kept = Documents(box.storage, table)
    kept.change({f"{i:016x}": {"flux": f"{chance.getrandbits(800):x}"} for i in range(200)})
    assert box.storage.renew()
    everything = kept.all()
    box.storage.delete(box.storage.series(box.bucket.id), 0, DAY)
    assert box.storage.renew()
    before = file.stat().st_size
    background = Maintenance(box.storage)
    background.stop()
    while background.reclaim():
        pass
    assert file.stat().st_size < 0.5 * before
    assert Documents(box.storage, table).all() == everything
