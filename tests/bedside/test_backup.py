"""Backups are whole, taken while readings come, and come back as they were, or nothing changes."""

import gzip
import io
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bedside.errors import Failure
from bedside.keep import points, switch
from bedside.keep.archive import writing
from bedside.keep.backup import backup, name_of_copy
from bedside.keep.damaged import Damaged
from bedside.keep.keys import for_recipients, make_key
from bedside.keep.restore import restore
from bedside.settings import Settings
from simulator import FAULTS, SimulateOptions, simulate
from simulator.flux import Influx as AskedInflux
from simulator.ledger import load
from simulator.report import Verdict
from simulator.verify import matches, verify_points
from simulator.verify import points as stored_points
from simulator.verify_stays import FOREVER_MS, Interval, verify_stay_points
from tests.bedside.keeping import NAME, buckets_like, connection, family, filled, fingerprint, settings_on, silent
from tests.bedside.running_up import Up
from tests.influx_servers import Influx
from tests.ingest.conftest import start_ward

TYPES = (
    'cpap,mrn=5,room=1 rate=14.2,cpap_pressure=1e-7,apnea_count=-3i,mask_on=true,image="a" 1768082400000000001',
    "cpap,mrn=5001,room=101 breath_rate=0.1,spo2=1.7976931348623157e308,mask_on=false 1768082460000000000",
    r'odd\ one,a\,b=c\=d,room=\ x u\ v="say \"a\\b\", é☃",n=18446744073709551615u 1768082400000000000',
    'odd\\ one text="",long="first\nsecond" -9000000000000000000',
    "odd\\ one whole=-9223372036854775808i 9000000000000000000",
)


@pytest.fixture
def folder(influx: Influx, tmp_path: Path) -> Iterator[Settings]:
    """A folder with two patients, an image and a turnover, whose points are in a bucket of the InfluxDB."""
    with filled(influx, tmp_path / "data") as settings:
        yield settings


@pytest.fixture
def taken(folder: Settings, tmp_path: Path) -> Path:
    """A backup of that folder."""
    return backup(folder, tmp_path / "ward.tar", silent).path


def everything(influx: Influx, bucket: str) -> list[str]:
    """All points of a bucket, as line protocol, sorted."""
    with closing(connection(influx)) as asked:
        return sorted(line for piece in points.each(asked, bucket) for line in piece.text.split("\n"))


def rows(data: Path, sql: str) -> list[Any]:
    """What the folder's database answers."""
    with closing(sqlite3.connect(f"{(data / 'bedside.db').as_uri()}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def test_points_come_back_as_the_same_points(influx: Influx) -> None:
    """Values of every type, odd names and far times: read as line protocol and written elsewhere they are the same."""
    with influx.bucket() as one, influx.bucket() as other:
        assert influx.write(one, "\n".join(TYPES)).status_code == 204
        with closing(connection(influx)) as asked:
            pieces = list(points.each(asked, one))
            assert sum(piece.points for piece in pieces) == len(TYPES)
            assert sum(piece.values for piece in pieces) == points.count(asked, one) == 13
            for piece in pieces:
                assert influx.write(other, piece.text).status_code == 204
            flux = f'{points.between("{}", points.EARLIEST_NS, points.LATEST_NS)} |> sort(columns: ["_time"])'
            answers = [asked.ask(flux.replace("{}", name)) for name in (one, other)]
        assert len(answers[0]) == len(answers[1]) > 0
        for before, after in zip(*answers, strict=True):
            assert before.frame.equals(after.frame)


def test_pieces_are_bounded_and_hold_each_value_once(influx: Influx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever number of values a question aims at, together the pieces are the bucket, and none is much larger."""
    lines = [f"m,s={s} a={i},b={i}i {(i * 17_000 + s) * 10**9}" for s in range(3) for i in range(400)]
    monkeypatch.setattr(points, "AIM_VALUES", 100)
    with influx.bucket() as bucket, closing(connection(influx)) as asked:
        assert influx.write(bucket, "\n".join(lines)).status_code == 204
        pieces = list(points.each(asked, bucket))
    assert sum(piece.values for piece in pieces) == 2 * len(lines)
    assert len({line for piece in pieces for line in piece.text.split("\n")}) == len(lines)
    assert max(piece.values for piece in pieces) <= 100


def test_floats_are_the_same_to_the_last_bit() -> None:
    """The text of a float, as it stands in a backup, is that float again."""
    values = [0.1 + 0.2, 1 / 3, 5e-324, 1e22, 123456789012345680.0, -0.0, 1e16, 2.2250738585072014e-308]
    texts = pl.Series(values).cast(pl.String())
    assert [float(text) for text in texts] == values
    assert texts.str.contains(r"^-?\d+(\.\d+)?(e[+-]?\d+)?$").all()


def test_what_was_acknowledged_before_comes_back_under_load(tmp_path: Path) -> None:
    """Taken and encrypted while a ward with every fault posts: all that was acknowledged before comes back, once."""
    up = Up(tmp_path / "data").start()
    stop, begun = threading.Event(), threading.Event()
    ledger, before = tmp_path / "ledger.jsonl", tmp_path / "before.jsonl"
    token = (up.data / "secrets" / "admin-token").read_text().strip()
    options = SimulateOptions(
        url=f"http://127.0.0.1:{up.port}",
        token=token,
        clinician_token=token,
        rooms=4,
        hours=480,
        rate=1000,  # it lasts two minutes at least, however slow the machine is at taking a backup
        faults=tuple(FAULTS),
        ledger=ledger,
        batch_size=20,
    )
    recipient = up.ask("backup", "--make-key", str(tmp_path / "key")).stdout.strip()

    def tell(progress: Any) -> None:
        if progress.done > 3_000:
            begun.set()

    posting = threading.Thread(target=simulate, args=(options, tell, stop))
    posting.start()
    assert begun.wait(120)
    shutil.copy(ledger, before)
    told = up.ask("backup", "--to", str(tmp_path / "ward.tar.age"), "--recipient", recipient, "--json")
    assert told.returncode == 0, told.stderr
    assert posting.is_alive(), "the ward was over before the backup was: nothing was shown"
    stop.set()
    posting.join()
    up.stop()

    new = Up(tmp_path / "new")
    told = new.ask("restore", str(tmp_path / "ward.tar.age"), "--identity", str(tmp_path / "key"))
    assert told.returncode == 0, told.stderr
    assert "counted back" in told.stdout
    new.start()
    try:
        token = (new.data / "secrets" / "admin-token").read_text().strip()
        influx = AskedInflux(f"http://127.0.0.1:{new.influx_port}", "ward", "telemetry", token)
        while rows(new.data, "SELECT count(*) FROM outbox") != [(0,)]:
            pass
        check_ledger(influx, before, ledger)
        check_stays(new.data, influx)
    finally:
        new.stop()


def check_ledger(influx: AskedInflux, before: Path, after: Path) -> None:
    """What was acknowledged when the backup began is stored once, as it was sent, and nothing that was not sent."""
    sure = [entry for entry in load(before).entries.values() if entry.time_ms is not None]
    assert len(sure) > 1_000
    for room in sorted({entry.room for entry in sure}):
        found = stored_points(influx, room)
        for entry in sure:
            if entry.room == room and entry.time_ms is not None:
                fields = found[entry.mrn, entry.time_ms]
                for name, value in entry.acknowledged.items():
                    assert len(fields[name]) == 1
                    assert matches(value, fields[name][0])
    verdict = Verdict()
    verify_points(influx, load(after), verdict, settle_s=0)  # what came after the backup is lost, as it must be
    assert (verdict.doubled, verdict.misattributed, verdict.unknown, verdict.times) == (0, 0, 0, 0), verdict.examples


def check_stays(data: Path, influx: AskedInflux) -> None:
    """The stays in the database and their points agree."""
    by_room: dict[str, list[Interval]] = {}
    for room, mrn, begin, end in rows(data, "SELECT room, mrn, from_ms, to_ms FROM stays"):
        by_room.setdefault(room, []).append(Interval(room, mrn, begin, FOREVER_MS if end is None else end))
    verdict = Verdict()
    verify_stay_points(influx, by_room, verdict, settle_s=0)
    assert sum(map(len, by_room.values())) > 3
    assert verdict.ok, verdict.examples


def test_a_folder_comes_back_as_it_was(folder: Settings, taken: Path, influx: Influx, tmp_path: Path) -> None:
    """Into an empty folder and bucket: every row, image and point, the secret, and no token of this machine."""
    with family(influx) as bucket:
        new = settings_on(tmp_path / "new", influx, bucket)
        done = restore(new, taken, silent)
        assert (done.aside, done.buckets_aside) == (None, ())
        assert everything(influx, bucket) == everything(influx, folder.influx_bucket)
    for sql in ("SELECT * FROM patients", "SELECT * FROM stays", "SELECT * FROM receipts", "SELECT * FROM tokens"):
        assert rows(new.data, sql) == rows(folder.data, sql)
    assert (new.data / "secret.key").read_bytes() == (folder.data / "secret.key").read_bytes()
    old, there = fingerprint(folder.data), fingerprint(new.data)
    assert {n for n in there if n.startswith("images")} == {n for n in old if n.startswith("images")} != set()
    assert not (new.data / "secrets").exists()
    assert oct(taken.stat().st_mode)[-3:] == "600"


def test_replacing_puts_aside_what_was_there(folder: Settings, taken: Path, influx: Influx) -> None:
    """Only with --replace; the old folder and the old bucket are kept under the names that are told."""
    before, old = everything(influx, folder.influx_bucket), fingerprint(folder.data)
    assert influx.write(folder.influx_bucket, "cpap,mrn=9,room=9 spo2=90 1").status_code == 204
    with pytest.raises(Failure, match="give --replace"):
        restore(folder, taken, silent)
    assert fingerprint(folder.data) == old
    done = restore(folder, taken, silent, replace=True)
    assert done.aside is not None
    assert fingerprint(done.aside) == old
    assert everything(influx, folder.influx_bucket) == before
    aside = next(name for name in done.buckets_aside if name.startswith(f"{folder.influx_bucket}-before-"))
    assert len(everything(influx, aside)) == len(before) + 1
    assert rows(folder.data, "SELECT name FROM patients WHERE mrn=7") == [("Ada Park",)]


def test_an_empty_folder_does_not_overwrite_an_influxdb(
    folder: Settings, taken: Path, influx: Influx, tmp_path: Path
) -> None:
    """An InfluxDB that holds points is not written to without --replace, and nothing is left of the attempt."""
    new, buckets = (
        settings_on(tmp_path / "new", influx, folder.influx_bucket),
        buckets_like(influx, folder.influx_bucket),
    )
    with pytest.raises(Failure, match="holds points already"):
        restore(new, taken, silent)
    assert fingerprint(new.data) == {}
    assert buckets_like(influx, folder.influx_bucket) == buckets


def test_retention_does_not_eat_what_is_restored(folder: Settings, influx: Influx, tmp_path: Path) -> None:
    """A bucket that keeps points for a day takes ten months old ones while they are counted, then keeps a day again."""
    archive = tmp_path / "old.tar"
    taken = backup(folder, archive, silent)
    (raw,) = [one for one in taken.manifest["buckets"] if not one["ending"]]
    assert raw["retention_s"] == 0
    with influx.bucket(retention_s=86_400) as bucket:
        done = restore(settings_on(tmp_path / "new", influx, bucket), archive, silent)
    assert done.manifest["buckets"] == taken.manifest["buckets"]


def test_a_server_that_runs_is_not_replaced(influx: Influx, tmp_path: Path, taken: Path) -> None:
    """While a server holds the folder's lock, a restore is refused even with --replace."""
    data = tmp_path / "running"
    ward = start_ward(data)
    try:
        with pytest.raises(Failure, match="ingest runs on"):
            restore(settings_on(data), taken, silent, replace=True)
    finally:
        ward.stop()
    assert not (data / switch.STAGING).exists()


def damages(file: Path) -> Iterator[tuple[str, bytes]]:
    """The archive with each member flipped in its head and in its content, cut at several places, and lengthened."""
    whole = file.read_bytes()
    with tarfile.open(file) as tar:
        for member in tar:
            for place in (member.offset + 100, member.offset_data, member.offset_data + member.size // 2):
                yield (
                    f"{member.name} flipped at {place}",
                    whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
                )
            yield f"cut within {member.name}", whole[: member.offset_data + member.size // 2]
            yield f"cut before {member.name}", whole[: member.offset]
    yield "without its last byte", whole[:-1]
    yield "with a byte more", whole + b"x"
    yield "nothing", b""


def test_a_damaged_archive_changes_nothing(taken: Path, tmp_path: Path) -> None:
    """Whichever member is flipped, and wherever the file is cut: it is refused, and the folder is as it was."""
    data = tmp_path / "target"
    data.mkdir()
    (data / "bedside.db").write_text("the old one")
    before, broken = fingerprint(data), tmp_path / "broken.tar"
    tried = 0
    for how, content in damages(taken):
        broken.write_bytes(content)
        with pytest.raises(Damaged, match="Nothing was changed"):
            restore(settings_on(data), broken, silent, replace=True)
        assert fingerprint(data) == before, how
        tried += 1
    assert tried > 30


def test_members_in_another_order_are_refused(taken: Path, tmp_path: Path) -> None:
    """Each is as it was, and none is missing; but nobody who writes backups wrote that one."""
    with tarfile.open(taken) as tar:
        held = [(member, file.read()) for member in tar if (file := tar.extractfile(member))]
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w", format=tarfile.USTAR_FORMAT) as tar:
        for member, content in (*reversed(held[:-1]), held[-1]):
            tar.addfile(member, io.BytesIO(content))
    assert evil.stat().st_size == taken.stat().st_size
    with pytest.raises(Damaged, match="in another order"):
        restore(settings_on(tmp_path / "target"), evil, silent)
    assert switch.occupied(tmp_path / "target") == []


def test_a_member_that_reaches_out_is_refused(taken: Path, tmp_path: Path) -> None:
    """Links and names outside of what a backup holds are not unpacked, however well the manifest may list them."""
    for number, (name, kind) in enumerate((("../evil", tarfile.REGTYPE), ("images/link", tarfile.SYMTYPE))):
        evil = tmp_path / f"evil-{number}.tar"
        shutil.copy(taken, evil)
        with tarfile.open(evil, "w") as tar:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
        with pytest.raises(Damaged):
            restore(settings_on(tmp_path / "target"), evil, silent)
    assert not (tmp_path / "evil").exists()


def forged(taken: Path, to: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """The archive with its members and its manifest changed, and sealed as whoever can write a file can seal it."""
    with tarfile.open(taken) as tar:
        held = {member.name: file.read() for member in tar if (file := tar.extractfile(member))}
    manifest = json.loads(held.pop("manifest.json"))
    change(held, manifest)
    facts = {name: value for name, value in manifest.items() if name not in ("format", "sha256", "members")}
    to.unlink(missing_ok=True)
    with writing(to) as writer:
        for name, content in held.items():
            writer.add(name, content)
        writer.finish(facts)
    return to


def test_points_that_unpack_to_very_much_are_refused(
    taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of a few bytes may be gigabytes of nothing, or none at all: memory has a bound, and nothing changes."""
    monkeypatch.setattr("bedside.keep.restore.PART_BYTES", 2**20)
    name = "points/raw/000001.lp.gz"
    for why, content in (
        ("more than 1 MiB", gzip.compress(b"\n" * 2**22)),
        ("break off", gzip.compress(b"# nothing")[:-9]),
        ("cannot be unpacked", b"no gzip"),
    ):
        evil = forged(taken, tmp_path / "evil.tar", lambda held, _, content=content: held.update({name: content}))
        with pytest.raises(Damaged, match=why):
            restore(settings_on(tmp_path / "target"), evil, silent)
    assert switch.occupied(tmp_path / "target") == []


@pytest.mark.parametrize("holes", ["0,0", "", "-1,x"])
def test_a_sparse_member_is_refused(tmp_path: Path, holes: str) -> None:
    """A file of nothing but holes is a kilobyte in the archive and would fill any disk; so is one with broken ones."""
    digest = "0" * 64
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo(f"images/00/{digest}")
        member.pax_headers = {"GNU.sparse.size": str(2**30), "GNU.sparse.numblocks": "0", "GNU.sparse.map": holes}
        tar.addfile(member)
    with pytest.raises(Damaged, match="should not be there" if holes == "0,0" else "its headers are none"):
        restore(settings_on(tmp_path / "target"), evil, silent)


@pytest.mark.parametrize("lacking", ["buckets", "counts", "schema", "id"])
def test_a_manifest_that_is_none_is_refused(taken: Path, tmp_path: Path, lacking: str) -> None:
    """A manifest that lacks something, or has something else in its place, is no fault of the program."""
    for other in (None, 5, [{"ending": 7}]):
        evil = forged(taken, tmp_path / "evil.tar", lambda _, manifest, other=other: manifest.update({lacking: other}))
        with pytest.raises(Damaged, match="its manifest is none"):
            restore(settings_on(tmp_path / "target"), evil, silent)


def test_nobody_else_leads_a_backup_elsewhere(folder: Settings, tmp_path: Path) -> None:
    """Where others may write as well, what they put in a backup's way is neither written to nor followed."""
    others = tmp_path / "others"
    others.write_text("not to be touched")
    target = tmp_path / "ward.tar"
    for name in ("ward.tar.partial", name_of_copy(target, os.getpid())):
        (tmp_path / name).symlink_to(others)
    watched = (tmp_path / "ward.tar.partial").resolve()
    backup(folder, target, silent)
    assert watched.read_text() == "not to be touched"
    assert target.is_file()
    assert not target.is_symlink()
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("encrypted", [False, True])
def test_names_that_a_killed_backup_has_left_go_with_the_next_one(
    folder: Settings, tmp_path: Path, encrypted: bool
) -> None:
    """Whatever the next one is called; the copy of one that still runs stays, and so do other files."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    place = folder.data if encrypted else tmp_path
    killed, running = (place / name_of_copy(Path(f"of-{p}.tar"), p) for p in (dead.pid, os.getppid()))
    others = place / ".elsewhere.identity.db"
    for file in (killed, running, others, killed.with_name(f"{killed.name}-journal")):
        file.write_text(NAME)
    lock = for_recipients([make_key(tmp_path / "key")]) if encrypted else None
    backup(folder, tmp_path / "ward.tar", silent, lock=lock)
    assert {file.name for file in place.glob(".*.identity.db*")} == {running.name, others.name}
    running.unlink()
    others.unlink()


def test_what_cannot_be_taken_away_is_in_no_backups_way(folder: Settings, tmp_path: Path) -> None:
    """In a folder where many may write, what another's killed backup has left may be theirs alone to remove."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / name_of_copy(Path("theirs.tar"), dead.pid)).mkdir()
    backup(folder, tmp_path / "ward.tar", silent)
    assert (tmp_path / "ward.tar").is_file()


class Killed(BaseException):
    """Stands for the end of the process at that instant."""


def test_a_kill_at_any_rename_leaves_a_way_on(
    folder: Settings, taken: Path, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended before each rename of the switch, a restore is finished by the next one, and the result is the same."""
    before = everything(influx, folder.influx_bucket)
    images = {name for name in fingerprint(folder.data) if name.startswith("images/")}
    original: Callable[..., Any] = Path.rename
    stages = 0
    for stage in itertools.count():
        left = iter(range(stage))

        def rename(self: Path, target: Path, left: Iterator[int] = left) -> Any:
            if (folder.data / switch.JOURNAL).exists() and next(left, None) is None:
                raise Killed
            return original(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            try:
                restore(folder, taken, silent, replace=True)
                break
            except Killed:
                stages += 1
        assert (folder.data / switch.JOURNAL).exists()
        assert restore(folder, taken, silent).finished
        assert not (folder.data / switch.JOURNAL).exists()
        assert not (folder.data / switch.STAGING).exists()
        assert everything(influx, folder.influx_bucket) == before
        assert rows(folder.data, "SELECT count(*) FROM receipts") == [(3,)]
        assert {"bedside.db", "secret.key", *images} <= fingerprint(folder.data).keys()
        for aside in folder.data.glob("before-*"):
            shutil.rmtree(aside)
    assert stages > 5


def test_a_restore_that_is_killed_before_it_is_decided_changed_nothing(
    folder: Settings, taken: Path, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended while points are written, the old is as it was; the next restore begins anew and comes to its end."""
    before, old = everything(influx, folder.influx_bucket), fingerprint(folder.data)

    def tell(what: str, done: int, total: int) -> None:
        if what == "points":
            raise Killed

    with pytest.raises(Killed):
        restore(folder, taken, tell, replace=True)
    there = {name: digest for name, digest in fingerprint(folder.data).items() if not name.startswith(switch.STAGING)}
    assert there == old
    assert everything(influx, folder.influx_bucket) == before
    (folder.data / switch.STAGING).mkdir()  # a kill leaves more behind than an exception does
    (folder.data / switch.STAGING / "bedside.db").write_text("half")
    restore(folder, taken, silent, replace=True)
    assert rows(folder.data, "SELECT count(*) FROM receipts") == [(3,)]
    assert everything(influx, folder.influx_bucket) == before
    assert not [name for name in buckets_like(influx, folder.influx_bucket) if name.endswith("-restoring")]


def test_a_turnover_meanwhile_does_not_end_a_stay_twice(folder: Settings, influx: Influx, tmp_path: Path) -> None:
    """Points of stays are those of the copy: what InfluxDB heard since is left out, what it lost since is there."""
    late = (
        'stay,mrn=8,room=1 event="left" 1768090000000000000\nstay,mrn=1,room=unknown event="left" 1768090000000000000'
    )
    assert influx.write(folder.influx_bucket, late).status_code == 204
    archive = backup(folder, tmp_path / "later.tar", silent).path
    with family(influx) as bucket:
        restore(settings_on(tmp_path / "new", influx, bucket), archive, silent)
        told = [line for line in everything(influx, bucket) if line.startswith("stay")]
    assert told == [
        'stay,mrn=1,room=unknown event="left" 1768090000000000000',
        'stay,mrn=7,room=1 event="admitted" 1768082400000000000',
        'stay,mrn=7,room=1 event="left" 1768082520000000000',
        'stay,mrn=8,room=1 event="admitted" 1768082520000000000',
    ]


def test_a_backup_that_fails_leaves_no_file(folder: Settings, tmp_path: Path) -> None:
    """Without an InfluxDB to ask there is no backup, no half of one, and no copy of the names."""
    away = replace(folder, influx_url="http://127.0.0.1:9")
    target = tmp_path / "kept" / "ward.tar"
    target.parent.mkdir()
    with pytest.raises(Failure, match="nobody answers"):
        backup(away, target, silent)
    assert list(target.parent.iterdir()) == []


def test_a_file_is_never_overwritten(folder: Settings, taken: Path) -> None:
    """A second backup to the same file is refused, and the first is as it was."""
    before = taken.read_bytes()
    with pytest.raises(Failure, match="is there already"):
        backup(folder, taken, silent)
    assert taken.read_bytes() == before


def test_the_manifest_can_be_read_by_anyone(taken: Path) -> None:
    """It is JSON, names no patient, and lists every other member."""
    with tarfile.open(taken) as tar:
        names = tar.getnames()
        file = tar.extractfile("manifest.json")
        assert file is not None
        manifest = json.load(file)
    assert names[-1] == "manifest.json"
    assert [member["name"] for member in manifest["members"]] == names[:-1]
    assert "Ada Park" not in json.dumps(manifest)
    assert manifest["counts"]["receipts"] == 3
