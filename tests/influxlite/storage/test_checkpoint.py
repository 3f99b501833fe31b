"""DuckDB's own log is taken over into the file, and the file opened anew, while readers come and go."""

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from influxlite.storage import maintenance, tables
from influxlite.storage.errors import FolderError
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


def test_the_file_is_opened_anew_when_nobody_reads(box: Box) -> None:
    """A view goes on undisturbed, and nobody waits for it; after it DuckDB's log is in the file."""
    box.write("\n".join(f"cpap,mrn={i % 50} v={i * 104729 % 997} {i}" for i in range(200_000)))
    view = box.storage.snapshot()
    box.storage.delete(box.storage.series(box.bucket.id), 0, 150_000)
    assert not box.storage.renew()
    ids = [one.id for one in box.storage.series(box.bucket.id)]
    sql = f"SELECT count(*) FROM ({view.points_sql('float', ids, 0, 2**62)})"
    assert view.execute(sql).fetchall() == [(200_000,)]
    view.close()
    view.close()
    assert box.storage.sizes()["wal"] > 0
    assert box.storage.renew()
    assert box.storage.sizes().get("wal", 0) == 0
    assert len(box.read()) == 50_000


def test_it_is_opened_anew_beside_readers_and_writers(box: Box) -> None:
    """Threads that write and read meanwhile find all that was acknowledged before they looked, and no fault."""
    stop, written, renewed = threading.Event(), [0, 0], [0]
    faults: list[BaseException] = []

    def write(who: int) -> None:
        while not stop.is_set():
            box.write("\n".join(f"cpap,mrn={who} v={i} {written[who] + i}" for i in range(100)))
            written[who] += 100

    def read() -> None:
        while not stop.is_set():
            least = sum(written)
            found = len(box.read())
            assert found >= least, (found, least)

    def renew() -> None:
        while not stop.is_set():
            renewed[0] += box.storage.renew()

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
            stop.set()

    works = (lambda: write(0), lambda: write(1), read, renew)
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    while not stop.is_set() and (renewed[0] < 5 or min(written) < 1_000):
        stop.wait(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(box.read()) == sum(written)
    box.reopen()
    assert len(box.read()) == sum(written)


def test_what_cannot_be_opened_anew_is_opened_by_the_next(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file cannot be opened just then, whoever reads or writes next tries again, and nothing is lost."""
    box.write("cpap,mrn=1 v=1 1")
    with monkeypatch.context() as away:

        def refuse(*_: object, **__: object) -> duckdb.DuckDBPyConnection:
            raise FolderError("too many open files")

        away.setattr(tables, "connect", refuse)
        assert box.storage.renew()
    box.write("cpap,mrn=1 v=2 2")
    assert sorted(box.read().values()) == [1.0, 2.0]
    assert box.storage.renew()
    box.reopen()
    assert sorted(box.read().values()) == [1.0, 2.0]


def test_the_background_opens_it_anew_after_a_row_group(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough rows and a quiet moment are what it takes, without anybody's call."""
    monkeypatch.setattr(maintenance, "IDLE_TO_SETTLE_S", 0.5)
    opened = threading.Event()
    connect = tables.connect

    def counting(*given: Path, **more: int) -> duckdb.DuckDBPyConnection:
        opened.set()
        return connect(*given, **more)

    monkeypatch.setattr(tables, "connect", counting)
    box.write("\n".join(f"cpap,mrn={i % 50} v={i * 104729 % 997} {i}" for i in range(maintenance.ROWS_TO_RENEW)))
    assert opened.wait(60)
    assert len(box.read()) == maintenance.ROWS_TO_RENEW
