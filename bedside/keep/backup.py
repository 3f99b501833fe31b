"""Takes a backup of a Bedside that goes on running, or of a folder on which nothing runs.

The order makes it whole: the database first, then the images, then the points. What was acknowledged before the
beginning is in the copy's outbox, or was in InfluxDB when its points were read. What comes while it is taken may be in
it in part, as a reading that the copy does not know: sent again it is the same point.
"""

import gzip
import os
import platform
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bedside.errors import Failure
from bedside.keep import entries, points, stay_points
from bedside.keep.archive import Writer, writing
from bedside.keep.influx import in_use, told_as_failures
from bedside.keep.keys import Lock
from bedside.locks import Locked, hold
from bedside.settings import Settings
from ingest import IngestSettings
from ingest.images import DIGEST
from query import Connection

COUNTED = ("patients", "rooms", "stays", "receipts", "outbox", "quarantine", "tokens", "skews", "forgetting")
PAGES_AT_ONCE = 2_000
_ENDING = f".{re.sub('[^A-Za-z0-9.-]', '', platform.node())}-{{}}.identity.db"
COMPRESSION = 4  # a third larger than the best, five times as fast
Tell = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Taken:
    """What a backup holds."""

    path: Path
    size: int
    manifest: dict[str, Any]


def backup(settings: Settings, to: Path, tell: Tell, token: str | None = None, lock: Lock | None = None) -> Taken:
    """Write a backup to a new file, encrypted where there is a lock; a line of the audit log tells of it.

    Failure says in a sentence what is missing; then no file is left behind.
    """
    source = IngestSettings(data=settings.data)
    if not source.database.is_file():
        raise Failure(
            f"{settings.data} holds no Bedside ({source.database} is missing): name its data folder with --data."
        )
    begun, its_id = datetime.now(UTC), secrets.token_hex(8)
    copied = (settings.data if lock else to.absolute().parent) / name_of_copy(to, os.getpid())
    with (
        writing(to.absolute(), lock) as writer,
        _unless_running(settings),
        _copied(source.database, copied, tell) as copy,
    ):
        entries.begun(settings.data, to, its_id, lock.kind if lock else "no")
        with copy.open("rb") as file:
            writer.add_file("identity.db", file)
        database = sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)
        with closing(database), told_as_failures():
            facts = _facts(database)
            writer.add("secret.key", _secret(settings))
            _small_files(writer, settings)
            had = _images(writer, source.images, set(), tell)
            with in_use(settings, token) as address, closing(Connection(address)) as connection:
                buckets = list(_points(writer, connection, settings.influx_bucket, database, tell))
            had |= _images(writer, source.images, had, tell)  # of readings that came meanwhile
        manifest = facts | {
            "id": its_id,
            "bedside": version("bedside"),
            "begun": _rfc3339(begun),
            "ended": _rfc3339(datetime.now(UTC)),
            "bucket": settings.influx_bucket,
            "buckets": buckets,
            "images": len(had),
        }
        writer.finish(manifest)
    return Taken(to, to.stat().st_size, manifest)


def _unless_running(settings: Settings) -> Any:
    """Where no `bedside up` runs, none starts meanwhile: it could not have the folder that influxlite is given."""
    if not settings.run_folder.is_dir():
        return nullcontext()
    try:
        return os.fdopen(hold(settings.run_folder / "up.lock"))
    except (Locked, OSError):
        return nullcontext()


@contextmanager
def _copied(database: Path, copy: Path, tell: Tell) -> Iterator[Path]:
    """A copy of the database as it is at one instant, for as long as the block.

    It is beside the backup, where there must be room anyway; that of an encrypted one does not leave the data folder.

    It is read by SQLite's online backup within one reading transaction, on a connection that can neither write nor
    checkpoint: the server goes on writing, and the copy need not begin anew for it.
    """
    _sweep(copy)
    copy.touch(mode=0o600, exist_ok=False)  # nobody else has made it meanwhile, to read what comes
    try:
        reader = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)
        writer = sqlite3.connect(copy)
        with closing(reader), closing(writer):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reader.backup(
                writer,
                pages=PAGES_AT_ONCE,
                progress=lambda _, left, pages: tell("database", pages - left, pages),
            )
            writer.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        yield copy
    except sqlite3.Error as problem:
        raise Failure(f"{database} cannot be copied to {copy.parent}: {problem}.") from None
    finally:
        copy.unlink(missing_ok=True)


def name_of_copy(to: Path, process: int) -> str:
    """How the copy of the database is named while a process of this machine takes the backup `to`."""
    return f".{to.name}{_ENDING.format(process)}"


def _sweep(copy: Path) -> None:
    """Take away the copies that killed backups have left, of whatever name: they hold names in the clear."""
    for left in copy.parent.glob(f".*{_ENDING.format('*')}"):
        process = left.name.removesuffix(_ENDING.rpartition("{}")[2]).rpartition("-")[2]
        if left.name == copy.name or (process.isdecimal() and not _runs(int(process))):
            with suppress(OSError):  # somebody else's, where many may write: theirs to take away
                left.unlink(missing_ok=True)
                left.with_name(f"{left.name}-journal").unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _facts(database: sqlite3.Connection) -> dict[str, Any]:
    """What the manifest says of the copy: its schema's revision, and how many rows each table has."""
    there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    counts = {
        table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        for table in COUNTED
        if table in there
    }
    (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return {"schema": revision, "counts": counts}


def _secret(settings: Settings) -> bytes:
    try:
        return (settings.data / "secret.key").read_bytes()
    except OSError as problem:
        raise Failure(f"{settings.data / 'secret.key'} cannot be read: {problem.strerror}.") from None


def _small_files(writer: Writer, settings: Settings) -> None:
    """The key of pseudonyms, so that a patient stays the same stranger, and the audit log up to its last whole line."""
    key = settings.data / "secrets" / "pseudonym-key"
    if key.is_file():
        writer.add("kept/secrets/pseudonym-key", key.read_bytes())
    for log in sorted((settings.data / "ward").glob("audit*.jsonl")):
        content = log.read_bytes()
        writer.add(f"kept/ward/{log.name}", content[: content.rfind(b"\n") + 1])


def _images(writer: Writer, images: Path, had: set[str], tell: Tell) -> set[str]:
    """Add the images that are not in it yet; their digests. One that is forgotten meanwhile is left out."""
    names = sorted(file.name for file in images.glob("??/*") if DIGEST.fullmatch(file.name) and file.name not in had)
    added = set()
    for number, name in enumerate(names, 1):
        try:
            with (images / name[:2] / name).open("rb") as file:
                writer.add_file(f"images/{name[:2]}/{name}", file)
        except FileNotFoundError:
            continue
        added.add(name)
        tell("images", number, len(names))
    return added


def _points(
    writer: Writer, connection: Connection, bucket: str, database: sqlite3.Connection, tell: Tell
) -> Iterator[dict[str, Any]]:
    """Add the points of the bucket and of those beside it; what the manifest says of each."""
    stores = points.stores(connection, bucket)
    if bucket not in [store.name for store in stores]:
        raise Failure(f"InfluxDB shows no bucket {bucket} to this token: give one that may read it.")
    totals = [points.count(connection, store.name) for store in stores]
    done = 0

    def told(values: int) -> None:
        nonlocal done
        done += values
        tell("points", min(done, sum(totals)), sum(totals))

    for store in stores:
        ending = store.name.removeprefix(bucket)
        if ending:
            pieces: Iterable[points.Lines] = points.each(connection, store.name, tell=told)
        else:
            pieces = _both(connection, bucket, database, told)
        held = {"ending": ending, "retention_s": store.retention_s, "points": 0, "values": 0, "parts": 0}
        for piece in pieces:
            held["parts"] += 1
            held["points"] += piece.points
            held["values"] += piece.values
            content = gzip.compress(piece.text.encode(), COMPRESSION, mtime=0)
            writer.add(f"points/{ending or 'raw'}/{held['parts']:06d}.lp.gz", content)
        yield held


def _both(
    connection: Connection, bucket: str, database: sqlite3.Connection, told: Callable[[int], None]
) -> Iterator[points.Lines]:
    """The points of readings as they are, then those of stays as the copy knows them."""
    yield from points.each(connection, bucket, stay_points.WITHOUT, told)
    yield from stay_points.each(connection, bucket, database)


def _rfc3339(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
