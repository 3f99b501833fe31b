"""What can go wrong in storage. Each message is one sentence and says what to do next where something can be done.

StorageError
├── LockedError        another process holds the data folder
├── FolderError        the data folder cannot be made, read or written
├── DiskError          a commit failed (full or read-only disk, …): nothing of it is stored
├── ClosedError        the storage is closed or closing
├── BusyError          too much waits to be written: send again a little later
├── PartialWriteError  some points were refused, all others are stored
└── NameTakenError     a bucket or organization of that name exists
"""


class StorageError(Exception):
    """Any fault of storage."""


class LockedError(StorageError):
    """Another process holds the data folder."""


class FolderError(StorageError):
    """The data folder cannot be made, read or written."""


class DiskError(StorageError):
    """A commit failed: nothing of it is stored, and it can be sent again."""


class ClosedError(StorageError):
    """The storage is closed or closing."""


class BusyError(StorageError):
    """Too much waits to be written already: nothing of this was taken, send it again a little later."""


class NameTakenError(StorageError):
    """A bucket or organization of that name exists already."""


class PartialWriteError(StorageError):
    """Some points of a write were refused; all others of it are stored.

    `reason` is InfluxDB's sentence about the first fault, `dropped` the number of points refused.
    """

    def __init__(self, reason: str, dropped: int, bucket_id: str = "") -> None:
        """Keep both and say them as InfluxDB does, which names the bucket for some faults only."""
        where = f" for database: {bucket_id} for retention policy: autogen" if bucket_id else ""
        super().__init__(f"partial write: {reason} dropped={dropped}{where}")
        self.reason = reason
        self.dropped = dropped
