"""The storage of one data folder: the only door for everything that reads or writes points or records."""

import json
import logging
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import duckdb

from influxlite.line_protocol.points import Lines, Point
from influxlite.storage import tables
from influxlite.storage.catalogue import Bucket, Catalogue, Org, Record, Token
from influxlite.storage.committer import Committer, Write
from influxlite.storage.deletion import Deletion, delete_points
from influxlite.storage.errors import ClosedError, DiskError, StorageError
from influxlite.storage.flusher import Flusher, Task
from influxlite.storage.index import SeriesIndex
from influxlite.storage.judgement import Kinds
from influxlite.storage.lock import FolderLock
from influxlite.storage.log import Log
from influxlite.storage.maintenance import Maintenance
from influxlite.storage.pending import Pending
from influxlite.storage.readers import Readers
from influxlite.storage.replay import entries_of
from influxlite.storage.series import KINDS, Series
from influxlite.storage.snapshot import MAX_NS, MIN_NS, Snapshot

log = logging.getLogger("influxlite.storage")
R = TypeVar("R", Org, Bucket, Token)


class Storage:
    """Points and records of one folder. All methods may be called from any thread."""

    def __init__(self, folder: Path, memory_limit_mb: int, threads: int) -> None:
        """Use `Storage.open`."""
        self.folder = folder
        self._memory_limit_mb, self._threads = memory_limit_mb, threads
        self._lock = FolderLock(folder)
        self._guard = threading.Lock()
        self._readers = Readers()
        self.changing_rows = threading.Lock()  # held by whoever deletes or moves rows: two at once would conflict
        self.deleted_rows = 0  # since the start
        self.index = SeriesIndex()
        self.catalogue = Catalogue()
        self._closed = False
        self.pending = Pending()
        self.kinds = Kinds(self.index)
        try:
            self.log = Log(folder / "log")
            self._root = self._connect()
            number = self._load(self.index)
            self.pending.add(list(entries_of(self.log.read(self.kinds.stored))))
        except (Exception, KeyboardInterrupt):
            self._lock.release()
            raise
        self.flusher = Flusher(self.connection, self.index, self.pending, self.kinds, self.log.release)
        number = max([number, *(entry.number for entry in self.pending.peek())])
        self.flush()
        self.committer = Committer(self.log, self.pending, self.kinds, number, self.flusher.fault)
        self.maintenance = Maintenance(self)

    @classmethod
    def open(cls, folder: Path, *, memory_limit_mb: int = 1024, threads: int = 2) -> "Storage":
        """Open the folder, making it where it is missing.

        Raises LockedError when another process holds it, FolderError when it cannot be used.
        """
        return cls(folder, memory_limit_mb, threads)

    def close(self) -> None:
        """Finish what is queued, write the log into the file, and give the folder up."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self.committer.close()
        self.maintenance.stop()
        self.flusher.close()
        self.log.close(self.kinds.stored)
        try:
            self._root.execute("CHECKPOINT")
        except duckdb.Error as fault:  # the log holds everything, the next start reads it
            log.warning("the log stays for the next start: %s", str(fault).splitlines()[0])
        self._root.close()
        self._lock.release()

    def _load(self, index: SeriesIndex) -> int:
        """Make the tables and fill the memory from them; the last number of a write that they know."""
        try:
            tables.create(self._root)
            self.catalogue.load(self._root)
            rows = self._root.execute("SELECT id, bucket_id, measurement, tags, field, kind FROM series").fetchall()
            found = {
                row[0]: Series(row[0], row[1], row[2], tuple((k, v) for k, v in json.loads(row[3])), row[4], row[5])
                for row in rows
            }
            last_seq = max(self._load_kind(index, kind, found) for kind in KINDS)
            meta = dict(self._root.execute("SELECT name, value FROM meta").fetchall())
            index.next_id = max(index.next_id, meta["next_series"])
            self.kinds.stored = meta["log"]
        except duckdb.Error as fault:
            raise DiskError(f"cannot read the data in {self.folder}: {str(fault).splitlines()[0]}") from fault
        return max(last_seq, self.kinds.stored)

    def _load_kind(self, index: SeriesIndex, kind: str, found: dict[int, Series]) -> int:
        """Newest points and doubtful spans of the series of one kind; the last number of a write in its table."""
        instant = tables.INSTANT
        rows = self._root.execute(
            f"SELECT series, max({instant}), arg_max(value, (ms, ns, seq)), max(seq), min({instant}) FILTER (seq > 0),"  # noqa: S608
            f" max({instant}) FILTER (seq > 0), coalesce(max({instant}) FILTER (seq = 0), {MIN_NS}),"
            f" count(*) FILTER (seq > 0) FROM p_{kind} GROUP BY series"
        ).fetchall()
        index.add(found[row[0]] for row in rows if row[0] in found)
        last_seq = 0
        for series_id, newest, value, seq, first, last, settled, fresh in rows:
            if series_id in found:
                index.newest[series_id] = (newest, value)
                last_seq = max(last_seq, seq)
                if fresh and (fresh > 1 or first <= settled):
                    index.doubt(kind, series_id, first, last)
        return last_seq

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own; the database is opened again where a fault of the disk made DuckDB give it up."""
        try:
            cursor = self._root.cursor()
            cursor.execute("SELECT 1").fetchall()  # all of it: an answer half read holds a transaction open
        except duckdb.Error:
            if self._closed:
                raise ClosedError("the storage is closed") from None
            cursor = self._reopen()
        return cursor

    def _reopen(self) -> duckdb.DuckDBPyConnection:
        """Open the database again and learn what it holds: a commit that was refused may be in the log after all."""
        with self._guard:
            self._root.close()
            self._root = self._connect()
            found = SeriesIndex()
            self._load(found)
            self.index.become(found)
            log.warning("the database was opened again after a fault of the disk")
            return self._root.cursor()

    # catalogue

    def find_bucket(self, org_id: str, *, name: str | None = None, id: str | None = None) -> Bucket | None:  # noqa: A002
        """The bucket of that name or id in an organization, or None."""
        return self.catalogue.find_bucket(org_id, name=name, id=id)

    def buckets(self, org_id: str) -> list[Bucket]:
        """The buckets of an organization, by name."""
        return self.catalogue.buckets(org_id)

    def save(self, record: R) -> R:
        """Store a new or changed organization, bucket or token. NameTakenError where its name is taken."""
        self.run_task(Task(lambda c: self.catalogue.save(c, record), lambda: self.catalogue.settle(record)))
        return record

    def drop(self, record: Record) -> None:
        """Delete an organization, bucket or token; a bucket goes with its points, an organization with its buckets."""
        if isinstance(record, Org):
            for bucket in self.buckets(record.id):
                self.drop(bucket)
        if isinstance(record, Bucket):
            self.run_task(Task(lambda c: self.catalogue.drop(c, record), lambda: self.catalogue.forget(record)))
            self.delete(self.series(record.id), MIN_NS, MAX_NS)
        else:
            self.run_task(Task(lambda c: self.catalogue.drop(c, record), lambda: self.catalogue.forget(record)))

    # series

    def series(self, bucket_id: str, measurement: str | None = None) -> list[Series]:
        """The series of a bucket (or of one measurement of it) that hold at least one point; no table is read."""
        self.flush()
        return self.index.series(bucket_id, measurement)

    def series_version(self, bucket_id: str) -> tuple[int, int]:
        """Differs from what it was before when series of a bucket came or went since."""
        self.flush()
        return self.index.version(bucket_id)

    def last_time(self, series_id: int) -> int | None:
        """The time (ns) of the newest point of a series, None where there is no such series."""
        self.flush()
        known = self.index.newest.get(series_id)
        return known[0] if known else None

    def last_values(self, series_ids: Sequence[int]) -> dict[int, tuple[int, object]]:
        """The newest (time in ns, value) of each of these series that has points; from memory."""
        self.flush()
        newest = self.index.newest
        return {series_id: newest[series_id] for series_id in series_ids if series_id in newest}

    # points

    def write(self, bucket: Bucket, batch: Lines | list[Point]) -> None:
        """Store lines, or points as they are; returns when they are on disk.

        Raises PartialWriteError when some of its points were refused (all others are stored), and DiskError, BusyError
        or ClosedError when nothing of it is.
        """
        self.begin_write(bucket, batch).wait()

    def begin_write(self, bucket: Bucket, batch: Lines | list[Point]) -> Write:
        """Begin what `write` does; what is returned tells when it is done. BusyError or ClosedError at once."""
        work = Write(bucket, batch)
        self.committer.submit(work)
        return work

    def flush(self) -> None:
        """Put all that was acknowledged into the tables, so that readers find it."""
        self.flusher.flush()

    def delete(self, series: Sequence[Series], start_ns: int, stop_ns: int) -> None:
        """Delete the points of these series in [start, stop); returns when it is on disk.

        Where nothing is left of a series, its tags and points are in no log any more: a patient may be forgotten so.
        """
        if not series:
            return
        done: list[Deletion] = []
        with self.changing_rows:
            self.run_task(
                Task(
                    lambda connection: done.append(delete_points(connection, series, start_ns, stop_ns)),
                    lambda: done[0].settle(self.index),
                )
            )
            self.deleted_rows += done[0].rows
            if done[0].gone:
                self._empty_logs()

    def _empty_logs(self) -> None:
        """Take what was deleted out of the log and out of DuckDB's own, where it would stay until more has come."""
        try:
            with self.flusher.lock, closing(self.connection()) as connection:
                connection.execute("CHECKPOINT")
            self.log.retire(self.kinds.stored)
        except (duckdb.Error, StorageError, OSError) as fault:
            log.warning("what was deleted is in a log for some time yet: %s", str(fault).splitlines()[0])

    def snapshot(self) -> Snapshot:
        """One consistent view for one query in one thread; close it (or use `with`)."""
        if self._closed:
            raise ClosedError("the storage is closed")
        self.flush()
        self._readers.enter()
        try:
            return self._snapshot()
        except BaseException:
            self._readers.leave()
            raise

    def _snapshot(self) -> Snapshot:
        """A view for a reader who is counted, until it is closed."""
        leave = self._readers.leave
        if self.flusher.kept_back is not None:
            with self.flusher.lock:  # so that what is kept back is not stored while the view begins
                kept = self.flusher.kept_back
                return Snapshot(self.connection(), self.index, leave, kept.rows if kept is not None else None)
        try:
            return Snapshot(self._root.cursor(), self.index, leave)
        except duckdb.Error:  # the database was given up; `connection` opens it again
            return Snapshot(self.connection(), self.index, leave)

    def renew(self) -> bool:
        """Write DuckDB's log into its file and open the file anew, if nobody reads now; whether it could be tried.

        After rows have moved two things want it. Only a checkpoint that no reader is in the way of lets go of the room
        they left. And DuckDB 2.0 filters a packed column without unpacking it only where it has read the column from
        the file, not where it has written it itself: until the file is opened anew, finding the rows of a few series
        takes twice as long.
        """
        with self.changing_rows, self.flusher.lock, self._readers.none() as nobody:
            if not nobody or self.flusher.fault() is not None:
                return False
            try:
                self._root.execute("CHECKPOINT")
                self.flusher.disconnect()
                self._root.close()
                self._root = self._connect()
            except (duckdb.Error, StorageError) as fault:  # who comes next opens it, as after any fault of the disk
                log.warning("the database was not opened anew: %s", str(fault).splitlines()[0])
            return True

    def checkpoint(self) -> None:
        """Write DuckDB's log into its file if nobody reads now, so that the room that moved rows left is written to.

        For whoever holds `changing_rows`.
        """
        with self.flusher.lock, self._readers.none() as nobody:
            if nobody and self.flusher.fault() is None:
                try:
                    self._root.execute("CHECKPOINT")
                except duckdb.Error as fault:
                    log.warning("the room of moved rows is not free yet: %s", str(fault).splitlines()[0])

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """The database, opened."""
        return tables.connect(self.folder, memory_limit_mb=self._memory_limit_mb, threads=self._threads)

    def run_task(self, task: Task) -> object:
        """Do a task in a transaction of its own, after all that was acknowledged before; what its `run` returns."""
        if self._closed:
            raise ClosedError("the storage is closed")
        return self.flusher.do(task)

    # what it uses

    def sizes(self) -> dict[str, int]:
        """Bytes on disk: the tables' file, its own log, and the log of what is not in the tables yet."""
        file = self.folder / tables.FILE
        wal = file.with_name(file.name + ".wal")
        found = {path.suffix.lstrip("."): path.stat().st_size for path in (file, wal) if path.exists()}
        return {**found, "log": self.log.bytes()}

    def memory(self) -> dict[str, int]:
        """Bytes that DuckDB holds, by its names of what for (BASE_TABLE: kept of its file); none if it cannot say."""
        self._readers.enter()
        try:
            with self.connection() as connection:
                rows = connection.execute("SELECT tag, memory_usage_bytes FROM duckdb_memory()").fetchall()
            return dict(rows)
        except (duckdb.Error, StorageError):
            return {}
        finally:
            self._readers.leave()
