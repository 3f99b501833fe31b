"""What is written is read back: once, the last write winning, before and after compaction and restarts."""

import random
import threading
import time

import duckdb
import polars
import pytest

from influxlite.storage import (
    ClosedError,
    FolderError,
    LockedError,
    NameTakenError,
    PartialWriteError,
    Storage,
    make_bucket,
)
from influxlite.storage.tables import among
from tests.influxlite.conftest import Box, points

HOUR_NS = 3_600_000_000_000


def key(field: str, time: int, mrn: str = "1", measurement: str = "cpap") -> tuple:
    """The key of a point in `Box.read`."""
    return measurement, (("mrn", mrn),), field, time


def test_every_kind_is_read_back_exactly(box: Box) -> None:
    """All kinds keep their value to the last bit, at every nanosecond."""
    box.write('cpap,mrn=1 f=0.1,i=-9223372036854775808i,u=18446744073709551615u,b=true,s="Zürich 睡" -1')
    assert box.read() == {
        key("f", -1): 0.1,
        key("i", -1): -(2**63),
        key("u", -1): 2**64 - 1,
        key("b", -1): True,
        key("s", -1): "Zürich 睡",
    }


def test_the_range_is_half_open(box: Box) -> None:
    """A point at start is in, one at stop is not, to the nanosecond."""
    times = [0, 1, 999_999, 1_000_000, 1_000_001, 2_000_000]
    box.write("\n".join(f"cpap,mrn=1 v={t} {t}" for t in times))
    for start in times:
        for stop in times:
            assert sorted(box.read(start, stop)) == [key("v", t) for t in times if start <= t < stop]


def test_the_ends_of_time(box: Box) -> None:
    """The first and last instants that line protocol has are stored, overwritten, read again and deleted as others."""
    first, last = -(2**63) + 2, 2**63 - 2
    box.write(f"cpap,mrn=1 v=1 {first}\ncpap,mrn=1 v=2 {last}\ncpap,mrn=2 v=3 {first}")
    box.write(f"cpap,mrn=1 v=4 {first}")
    for change in (lambda: None, box.reopen, lambda: box.storage.maintenance.compact(everything=True), box.reopen):
        change()
        assert box.read() == {key("v", first): 4.0, key("v", last): 2.0, key("v", first, "2"): 3.0}
        assert box.read(first + 1, last) == {}
    box.storage.delete(box.storage.series(box.bucket.id), first + 1, last + 1)
    box.reopen()
    assert box.read() == {key("v", first): 4.0, key("v", first, "2"): 3.0}


def test_the_last_write_wins(box: Box) -> None:
    """Of two values of one instant the later stays: in a batch, over batches, after settling and restarts."""
    box.write("cpap,mrn=1 v=1 5\ncpap,mrn=1 v=2 5")
    assert box.read() == {key("v", 5): 2.0}
    box.write("cpap,mrn=1 v=3 5")
    assert box.read() == {key("v", 5): 3.0}
    box.storage.maintenance.compact()
    box.write("cpap,mrn=1 v=4 5\ncpap,mrn=1 v=9 6")
    assert box.read() == {key("v", 5): 4.0, key("v", 6): 9.0}
    box.reopen()
    assert box.read() == {key("v", 5): 4.0, key("v", 6): 9.0}
    box.storage.maintenance.compact(everything=True)
    assert box.read() == {key("v", 5): 4.0, key("v", 6): 9.0}
    assert not any(box.storage.index.doubtful.values())


def test_random_writes_agree_with_a_dictionary(box: Box) -> None:
    """Whatever mixture of late and repeated writes, deletes, compactions and restarts: reads equal a dictionary."""
    chance = random.Random(7)
    model: dict = {}
    for step in range(60):
        action = chance.random()
        if action < 0.75:
            lines = []
            for _ in range(chance.choice((1, 5, 700))):
                mrn, field = str(chance.randrange(4)), chance.choice("ab")
                instant, value = chance.randrange(60) * HOUR_NS, chance.randrange(1000)
                lines.append(f"cpap,mrn={mrn} {field}={value} {instant}")
                model[key(field, instant, mrn)] = float(value)
            box.write("\n".join(lines))
        elif action < 0.85:
            box.storage.maintenance.compact(everything=chance.random() < 0.5)
        elif action < 0.95:
            mrn, start = str(chance.randrange(4)), chance.randrange(60) * HOUR_NS
            stop = start + chance.randrange(20) * HOUR_NS
            chosen = [s for s in box.storage.series(box.bucket.id) if dict(s.tags)["mrn"] == mrn]
            box.storage.delete(chosen, start, stop)
            model = {k: v for k, v in model.items() if dict(k[1])["mrn"] != mrn or not start <= k[3] < stop}
        else:
            box.reopen()
        assert box.read() == model, f"step {step}"
        newest: dict = {}
        for (measurement, tags, field, instant), value in model.items():
            newest[measurement, tags, field] = max(
                newest.get((measurement, tags, field), (instant, value)), (instant, value)
            )
        series = box.storage.series(box.bucket.id)
        last = box.storage.last_values([s.id for s in series])
        assert {(s.measurement, s.tags, s.field): last[s.id] for s in series} == newest, f"step {step}"


@pytest.mark.parametrize("seed", range(4))
def test_every_range_agrees_with_a_dictionary(box: Box, seed: int) -> None:
    """Where some instants were written again, also across whole milliseconds: a range has each once, the last of it."""
    chance = random.Random(seed)
    model: dict = {}

    def instant() -> int:
        return chance.randrange(-20, 20) * 1_000_000 + chance.choice((0, 1, 999_999))

    for _ in range(12):
        again = chance.sample(sorted(model), min(len(model), chance.randrange(4)))
        fresh = [key("v", instant(), str(chance.randrange(3))) for _ in range(chance.randrange(1, 8))]
        lines = []
        for one in (*again, *fresh):
            value = chance.randrange(10**6)
            lines.append(f"cpap,mrn={one[1][0][1]} v={value} {one[3]}")
            model[one] = float(value)
        box.write("\n".join(lines))
        if chance.random() < 0.2:
            box.storage.maintenance.compact()
        for _ in range(6):
            start, stop = sorted((instant(), instant()))
            assert box.read(start, stop) == {k: v for k, v in model.items() if start <= k[3] < stop}, (start, stop)
    assert box.read() == model


def test_only_the_doubtful_part_of_a_range_is_resolved(box: Box) -> None:
    """A night's rows are not looked through for the sake of one that was written again in its last minute."""
    box.write("\n".join(f"cpap,mrn=1 v={i} {i * HOUR_NS}" for i in range(100)))
    box.storage.maintenance.compact()
    box.write(f"cpap,mrn=1 v=-1 {98 * HOUR_NS}")
    ids = [s.id for s in box.storage.series(box.bucket.id)]
    with box.storage.snapshot() as view:
        assert "GROUP BY" not in view.points_sql("float", ids, 0, 98 * HOUR_NS)
        parts = view.points_sql("float", ids, 0, 100 * HOUR_NS).split(" UNION ALL ")
        (resolved,) = [part for part in parts if "GROUP BY" in part]
        assert [row[2] for row in view.execute(resolved).fetchall()] == [-1.0]
        assert sum(len(view.execute(part).fetchall()) for part in parts) == 100


def test_a_view_does_not_change(box: Box) -> None:
    """What is written, settled or deleted after a view began is not seen in it."""
    box.write("cpap,mrn=1 v=1 5\ncpap,mrn=1 v=2 6")
    box.write("cpap,mrn=1 v=3 5")
    series = [s.id for s in box.storage.series(box.bucket.id)]
    with box.storage.snapshot() as view:
        before = sorted(points(view, "float", series, 0, 100))
        box.write("cpap,mrn=1 v=8 5\ncpap,mrn=1 v=9 7")
        box.storage.maintenance.compact(everything=True)
        box.storage.delete(box.storage.series(box.bucket.id), 6, 7)
        assert sorted(points(view, "float", series, 0, 100)) == before
        assert [row[1:] for row in before] == [(5, 3.0), (6, 2.0)]
    assert box.read() == {key("v", 5): 8.0, key("v", 7): 9.0}


def test_readers_beside_a_writer_see_each_instant_once(box: Box) -> None:
    """Views taken while rows are written twice and settled all the time hold every instant once and lose none."""
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            box.write("\n".join(f"cpap,mrn={i % 3} v={i} {i * HOUR_NS}" for i in range(300)))
            box.storage.maintenance.compact()

    box.write("\n".join(f"cpap,mrn={i % 3} v={i} {i * HOUR_NS}" for i in range(300)))
    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for _ in range(40):
            assert len(box.read()) == 300
    finally:
        stop.set()
        writer.join()


def test_many_series_are_read_by_one_statement(box: Box) -> None:
    """A read of a thousand scattered series gives exactly theirs."""
    box.write("\n".join(f"cpap,mrn={i} v={i} {i}" for i in range(2_500)))
    wanted = [s.id for s in box.storage.series(box.bucket.id) if s.id % 2]
    with box.storage.snapshot() as view:
        rows = points(view, "float", wanted, 0, 10_000)
    assert sorted(row[0] for row in rows) == sorted(wanted)


def test_a_view_can_be_interrupted(box: Box) -> None:
    """`interrupt` from another thread ends what runs in a view."""
    with box.storage.snapshot() as view:
        timer = threading.Timer(0.2, view.interrupt)
        timer.start()
        with pytest.raises(duckdb.InterruptException):
            view.execute(
                "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range % 7 = b.range % 11"
            ).fetchall()
        timer.join()


def test_a_field_keeps_its_kind_until_it_is_deleted(box: Box) -> None:
    """A point of another kind is refused whole, the rest is stored; after a delete the field is free."""
    box.write("cpap,mrn=1 v=1 1")
    with pytest.raises(PartialWriteError, match="is type integer, already exists as type float dropped=1"):
        box.write("cpap,mrn=1 w=7,v=1i 2\ncpap,mrn=1 v=3 3")
    assert box.read() == {key("v", 1): 1.0, key("v", 3): 3.0}
    box.storage.delete(box.storage.series(box.bucket.id), -(2**63), 2**63 - 1)
    assert box.storage.series(box.bucket.id) == []
    box.write("cpap,mrn=1 v=1i 2")
    assert box.read() == {key("v", 2): 1}
    box.reopen()
    assert [s.kind for s in box.storage.series(box.bucket.id)] == ["integer"]


def test_a_kind_conflict_in_a_large_batch_drops_only_its_points(box: Box) -> None:
    """The fast path leaves a batch with a conflict to the careful one."""
    box.write("cpap,mrn=1 v=1i 1")
    with pytest.raises(PartialWriteError, match=r"dropped=100$"):
        box.write("\n".join(f"cpap,mrn={i} v={i}.0 {i}" for i in range(2, 102)))
    assert box.read() == {key("v", 1): 1}


def test_ids_are_never_used_again(box: Box) -> None:
    """A series made after a delete has an id above all before, also after a restart."""
    box.write("cpap,mrn=1 v=1 1\ncpap,mrn=2 v=1 1")
    highest = max(s.id for s in box.storage.series(box.bucket.id))
    box.storage.delete(box.storage.series(box.bucket.id), 0, 10)
    box.reopen()
    box.write("cpap,mrn=3 v=1 1")
    assert [s.id for s in box.storage.series(box.bucket.id)] == [highest + 1]


def test_retention_refuses_and_removes(box: Box) -> None:
    """Points before the retention are refused as InfluxDB does; those that have become too old are removed."""
    bucket = box.storage.save(make_bucket(box.org.id, "short", retention_s=3600))
    now = time.time_ns()
    with pytest.raises(
        PartialWriteError, match=r"dropped 1 points outside retention policy of duration 1h0m0s - oldest"
    ) as told:
        box.write(f"cpap,mrn=1 v=1 {now - 2 * HOUR_NS}\ncpap,mrn=1 v=2 {now}", bucket)
    assert str(told.value).endswith(f"dropped=1 for database: {bucket.id} for retention policy: autogen")
    assert list(box.read(bucket=bucket).values()) == [2.0]
    forever = box.storage.save(make_bucket(box.org.id, "long"))
    box.write(f"cpap,mrn=1 v=1 {now - 2 * HOUR_NS}\ncpap,mrn=1 v=2 {now}", forever)
    from influxlite.storage import changed

    box.storage.save(changed(forever, retention_s=3600))
    box.storage.maintenance.expire()
    assert list(box.read(bucket=forever).values()) == [2.0]


def test_a_dropped_bucket_takes_its_points_along(box: Box) -> None:
    """Its points and series are gone from the tables, those of other buckets stay."""
    other = box.storage.save(make_bucket(box.org.id, "other"))
    box.write("cpap,mrn=1 v=1 1", other)
    box.write("cpap,mrn=1 v=2 1")
    box.storage.drop(other)
    assert box.storage.find_bucket(box.org.id, name="other") is None
    assert box.read() == {key("v", 1): 2.0}
    with box.storage.snapshot() as view:
        assert view.execute("SELECT count(*) FROM p_float").fetchall() == [(1,)]
        assert view.execute("SELECT count(*) FROM series").fetchall() == [(1,)]


def test_two_storages_do_not_open_one_folder(box: Box) -> None:
    """The second is told who holds it; after the first is closed it may."""
    with pytest.raises(LockedError, match="in use by another influxlite"):
        Storage.open(box.folder)
    box.reopen()


def test_a_folder_that_cannot_be_made_is_named(tmp_path) -> None:
    """The error says which folder, and why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=r"cannot write to the data folder .*file/data: Not a directory"):
        Storage.open(tmp_path / "file" / "data")


def test_names_are_unique(box: Box) -> None:
    """A second bucket of one name in an organization is refused, in memory and on disk."""
    with pytest.raises(NameTakenError):
        box.storage.save(make_bucket(box.org.id, "telemetry"))
    assert [b.name for b in box.storage.buckets(box.org.id)] == ["_monitoring", "_tasks", "telemetry"]


def test_a_closed_storage_says_so(box: Box) -> None:
    """After `close` a write is refused with a sentence."""
    box.storage.close()
    with pytest.raises(ClosedError):
        box.write("cpap,mrn=1 v=1 1")
    box.reopen()


def test_extensions_cannot_be_loaded(box: Box) -> None:
    """DuckDB neither installs nor loads anything by itself, and memory and threads are bounded."""
    with box.storage.snapshot() as view:
        settings = dict(
            view.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name IN ('autoinstall_known_extensions',"
                " 'autoload_known_extensions', 'threads', 'memory_limit', 'max_temp_directory_size')"
            ).fetchall()
        )
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"
    assert settings["threads"] == "2"
    assert settings["memory_limit"].startswith("244")  # 256 MB in MiB
    assert "MiB" in settings["max_temp_directory_size"]


@pytest.mark.parametrize("ids", [[1], [1, 2], [1, 2, 3], [1, 3, 5], [1, 2, 3, 7, 9, 10, 11, 12]])
def test_among_means_these_ids(ids: list[int]) -> None:
    """The condition selects exactly the ids, however it is written."""
    frame = polars.DataFrame({"series": list(range(20))})
    connection = duckdb.connect()
    connection.register("f", frame.to_arrow())
    found = connection.execute(f"SELECT series FROM f WHERE {among(ids)} ORDER BY series").fetchall()
    assert [row[0] for row in found] == ids


def test_concurrent_writes_share_commits(box: Box) -> None:
    """Writes that wait together are committed together: many fewer commits than writes, and each is there."""
    before = box.storage.committer.commits
    start = threading.Barrier(16)

    def post(writer: int) -> None:
        start.wait()
        for number in range(25):
            box.write(f"cpap,mrn={writer} v={number} {number}")

    threads = [threading.Thread(target=post, args=(writer,)) for writer in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(box.read()) == 16 * 25
    assert box.storage.committer.commits - before < 16 * 25 / 2


def test_of_two_writes_in_one_commit_the_later_wins(box: Box) -> None:
    """Batches of both forms and single points that share a commit keep their order."""
    release = threading.Event()
    from influxlite import line_protocol
    from influxlite.storage.committer import Write

    first = Write(box.bucket, line_protocol.parse(b"other v=1 1"))
    first.when_settled(release.wait)  # holds the committer until all are queued
    box.storage.committer.submit(first)
    large = "\n".join(f"cpap,mrn={i} v={{0}} 1" for i in range(100))
    writes = []
    for text in (large.format(1), "cpap,mrn=5 v=2 1", large.format(3), "cpap,mrn=7 v=4 1\ncpap,mrn=7 v=5 1"):
        writes.append(Write(box.bucket, line_protocol.parse(text.encode())))
        box.storage.committer.submit(writes[-1])
    while not box.storage.committer.commits:
        time.sleep(0.001)
    commits = box.storage.committer.commits
    release.set()
    for write in writes:
        write.wait()
    assert box.storage.committer.commits == commits + 1
    found = box.read()
    del found["other", (), "v", 1]
    assert found[key("v", 1, "5")] == 3.0
    assert found[key("v", 1, "7")] == 5.0
    assert set(found.values()) == {3.0, 5.0}
