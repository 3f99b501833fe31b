"""Storage on DuckDB: points in narrow tables, the series index in memory, one thread that commits.

What others use: `Storage` (with its `Snapshot`), `Series`, the records `Org`, `Bucket` and `Token`, and the errors.
"""

from influxlite.storage.catalogue import Bucket, Org, Token, changed, hash_token, make_bucket, make_org, new_id
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
    "changed",
    "hash_token",
    "make_bucket",
    "make_org",
    "new_id",
]
