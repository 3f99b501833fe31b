"""One thread changes the data: it takes what waits, commits it together, and answers after the commit (group commit).

A commit in DuckDB ends with an fsync of its log, so what is answered is kept. Concurrent writes share one commit; a
task (a delete, a change of the catalogue, a compaction) has a commit of its own, in its place in the queue.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import duckdb

from influxlite.line_protocol.points import Batch
from influxlite.storage.append import Group
from influxlite.storage.catalogue import Bucket
from influxlite.storage.errors import BusyError, ClosedError, DiskError, PartialWriteError, StorageError
from influxlite.storage.index import SeriesIndex

MAX_WAITING = 4096  # requests in the queue; each connection of the server has at most one
MAX_GROUP_VALUES = 200_000


@dataclass(slots=True)
class Write:
    """A batch that waits for its commit; the answer is the partial error or None."""

    bucket: Bucket
    batch: Batch
    answer: "Future[PartialWriteError | None]" = field(default_factory=Future)


@dataclass(slots=True)
class Task:
    """Work with a transaction of its own: `run(connection)` inside, `after()` when it is committed."""

    run: Callable[[duckdb.DuckDBPyConnection], object]
    after: Callable[[], None] | None = None
    answer: "Future[object]" = field(default_factory=Future)


class Committer:
    """The queue and its thread. `seq` is the last number that a write had; numbers go up over restarts."""

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], index: SeriesIndex, seq: int) -> None:
        """Start the thread. `connect` gives a connection of its own, again after the database had to be reopened."""
        self._connect = connect
        self._connection = connect()
        self._broken = False
        self._index = index
        self._seq = seq
        self._queue: queue.Queue[Write | Task | None] = queue.Queue(MAX_WAITING)
        self._closed = False
        self.commits = 0
        self.values = 0
        self._thread = threading.Thread(target=self._run, name="influxlite-committer", daemon=True)
        self._thread.start()

    def submit(self, work: Write | Task) -> None:
        """Queue work. BusyError when too much waits, ClosedError after `close`."""
        if self._closed:
            raise ClosedError("the storage is closing")
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            raise BusyError("too many writes wait already; send this one again a little later") from None

    def close(self) -> None:
        """Do what is queued, then end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        """Take work until the end is asked for."""
        pending: Write | Task | None
        while True:
            pending = self._queue.get()
            if pending is None:
                break
            if isinstance(pending, Task):
                self._do(pending)
            else:
                self._commit_writes(pending)

    def _commit_writes(self, first: Write) -> None:
        """Commit a write together with all that wait behind it, up to the next task."""
        group = Group(self._index, self._seq)
        writes: list[tuple[Write, PartialWriteError | None]] = []
        work: Write | Task | None = first
        follow: Task | None = None
        ended = False
        while isinstance(work, Write):
            try:
                writes.append((work, group.add(work.bucket, work.batch)))
            except Exception as fault:  # whatever one batch provokes, the others must be answered
                work.answer.set_exception(fault)
            if group.values >= MAX_GROUP_VALUES:
                break
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                break
            ended = work is None
            follow = work if isinstance(work, Task) else None
        fault = self._transact(group.store) if writes else None
        self._seq = group.seq
        if fault is None:
            group.settle()
            self.values += group.values
        for write, refused in writes:
            if fault is not None:
                write.answer.set_exception(fault)
            else:
                write.answer.set_result(refused)
        if follow is not None:
            self._do(follow)
        if ended:
            self._queue.put(None)

    def _do(self, task: Task) -> None:
        """Run one task in its own transaction."""
        answers: list[object] = []
        fault = self._transact(lambda connection: answers.append(task.run(connection)))
        if fault is None and task.after is not None:
            task.after()
        if fault is not None:
            task.answer.set_exception(fault)
        else:
            task.answer.set_result(answers[0])

    def _transact(self, run: Callable[[duckdb.DuckDBPyConnection], object]) -> Exception | None:
        """Run inside a transaction and commit; the fault, after which nothing of it is stored."""
        try:
            if self._broken:
                self._connection = self._connect()
                self._broken = False
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
        self.commits += 1
        return None

    def _undo(self) -> None:
        """Roll back; where the database gave up after a fault of the disk, let the next transaction open it again."""
        try:
            self._connection.execute("ROLLBACK")
            self._connection.execute("SELECT 1").fetchall()
        except duckdb.Error:
            self._connection.close()
            self._broken = True
