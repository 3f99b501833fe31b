"""What was acknowledged is read back from the log, whatever a crash has left of it."""

import errno
import os
import shutil
import threading
from pathlib import Path

import duckdb
import pytest

from influxlite.storage import FolderError, Storage
from influxlite.storage.log import MAGIC, Log, Record, read_segment
from influxlite.storage.snapshot import MAX_NS, MIN_NS
from influxlite.storage.tables import FILE
from tests.influxlite.conftest import Box

BUCKET = "0123456789abcdef"


def record(number: int, body: bytes = b"m v=1 1") -> Record:
    """A record of line protocol in nanoseconds."""
    return Record(number, 0, 0, BUCKET, 17, body)


def segments(folder: Path) -> list[Path]:
    """The segments of a log, oldest first."""
    return sorted(folder.glob("*.log"))


def test_records_come_back_in_order(tmp_path: Path) -> None:
    """What was appended in several groups is read back whole, from the number that is asked for."""
    first = Log(tmp_path / "log")
    records = [record(number, b"x" * (number % 70)) for number in range(1, 1_200)]
    first.append(records[:3])
    first.append(records[3:])  # more parts than one call of the system takes
    assert list(Log(tmp_path / "log").read(0)) == records
    assert list(Log(tmp_path / "log").read(1_000)) == records[1_000:]


def test_segments_go_when_they_are_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment goes when the tables hold all of its records, and the last one when the log is closed so."""
    monkeypatch.setattr("influxlite.storage.log.SEGMENT_BYTES", 100)
    log = Log(tmp_path / "log")
    for number in range(1, 7):
        log.append([record(number, b"x" * 30)])
    assert [path.stem for path in segments(tmp_path / "log")] == [f"{n:016d}" for n in (1, 3, 5)]
    log.release(3)
    assert [found.number for found in Log(tmp_path / "log").read(0)] == [3, 4, 5, 6]
    log.close(5)
    assert [found.number for found in Log(tmp_path / "log").read(5)] == [6]
    Log(tmp_path / "log").close(6)
    assert segments(tmp_path / "log") == []


def test_an_open_segment_that_has_grown_goes_when_nothing_in_it_is_needed(tmp_path: Path) -> None:
    """Beside a server at rest lie no megabytes of what the tables hold; small segments stay open."""
    log = Log(tmp_path / "log")
    log.append([record(1, b"x" * 2**20), record(2)])
    log.release(1)
    assert [found.number for found in Log(tmp_path / "log").read(0)] == [1, 2]
    log.release(2)
    assert segments(tmp_path / "log") == []
    log.append([record(3)])
    log.release(3)
    assert [found.number for found in Log(tmp_path / "log").read(0)] == [3]
    log.append([record(4)])
    assert [path.stem for path in segments(tmp_path / "log")] == [f"{3:016d}"]


def test_full_segments_before_it_go_with_the_open_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing at all is needed, nothing is left: neither the open segment nor a full one before it."""
    monkeypatch.setattr("influxlite.storage.log.SEGMENT_BYTES", 2**20)
    log = Log(tmp_path / "log")
    for number in (1, 2, 3):
        log.append([record(number, b"x" * 2**20)])
    assert len(segments(tmp_path / "log")) == 3
    log.release(3)
    assert segments(tmp_path / "log") == []


def test_two_threads_may_release_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delete and a flush both let segments go; neither fails because the other was quicker."""
    monkeypatch.setattr("influxlite.storage.log.SEGMENT_BYTES", 1)
    log, number, faults = Log(tmp_path / "log"), 0, []
    start = threading.Barrier(4)

    def release() -> None:
        start.wait()
        try:
            log.release(number)
        except OSError as fault:
            faults.append(fault)

    for _ in range(10):
        for _ in range(50):
            number += 1
            log.append([record(number)])
        threads = [threading.Thread(target=release) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(segments(tmp_path / "log")) == 1
    assert faults == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells what a descriptor is of")
def test_a_segment_whose_name_was_not_made_durable_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refuses to sync the folder has kept no name: the next records wait for a sync of it that worked."""
    folder = tmp_path / "log"
    log, synced, sync, refused = Log(folder), [], os.fsync, [True]

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink() == folder and refused:
            refused.clear()
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        log.append([record(1)])
    assert list(Log(folder).read(0)) == []
    log.append([record(1, b"m v=2 2")])
    assert folder in synced
    assert [found.body for found in Log(folder).read(0)] == [b"m v=2 2"]


def test_a_log_that_was_to_go_is_closed_when_it_is_gone(tmp_path: Path) -> None:
    """What a delete wanted gone is gone at the latest with the close, which is no fault then."""
    log = Log(tmp_path / "log")
    log.append([record(1), record(2)])
    log.retire(1)
    log.close(2)
    assert segments(tmp_path / "log") == []


def test_a_log_cut_at_any_byte_keeps_what_is_whole(tmp_path: Path) -> None:
    """Cut at every byte of the last of three records, the log gives the others, and takes new ones behind them."""
    log = Log(tmp_path / "log")
    log.append([record(1), record(2)])
    path = segments(tmp_path / "log")[0]
    whole = path.stat().st_size
    log.append([record(3, b"m v=3 3")])
    for size in range(whole, path.stat().st_size):
        folder = tmp_path / str(size)
        folder.mkdir()
        shutil.copy(path, folder)
        (folder / path.name).open("r+b").truncate(size)
        cut = Log(folder)
        assert [found.number for found in cut.read(0)] == [1, 2]
        cut.append([record(3, b"m v=4 4")])
        assert [found.body for found in Log(folder).read(2)] == [b"m v=4 4"]


@pytest.mark.parametrize("size", range(len(MAGIC) + 1))
def test_a_segment_that_had_just_begun_is_no_fault(tmp_path: Path, size: int) -> None:
    """A crash between making a segment and its first record leaves nothing to read and no error."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / f"{1:016d}.log").write_bytes(MAGIC[:size])
    assert list(Log(tmp_path / "log").read(0)) == []


def test_a_damaged_byte_is_not_taken_for_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a segment that is not the last is damaged, the error names the file and the byte; nothing is dropped."""
    monkeypatch.setattr("influxlite.storage.log.SEGMENT_BYTES", 1)
    log = Log(tmp_path / "log")
    log.append([record(1)])
    log.append([record(2)])
    first = segments(tmp_path / "log")[0]
    content = bytearray(first.read_bytes())
    content[-1] ^= 1
    first.write_bytes(content)
    with pytest.raises(FolderError, match=rf"{first.name} is damaged at byte {len(MAGIC)}; restore the folder"):
        list(Log(tmp_path / "log").read(0))
    assert len(segments(tmp_path / "log")) == 2


def crashed(box: Box, folder: Path) -> Path:
    """The folder as a crash at this instant would leave it."""
    shutil.copytree(box.folder, folder)
    return folder


def test_a_start_reads_what_is_not_in_the_tables(box: Box, tmp_path: Path) -> None:
    """After a crash every acknowledged write is there once: small, large, partly refused, without a time."""
    box.write("cpap,mrn=1 v=1 1")
    assert len(box.read()) == 1  # this one is in the tables
    box.write("\n".join(f"cpap,mrn={i % 7} v={i},n={i}i {i}" for i in range(2, 300)))
    box.write('cpap,mrn=1 s="a\nb\\"c",b=true 7\nbed,room=a\\ b v=1.5 8')
    box.write("now,mrn=1 v=1")
    with pytest.raises(Exception, match="dropped=1"):
        box.write("cpap,mrn=1 v=9i 1\ncpap,mrn=1 v=9 1")
    after = crashed(box, tmp_path / "after")
    want = box.read()
    assert want["cpap", (("mrn", "1"),), "v", 1] == 9.0
    for _ in range(2):  # the second start finds nothing left to do
        found = Box(after)
        assert found.read() == want
        found.storage.close()
        assert segments(after / "log") == []


def test_a_crash_between_commit_and_release_stores_nothing_twice(box: Box, tmp_path: Path) -> None:
    """Records that the tables hold already are skipped: no row is there a second time, not even unseen."""
    box.write("\n".join(f"cpap,mrn={i % 7} v={i} {i}" for i in range(300)))
    log = crashed(box, tmp_path / "before") / "log"
    want = box.read()
    after = crashed(box, tmp_path / "after")
    shutil.rmtree(after / "log")
    shutil.copytree(log, after / "log")
    found = Box(after)
    assert found.read() == want
    with found.storage.snapshot() as view:
        assert view.execute("SELECT count(*) FROM p_float").fetchall() == [(300,)]
    found.write("cpap,mrn=1 v=7 1")  # and the numbers of new writes are above those that were skipped
    assert found.read()["cpap", (("mrn", "1"),), "v", 1] == 7.0
    found.storage.close()


def test_a_folder_of_the_first_format_is_taken_over(box: Box) -> None:
    """A folder that an older version wrote, without a log, is read and written on; the older one then refuses it."""
    box.write("cpap,mrn=1 v=1 1\ncpap,mrn=1 v=2 2")
    box.read()
    box.storage.close()
    connection = duckdb.connect(str(box.folder / FILE))
    connection.execute("DELETE FROM meta WHERE name = 'log'")
    connection.execute("UPDATE meta SET value = 1 WHERE name = 'format'")
    connection.close()
    shutil.rmtree(box.folder / "log")
    box.storage = Storage.open(box.folder)
    box.write("cpap,mrn=1 v=3 1")
    assert [value for _, value in sorted(box.read().items())] == [3.0, 2.0]
    box.reopen()
    assert [value for _, value in sorted(box.read().items())] == [3.0, 2.0]


def test_the_last_record_of_a_killed_server_is_whole_or_not_there(box: Box, tmp_path: Path) -> None:
    """A storage whose log is cut anywhere in its last record holds all writes before it, and none of the last."""
    for number in range(3):
        box.write("\n".join(f"cpap,mrn={i} v={number} {number}" for i in range(3)))
    folder = crashed(box, tmp_path / "crashed")
    path = segments(folder / "log")[0]
    ends = [end for _, end in read_segment(path)]
    for size in (*range(ends[1], ends[2], 31), ends[2] - 1):
        again = tmp_path / f"cut-{size}"
        shutil.copytree(folder, again)
        (again / "log" / path.name).open("r+b").truncate(size)
        found = Box(again)
        assert {time for _, _, _, time in found.read()} == {0, 1}
        found.storage.close()


def holding(folder: Path, text: str) -> list[str]:
    """The files of a folder that hold a text, but for the tables' own."""
    found = [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
    return sorted(path.suffix for path in found if path.suffix != ".duckdb")


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("watched", [False, True])
def test_no_log_holds_a_series_that_was_deleted(box: Box, restarted: bool, watched: bool) -> None:
    """Neither its tags nor its points, also while somebody reads and after a crash; what others have is all there."""
    box.write('cpap,mrn=leaves f=1,s="of leaves" 1\ncpap,mrn=stays f=2 2')
    box.storage.flush()
    assert holding(box.folder, "leaves") == [".log", ".wal"]
    if restarted:
        copy = box.folder.with_name("copy")
        shutil.copytree(box.folder, copy)
        box = Box(copy)
    storage = box.storage
    reader = storage.snapshot() if watched else None
    storage.delete([one for one in storage.series(box.bucket.id) if ("mrn", "leaves") in one.tags], MIN_NS, MAX_NS)
    assert holding(box.folder, "leaves") == []
    if reader is not None:
        reader.close()
    box.write("cpap,mrn=stays f=3 3")
    box.reopen()
    key = ("cpap", (("mrn", "stays"),), "f")
    assert box.read() == {(*key, 2): 2.0, (*key, 3): 3.0}
    if restarted:
        box.storage.close()


def test_a_log_that_is_to_go_goes_when_the_tables_hold_it(tmp_path: Path) -> None:
    """What came meanwhile is kept until then, in a segment of its own from the next record on."""
    log = Log(tmp_path / "log")
    log.append([record(1), record(2)])
    log.retire(1)
    assert len(segments(tmp_path / "log")) == 1
    log.append([record(3)])
    assert [path.stem for path in segments(tmp_path / "log")] == [f"{1:016d}", f"{3:016d}"]
    log.release(2)
    assert [path.stem for path in segments(tmp_path / "log")] == [f"{3:016d}"]
    log.retire(3)
    assert segments(tmp_path / "log") == []
    log.append([record(4)])
    assert [path.stem for path in segments(tmp_path / "log")] == [f"{4:016d}"]
