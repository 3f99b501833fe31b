"""The identity database: its tables, its one writer, its readers, and the lock that keeps it to one process.

SQLite in WAL mode. One connection writes, in one process: SQLite before 3.51.3 can corrupt a WAL when two
connections write or checkpoint at the same instant. Readers are opened `mode=ro`, so they can do neither. `Folder`
holds an advisory lock on the data folder for as long as its process may write.
"""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from pathlib import Path
from typing import IO

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import DatabaseError

from ingest.errors import DataFolderError
from ingest.restoring import half_restored
from ingest.settings import IngestSettings

metadata = MetaData()


def _deferred(target: str) -> ForeignKey:
    """Checked at commit: rooms and patients are written once for a whole group of requests, after its stays."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


patients = Table(
    "patients",
    metadata,
    Column("mrn", String(32), primary_key=True),
    Column("name", Text),
    Column("name_ms", BigInteger),
    Column("therapy_start_ms", BigInteger),
    sqlite_with_rowid=False,
)
rooms = Table(
    "rooms",
    metadata,
    Column("room", String(32), primary_key=True),
    Column("last_event_ms", BigInteger),
    Column("last_reading_ms", BigInteger),
    Column("last_sent_ms", BigInteger),
    Column("last_clock_ms", BigInteger),
    Column("moves", Text, nullable=False),
    sqlite_with_rowid=False,
)
stays = Table(
    "stays",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room", String(32), _deferred("rooms.room"), nullable=False),
    Column("mrn", String(32), _deferred("patients.mrn"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),
)
Index("stays_room", stays.c.room, stays.c.from_ms, unique=True)
Index("stays_mrn", stays.c.mrn, stays.c.from_ms, unique=True)
Index("stays_open_room", stays.c.room, unique=True, sqlite_where=stays.c.to_ms.is_(None))
Index("stays_open_mrn", stays.c.mrn, unique=True, sqlite_where=stays.c.to_ms.is_(None))
receipts = Table(  # in the order of time: what monitors send now lands on the same few pages, whatever its room
    "receipts",
    metadata,
    Column("sent_ms", BigInteger, primary_key=True),
    Column("room", String(32), primary_key=True),
    Column("mrn", String(32), primary_key=True),
    Column("time_ms", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("name_mac", LargeBinary),
    Column("received_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("receipts_received", receipts.c.received_ms)
Index(
    "receipts_corrected",
    receipts.c.room,
    receipts.c.mrn,
    receipts.c.time_ms,
    sqlite_where=receipts.c.time_ms != receipts.c.sent_ms,
)
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("enqueued_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("quarantined_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
tokens = Table(
    "tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("rooms", Text),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    sqlite_with_rowid=False,
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("token", String(16), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("idempotency_created", idempotency.c.created_ms)
forgetting = Table(  # patients who are being forgotten: nothing is accepted for them, and what is left is removed
    "forgetting",
    metadata,
    Column("mrn", String(32), primary_key=True),
    Column("begun_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
skews = Table(
    "skews",
    metadata,
    Column("device", String(64), primary_key=True),
    Column("skew_ms", BigInteger, nullable=False),
    Column("measured_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


class Folder:
    """The data folder, held by this process alone while it is open.

    Raises `DataFolderError` when another process holds it, when it cannot be made or written, or when a restore was
    stopped while it took its place there.
    """

    def __init__(self, settings: IngestSettings) -> None:
        self.settings = settings
        try:
            for folder in (settings.data, settings.run, settings.images):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock: IO[bytes] = (settings.run / "ingest.lock").open("ab")
        except OSError as problem:
            raise DataFolderError(_unusable(settings.data, problem)) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise DataFolderError(
                f"The data folder {settings.data} is in use by another running ingest server. "
                "Stop that one first, or set BEDSIDE_DATA to another folder."
            ) from None
        if half_restored(settings.data):
            self._lock.close()
            raise DataFolderError(
                f"A restore of {settings.data} was stopped while it took its place: `bedside up`, or `bedside restore` "
                "with the same file, finishes it."
            )

    def secret(self) -> bytes:
        """The 32 bytes that key the hashes of MRNs and names; made at first use, readable by the owner alone."""
        path = self.settings.data / "secret.key"
        try:
            if not path.exists():
                partial = path.with_suffix(".new")
                partial.touch(mode=0o600)
                with partial.open("wb") as file:
                    file.write(secrets.token_bytes(32))
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
            return path.read_bytes()
        except OSError as problem:
            raise DataFolderError(_unusable(self.settings.data, problem)) from None

    def close(self) -> None:
        """Give the folder back."""
        self._lock.close()


def open_writer(settings: IngestSettings) -> Connection:
    """The one connection that writes, its schema brought up to date; call only while a `Folder` is held.

    Raises `DataFolderError` when the file cannot be opened, is damaged, or is newer than this program.
    """
    engine = create_engine(f"sqlite:///{settings.database}", connect_args={"check_same_thread": False, "timeout": 5})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun and ended by the committer, in its own words
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
            "wal_autocheckpoint=2000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    try:
        _keep_to_owner(settings.database)
        connection = engine.connect()
        _migrate(connection)
    except CommandError:
        raise DataFolderError(
            f"{settings.database} was written by a newer Bedside than this one. Update this program."
        ) from None
    except (DatabaseError, sqlite3.Error, OSError) as problem:
        raise DataFolderError(_unusable(settings.data, problem)) from None
    return connection


def _keep_to_owner(database: Path) -> None:
    """The names in it are for the owner alone, also where others may look into the folder; SQLite's files beside it
    take its mode when they are made.
    """
    database.touch(mode=0o600)
    for file in (database, *(database.with_name(database.name + ending) for ending in ("-wal", "-shm"))):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # not ours: its owner has let us in
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def open_readers(settings: IngestSettings) -> Engine:
    """Connections that only read what is committed; they neither write nor checkpoint. Any thread may take one."""
    path = settings.database.resolve().as_uri().removeprefix("file://")
    return create_engine(
        f"sqlite:///file:{path}?mode=ro&uri=true",
        connect_args={"check_same_thread": False, "timeout": 5},
        pool_size=4,
        max_overflow=60,
    )


def driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection beneath: for the committer's prepared statements."""
    beneath = connection.connection.driver_connection
    assert isinstance(beneath, sqlite3.Connection)
    return beneath


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    beneath = driver(connection)
    beneath.execute("BEGIN IMMEDIATE")
    try:
        command.upgrade(config, "head")
        if beneath.in_transaction:
            beneath.execute("COMMIT")
    except BaseException:
        if beneath.in_transaction:
            beneath.execute("ROLLBACK")
        raise


def _unusable(folder: Path, problem: Exception) -> str:
    """One sentence: what is wrong with the folder, and what to do."""
    words = str(getattr(problem, "orig", None) or getattr(problem, "strerror", None) or problem).lower()
    if "full" in words or "no space" in words:
        return f"The disk that holds {folder} is full. Free some space, then start again; nothing acknowledged is lost."
    if "readonly" in words or "read-only" in words or "permission" in words or "unable to open" in words:
        return f"The data folder {folder} cannot be written. Check who owns it, or set BEDSIDE_DATA to another folder."
    return f"The data folder {folder} cannot be used: {words}."
