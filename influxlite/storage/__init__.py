"""Storage on DuckDB: a log that acknowledges, points in narrow tables, the series index in memory.

    write ─ judgement (what is taken) ─ committer (many writes, one sync of the log) ──▶ acknowledged
                                            │ pending
    flusher (now and then, and before every read) ─ group (rows) ─ tables ─ maintenance (compaction, retention)

What others use: `Storage` (with its `Snapshot` and `Write`), `Series`, the records `Org`, `Bucket` and `Token`, and the
errors.
"""

from influxlite.storage.catalogue import Bucket, Org, Token, changed, hash_token, make_bucket, make_org, new_id
from influxlite.storage.committer import Write
from influxlite.storage.errors import (
    BusyError,
    ClosedError,
    DiskError,
    FolderError,
    LockedError,
    NameTakenError,
    PartialWriteError,
    StorageError,
)
from influxlite.storage.series import KINDS, Series, Tags
from influxlite.storage.snapshot import Snapshot
from influxlite.storage.storage import Storage

__all__ = [
    "KINDS",
    "Bucket",
    "BusyError",
    "ClosedError",
    "DiskError",
    "FolderError",
    "LockedError",
    "NameTakenError",
    "Org",
    "PartialWriteError",
    "Series",
    "Snapshot",
    "Storage",
    "StorageError",
    "Tags",
    "Token",
    "Write",
    "changed",
    "hash_token",
    "make_bucket",
    "make_org",
    "new_id",
]
