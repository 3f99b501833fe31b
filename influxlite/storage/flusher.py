"""Changes of the tables, one transaction at a time: what is pending, and tasks (a delete, a change of a record).

Readers call `flush` first, so they find all that was acknowledged before. Otherwise a thread flushes when enough is
pending or the oldest of it has waited long enough: large groups cost a fraction of small ones.

Where the disk is full, what is pending stays in the log and in memory, readers get it from there (`kept_back`), and it
is tried again now and then.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import polars

from influxlite.storage.append import Group
from influxlite.storage.errors import DiskError, StorageError
from influxlite.storage.index import SeriesIndex
from influxlite.storage.judgement import Kinds
from influxlite.storage.pending import Entry, Pending
from influxlite.storage.series import Series

log = logging.getLogger("influxlite.storage")
PACE_S = 0.5
AGE_S = 2.0
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """Work with a transaction of its own: `run(connection)` inside, `after()` when it is committed."""

    run: Callable[[duckdb.DuckDBPyConnection], object]
    after: Callable[[], None] | None = None


@dataclass(slots=True)
class KeptBack:
    """Acknowledged writes that could not be stored: how many, the rows and the series that they will be, and why."""

    writes: int
    rows: dict[str, polars.DataFrame]
    series: list[Series]
    fault: DiskError


class Flusher:
    """The one connection that changes points and records, and its thread. All methods may be called from any thread."""

    def __init__(
        self,
        connect: Callable[[], duckdb.DuckDBPyConnection],
        index: SeriesIndex,
        pending: Pending,
        kinds: Kinds,
        release: Callable[[int], None],
    ) -> None:
        """Start the thread. `connect` gives a connection of its own, again after the database had to be reopened.

        `release` is told, after a commit, up to which number the log is not needed any more.
        """
        self.lock = threading.RLock()
        self._connect = connect
        self._connection = connect()
        self._broken = False
        self._index = index
        self._pending = pending
        self._kinds = kinds
        self._release = release
        self.kept_back: KeptBack | None = None
        self._retry_at = 0.0
        self.unordered = 0  # rows stored that compaction has not yet put in order, since the start
        self.rows = 0  # rows stored since the start
        self._runs: dict[tuple[str, int], int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="influxlite-flusher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Store what is pending, as far as that can be, and end the thread."""
        self._stop.set()
        self._pending.end_waiting()
        self._thread.join()
        self._retry_at = 0.0
        self.flush()
        self._connection.close()

    def fault(self) -> DiskError | None:
        """Why what is pending cannot be stored at present, as an error to raise once; None where it can."""
        kept = self.kept_back
        return DiskError(str(kept.fault)) if kept is not None else None

    def _run(self) -> None:
        """Flush when there is enough, or something old enough."""
        while not self._stop.is_set():
            if self._pending.wait_for_work(PACE_S, AGE_S):
                try:
                    self.flush()
                except Exception:
                    log.exception("what is pending could not be stored; it is tried again")
                if self.kept_back is not None:
                    self._stop.wait(RETRY_S)

    def flush(self) -> None:
        """Put what is pending into the tables, or, where that cannot be, make it `kept_back`."""
        if self._pending.empty:
            return
        with self.lock:
            if self.kept_back is not None and time.monotonic() < self._retry_at:
                if len(self._pending.peek()) > self.kept_back.writes:
                    self._keep_back(self.kept_back.fault)
                return
            entries = self._pending.take()
            if entries:
                self._store(entries)

    def _store(self, entries: list[Entry]) -> None:
        """Store entries in a transaction of their own."""
        try:
            if self._broken:
                self._reconnect()
            group = self._group(entries)
            fault = self.transact(group.store)
        except Exception:
            self._pending.put_back(entries)
            raise
        if fault is None:
            group.settle()
            self.rows += sum(rows.height for rows in group.rows.values())
            self.unordered += group.unordered
            for run in group.runs:
                self._runs[run] = self._runs.get(run, 0) + 1
            self._kinds.stored = group.number
            self.kept_back = None
            self._pending.taken_is_stored()
            self._release(group.number)
            return
        self._pending.put_back(entries)
        self._retry_at = time.monotonic() + RETRY_S
        if not isinstance(fault, DiskError):
            raise fault
        if self.kept_back is None:
            log.warning("what was acknowledged stays in the log for now: %s", fault)
        self._keep_back(fault)

    def _keep_back(self, fault: DiskError) -> None:
        """Make what is pending readable from memory."""
        if self._broken:
            self._reconnect()  # a commit that was refused may be there after all: the index learns what is
        entries = self._pending.peek()
        group = self._group(entries)
        group.settle()
        self.kept_back = KeptBack(len(entries), group.rows, group.fresh, fault)

    def _group(self, entries: list[Entry]) -> Group:
        """Entries as rows. The index knows the series of what is kept back, but the tables do not."""
        kept = self.kept_back.series if self.kept_back is not None else []
        return Group(self._index, entries, [series for series in kept if series.id in self._index])

    def take_runs(self) -> dict[tuple[str, int], int]:
        """How many sorted runs were stored, by kind and day, since this was asked last."""
        with self.lock:
            runs, self._runs = self._runs, {}
            return runs

    def do(self, task: Task) -> object:
        """Do a task after all that was acknowledged before; what its `run` returns.

        Raises DiskError where it could not be committed (then nothing of it is stored), and what `run` raises.
        """
        with self.lock:
            self.flush()
            fault = self.fault()
            if fault is not None:
                raise fault
            answers: list[object] = []
            fault = self.transact(lambda connection: answers.append(task.run(connection)))
            if fault is not None:
                raise fault
            if task.after is not None:
                task.after()
            return answers[0]

    def transact(self, run: Callable[[duckdb.DuckDBPyConnection], object]) -> Exception | None:
        """Run inside a transaction and commit; the fault, after which nothing of it is stored."""
        try:
            if self._broken:
                self._reconnect()
            self._connection.execute("BEGIN")
            run(self._connection)
            self._connection.execute("COMMIT")
        except StorageError as fault:
            self._undo()
            return fault
        except duckdb.Error as fault:
            self._undo()
            reason = str(fault).splitlines()[0]
            return DiskError(f"nothing of this was stored, send it again when the cause is gone: {reason}")
        except Exception as fault:  # a fault of ours: the transaction must not stay open
            self._undo()
            return fault
        return None

    def disconnect(self) -> None:
        """Give the connection up, so that the database can be closed; what is done next connects again."""
        with self.lock:
            self._connection.close()
            self._broken = True

    def _reconnect(self) -> None:
        """A connection to the database, which is opened again where it was given up; StorageError where that fails."""
        self._connection = self._connect()
        self._broken = False

    def _undo(self) -> None:
        """Roll back; where the database gave up after a fault of the disk, let the next transaction open it again."""
        try:
            self._connection.execute("ROLLBACK")
            self._connection.execute("SELECT 1").fetchall()
        except duckdb.Error:
            self._connection.close()
            self._broken = True
