"""An encrypted backup is read by whoever has its key and by nobody else, and is whole or changes nothing."""

import gzip
import hashlib
import io
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner
from pyrage import x25519

from bedside.cli import cli
from bedside.errors import Failure
from bedside.keep.backup import backup
from bedside.keep.damaged import Damaged
from bedside.keep.keys import Key, Lock, for_recipients, make_key, read_identities, read_passphrase, with_passphrase
from bedside.keep.restore import restore
from bedside.settings import Settings
from ingest.audit import audit_file, entries, last_line, verify
from tests.bedside.keeping import NAME, family, filled, fingerprint, settings_on, silent
from tests.influx_servers import Influx, influxlite

KINDS = ("recipients", "passphrase")
PASSPHRASE = "correct horse battery staple"
CLEAR = (NAME.encode(), b"SQLite format", b"manifest.json", PASSPHRASE.encode(), b"AGE-SECRET-KEY")


@dataclass(frozen=True)
class Taken:
    """A backup, what it is of, and what opens it."""

    of: Settings
    file: Path
    lock: Lock
    key: Key


def pair(kind: str, folder: Path) -> tuple[Lock, Key]:
    """What closes a backup and what opens it, both from files as a person makes them."""
    file = folder / kind
    if kind == "passphrase":
        file.write_text(PASSPHRASE + "\n")
        return with_passphrase(file), Key(passphrase=read_passphrase(file))
    recipient = make_key(file)
    return for_recipients([str(x25519.Identity.generate().to_public()), recipient]), read_identities(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A folder with two patients, an image and a turnover, and the InfluxDB that has its points."""
    place = tmp_path_factory.mktemp("folder")
    with influxlite(place) as influx, filled(influx, place / "data") as settings:
        image = os.urandom(250_000)  # so that a backup has several of age's pieces
        name = hashlib.sha256(image).hexdigest()
        (settings.data / "images" / name[:2]).mkdir(exist_ok=True)
        (settings.data / "images" / name[:2] / name).write_bytes(image)
        yield settings


@pytest.fixture(scope="module", params=KINDS)
def taken(request: pytest.FixtureRequest, folder: Settings, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """A backup of it, of each kind; while it was written nothing was in the clear beside it."""
    place = tmp_path_factory.mktemp("taken")
    lock, key = pair(request.param, tmp_path_factory.mktemp("keys"))
    looked: list[str] = []

    def look(what: str, _done: int, _total: int) -> None:
        for file in place.iterdir():
            assert not [clear for clear in CLEAR if clear in file.read_bytes()], (what, file)
        looked.append(what)

    file = backup(folder, place / "ward.tar.age", look, lock=lock).path
    assert {"database", "images", "points"} <= set(looked)
    assert [one.name for one in place.iterdir()] == ["ward.tar.age"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_size > 3 * 64 * 1024
    return Taken(folder, file, lock, key)


def influx_of(settings: Settings) -> Influx:
    """The InfluxDB of these settings."""
    return Influx("influxlite", settings.influx_url, settings.influx_org, settings.influx_token or "")


def test_it_comes_back_with_its_key(taken: Taken, tmp_path: Path) -> None:
    """Everything is as it was, and nothing of the decryption stays behind."""
    influx = influx_of(taken.of)
    with family(influx) as bucket:
        new = settings_on(tmp_path / "new", influx, bucket)
        restore(new, taken.file, silent, key=taken.key)
        flux = 'from(bucket: "{}") |> range(start: 0) |> drop(columns: ["_start", "_stop"])'
        assert influx.query(flux.format(bucket)).text == influx.query(flux.format(taken.of.influx_bucket)).text
    was, there = fingerprint(taken.of.data), fingerprint(new.data)
    for name in was:
        if name == "secret.key" or name.startswith("images/"):
            assert there[name] == was[name], name
    assert set(there) <= {*was, "ward/audit.jsonl", "ward/audit.lock"}


def test_who_has_another_key_reads_nothing(taken: Taken, tmp_path: Path) -> None:
    """Another key or passphrase, the other kind, or none: a sentence says which, and nothing is changed."""
    target = settings_on(tmp_path / "target")
    others = {
        "for another key|other passphrase|another passphrase": (
            Key(passphrase="another passphrase than that")
            if taken.key.passphrase
            else Key(identities=(x25519.Identity.generate(),))
        ),
        "damaged": Key(identities=(x25519.Identity.generate(),))
        if taken.key.passphrase
        else Key(passphrase=PASSPHRASE),
        "is encrypted: give --identity or --passphrase-file": None,
    }
    for said, key in others.items():
        with pytest.raises(Failure, match=said):
            restore(target, taken.file, silent, key=key)
        assert fingerprint(target.data) == {}


def test_a_plain_backup_does_not_pass_for_an_encrypted_one(folder: Settings, taken: Taken, tmp_path: Path) -> None:
    """Whoever gives a key means an encrypted one: a file that somebody put in its place is refused."""
    plain = backup(folder, tmp_path / "ward.tar", silent).path
    with pytest.raises(Failure, match=r"no encrypted backup.*Nothing was changed"):
        restore(settings_on(tmp_path / "target"), plain, silent, key=taken.key)


def damages(taken: Taken) -> Iterator[tuple[str, bytes]]:
    """The file flipped in its head, each piece and its end, cut in several places, lengthened, and others' files.

    What is encrypted is the same for a passphrase, whose try takes a second: there fewer, and all that is around it.
    """
    whole = taken.file.read_bytes()
    if taken.key.passphrase:
        end, begin = len(whole.rstrip(b"\0")), whole.index(b"age-encryption.org", 1)
        places = [0, 100, 148, 512, 512 + 200, begin - 512, begin - 400, begin - 1, end - 1, len(whole) - 10]
    else:
        end, begin = len(whole), 0
        places = [0, 5, 21, 24, 60, 120, 200, 400, *range(700, end, 64 * 1024), end - 17, end - 1]
    for place in places:
        yield f"flipped at {place}", whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    for size in (1, 22, 300, begin + 70_000, end // 2, end - 16, end - 1, len(whole) - 1, len(whole) - 512):
        yield f"cut to {size}", whole[:size]
    first, second = whole[begin + 70_000 : begin + 140_000], whole[begin + 140_000 : begin + 210_000]
    yield "swapped", whole[: begin + 70_000] + second + first + whole[begin + 210_000 :]
    yield "a byte more", whole + b"\0"
    yield "nothing", b""
    yield "of somebody else", os.urandom(100_000)
    yield "an empty tar", bytes(10_240)
    yield "gzip", gzip.compress(whole)


def test_what_was_changed_changes_nothing(taken: Taken, tmp_path: Path) -> None:
    """Flipped, cut, lengthened or another's: a sentence says that nothing was changed, and that is so."""
    data = tmp_path / "target"
    data.mkdir()
    (data / "bedside.db").write_text("the old one")
    before, broken = fingerprint(data), tmp_path / "broken"
    tried = 0
    for how, content in damages(taken):
        broken.write_bytes(content)
        with pytest.raises(Failure, match="Nothing was changed") as refused:
            restore(settings_on(data), broken, silent, replace=True, key=taken.key)
        assert "Traceback" not in str(refused.value)
        assert fingerprint(data) == before, how
        assert not (data / "restoring").exists(), how
        tried += 1
    assert tried > 20


def test_an_encrypted_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """What is encrypted for the right key and is no backup, or a tar of other things, is damaged."""
    identity = x25519.Identity.generate()
    other = io.BytesIO()
    with tarfile.open(fileobj=other, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../evil"))
    for content in (b"hello", b"", other.getvalue()):
        (tmp_path / "file").write_bytes(pyrage.encrypt(content, [identity.to_public()]))
        with pytest.raises(Damaged, match="Nothing was changed"):
            restore(settings_on(tmp_path / "target"), tmp_path / "file", silent, key=Key(identities=(identity,)))
        assert fingerprint(tmp_path / "target") == {}


@pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed")
def test_age_itself_opens_it(folder: Settings, tmp_path: Path) -> None:
    """A backup for a recipient needs nothing of ours to be read: age and tar do."""
    recipient = make_key(tmp_path / "key")
    file = backup(folder, tmp_path / "ward.tar.age", silent, lock=for_recipients([recipient])).path
    told = subprocess.run(["age", "--decrypt", "-i", str(tmp_path / "key"), str(file)], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(told.stdout)) as tar:
        assert "manifest.json" in tar.getnames()


@pytest.mark.parametrize(("size", "room"), [(5_000_000, 1_000_000), (5_000, 100)])
def test_a_disk_that_fills_is_told(tmp_path: Path, size: int, room: int) -> None:
    """Where the target takes no more, be it only at the end, a sentence says why, and nothing is left of it."""
    program = (
        "import os, sys; from pathlib import Path; from bedside.keep.archive import writing;"
        "from bedside.keep.keys import for_recipients\n"
        "with writing(Path(sys.argv[1]), for_recipients([sys.argv[2]])) as writer:\n"
        "    writer.add('x', os.urandom(int(sys.argv[3])));"
        "    writer.finish({})"
    )
    target, recipient = tmp_path / "ward.tar.age", str(x25519.Identity.generate().to_public())
    told = subprocess.run(
        [sys.executable, "-c", program, str(target), recipient, str(size)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{target} could not be written to its end: File too large." in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_keys_that_are_none_are_told(tmp_path: Path) -> None:
    """Each mistake with a key, a recipient or a passphrase has its sentence; none repeats a secret."""
    identity = x25519.Identity.generate()
    with pytest.raises(Failure, match="Recipient 2 should be an age recipient"):
        for_recipients([str(identity.to_public()), "age1nonsense"])
    with pytest.raises(Failure, match="secret key: give what") as refused:
        for_recipients([str(identity)])
    assert str(identity) not in str(refused.value)
    file = tmp_path / "file"
    for text, said in (("", "one line"), ("a\nb\n", "one line"), ("short\n", "fewer than 12")):
        file.write_text(text)
        with pytest.raises(Failure, match=said):
            with_passphrase(file)
    armored = pyrage.encrypt(str(identity).encode(), [identity.to_public()], armored=True)
    for content, said in ((b"", "one a line"), (b"nonsense", "one a line"), (b"\xff", "not text"), (armored, "itself")):
        file.write_bytes(content)
        with pytest.raises(Failure, match=said):
            read_identities(file)
    with pytest.raises(Failure, match="No such file"):
        read_identities(tmp_path / "none")


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """`--make-key` writes a file for its owner alone, prints what to encrypt for, and never overwrites one."""
    file = tmp_path / "key"
    told = CliRunner().invoke(cli, ["backup", "--make-key", str(file)])
    assert told.exit_code == 0
    assert told.stdout.startswith("age1")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [str(one.to_public()) for one in read_identities(file).identities] == [told.stdout.strip()]
    assert "AGE-SECRET" not in told.output
    before = file.read_text()
    assert isinstance(CliRunner().invoke(cli, ["backup", "--make-key", str(file)]).exception, Failure)
    assert file.read_text() == before
    both = ["--recipient", told.stdout.strip(), "--passphrase-file", str(file)]
    assert CliRunner().invoke(cli, ["backup", "--to", str(tmp_path / "x"), *both]).exit_code == 2
    opens = ["--identity", str(file), "--passphrase-file", str(file)]
    assert CliRunner().invoke(cli, ["restore", str(file), *opens]).exit_code == 2


def test_the_audit_log_tells_of_backup_and_restore(folder: Settings, tmp_path: Path) -> None:
    """A backup is told before it is taken, with who, which and how; so a copy tells of itself. What comes back goes on
    with its own chain, and says which log it took the place of."""
    lock, key = pair("recipients", tmp_path)
    made = backup(folder, tmp_path / "ward.tar.age", silent, lock=lock)
    told = list(entries(audit_file(folder.data)))[-1]
    assert told["who"]
    assert (told["what"], told["encrypted"], told["file"]) == ("backup", "recipients", "ward.tar.age")
    assert told["id"] == made.manifest["id"]
    backup(folder, tmp_path / "plain.tar", silent)
    head = last_line(audit_file(folder.data))
    assert head is not None

    influx = influx_of(folder)
    with family(influx) as bucket:
        target = settings_on(tmp_path / "target", influx, bucket)
        shutil.copytree(folder.data, target.data)
        restore(target, made.path, silent, replace=True, key=key)
    chain = verify(audit_file(target.data))
    *_, copied, last = entries(audit_file(target.data))
    assert copied == told, "the copy does not tell of itself"
    assert (last["what"], last["id"], last["taken"]) == ("restore", made.manifest["id"], made.manifest["begun"])
    assert last["replaced"] == f"{head[0]}:{head[1]}"
    assert chain.last == last["seq"] == told["seq"] + 1


def test_what_cannot_be_written_down_is_no_backup(folder: Settings, tmp_path: Path) -> None:
    """Without a place in the audit log nothing is taken, and a sentence says why."""
    data = tmp_path / "data"
    shutil.copytree(folder.data, data)
    audit_file(data).unlink(missing_ok=True)
    audit_file(data).mkdir(parents=True)
    (tmp_path / "to").mkdir()
    with pytest.raises(Failure, match="cannot be written to the audit log"):
        backup(settings_on(data, influx_of(folder), folder.influx_bucket), tmp_path / "to" / "ward.tar", silent)
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_a_backup_by_root_leaves_the_log_to_its_owner(folder: Settings, tmp_path: Path) -> None:
    """The log that root began is the data folder's owner's: the servers could not add to it otherwise."""
    data = tmp_path / "data"
    shutil.copytree(folder.data, data)
    shutil.rmtree(data / "ward", ignore_errors=True)
    os.chown(data, 12_345, 12_345)
    backup(settings_on(data, influx_of(folder), folder.influx_bucket), tmp_path / "ward.tar", silent)
    made = [data / "ward", *(data / "ward").iterdir()]
    assert len(made) == 3
    assert {file.stat().st_uid for file in made} == {12_345}
