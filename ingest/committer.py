"""The one thread that writes: it runs the work of many requests in one transaction and commits once.

`begin` hands in a function, which runs in the committer's thread with a `Transaction`; `submit` waits for it. The
result is given back only after the commit is on disk (`synchronous=FULL`). While a group is synced, the next gathers.

A work that raises a `Problem` is answered with it and leaves nothing; the others of its group do not notice. When the
disk refuses (full, an I/O error), the whole group is rolled back and answered 503, and the next group tries afresh.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from ingest.errors import Failed, Problem, Unavailable
from ingest.logs import Logger, place_of
from ingest.state import Known
from ingest.transaction import Group, Transaction

GROUP_ITEMS = 20_000
IDLE_S = 1.0


Done = Callable[[Any, Problem | None], None]


class _Job:
    __slots__ = ("done", "items", "problem", "result", "work")

    def __init__(self, work: Callable[[Transaction], Any], items: int, done: Done) -> None:
        self.work = work
        self.items = items
        self.done = done
        self.result: Any = None
        self.problem: Problem | None = None


class Committer:
    """Owns the writer connection `db` and the committed state `known` from `start` to `stop`.

    `queue_limit` bounds the readings that wait (503 `too-busy` beyond it). `on_counts` gets what each commit counted;
    `housekeep` is called in the writer's thread about once a second, with a transaction of its own.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        known: Known,
        *,
        queue_limit: int,
        log: Logger,
        on_counts: Callable[[dict[tuple[str, str], int]], None] = lambda _counts: None,
        housekeep: Callable[[Transaction], None] | None = None,
    ) -> None:
        self.known = known
        self.failure: str | None = None  # why the last commit failed, None once one was written again
        self.groups = 0
        self._db = db
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._waiting = 0
        self._waiting_lock = threading.Lock()
        self._queue_limit = queue_limit
        self._log = log
        self._on_counts = on_counts
        self._housekeep = housekeep
        self._stopped = False
        self._began: float | None = None  # the commit that is under way
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was handed in, then end; later work is answered 503."""
        with self._waiting_lock:
            self._stopped = True
        self._queue.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def stuck_s(self) -> float:
        """For how long the commit that is under way has gone on; 0 where none is."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    @property
    def waiting(self) -> int:
        """The readings handed in and not yet answered."""
        return self._waiting

    def begin(self, work: Callable[[Transaction], Any], items: int, done: Done) -> None:
        """Run `work` in the next transaction; `done` gets its result once that is on disk, or the problem.

        `done` is called in the committer's thread and must not wait for anything. Its problem is what `work` raised,
        `Failed` for a fault of ours, `Unavailable` when it cannot be kept now. Raises `Unavailable` when it cannot even
        be handed in; then `done` is not called.
        """
        with self._waiting_lock:
            if self._stopped:
                raise Unavailable("stopping", "The server is stopping. Send it again shortly.")
            if self._waiting and self._waiting + items > self._queue_limit:
                raise Unavailable("too-busy", "Too many readings wait for the disk. Send it again shortly.")
            self._waiting += items
        self._queue.put(_Job(work, items, done))

    def submit(self, work: Callable[[Transaction], Any], items: int = 1) -> Any:
        """Run `work` in the next transaction and wait; its result, once that is on disk. Raises the problem."""
        outcome: SimpleQueue[tuple[Any, Problem | None]] = SimpleQueue()
        self.begin(work, items, lambda result, problem: outcome.put((result, problem)))
        result, problem = outcome.get()
        if problem is not None:
            raise problem
        return result

    def _run(self) -> None:
        kept_house = time.monotonic()
        while True:
            jobs, last = self._gather()
            if self._housekeep is not None and time.monotonic() - kept_house > IDLE_S:
                jobs.append(_Job(self._housekeep, 0, lambda _result, _problem: None))
                kept_house = time.monotonic()
            if jobs:
                self._began = time.monotonic()
                self._commit(jobs)
                self._began = None
            if last:
                return

    def _gather(self) -> tuple[list[_Job], bool]:
        """Everything that waits, up to a group's size; the flag says that the end was asked for."""
        jobs: list[_Job] = []
        items = 0
        try:
            job = self._queue.get(timeout=IDLE_S)
            while True:
                if job is None:
                    return jobs, True
                jobs.append(job)
                items += job.items
                if items >= GROUP_ITEMS:
                    return jobs, False
                job = self._queue.get_nowait()
        except Empty:
            return jobs, False

    def _commit(self, jobs: list[_Job]) -> None:
        before = self._db.total_changes
        try:
            group = self._work(jobs)
        except Exception as problem:
            self._fail(jobs, problem)
        else:
            if self._db.total_changes != before:  # a commit of nothing needs no room on the disk, and proves none
                self.failure = None
            self.groups += 1
            self._safely(group.committed)
            self._safely(self._on_counts, group.counts)
        with self._waiting_lock:
            self._waiting -= sum(job.items for job in jobs)
        for job in jobs:
            self._safely(job.done, job.result, job.problem)

    def _safely(self, call: Callable[..., None], *arguments: Any) -> None:
        """Call what belongs to others: its fault is not the end of this thread."""
        try:
            call(*arguments)
        except Exception as fault:
            self._log.error("after_commit_failed", error=type(fault).__name__, where=place_of(fault))

    def _work(self, jobs: list[_Job]) -> Group:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        group = Group(db, self.known)
        for job in jobs:
            transaction = Transaction(group)
            try:
                job.result = job.work(transaction)
            except Problem as problem:
                transaction.undo()
                job.problem = problem
            except sqlite3.OperationalError:
                raise
            except Exception as fault:
                transaction.undo()
                job.problem = Failed()
                self._log.error("work_failed", error=type(fault).__name__, where=place_of(fault))
            else:
                transaction.merge()
        group.flush()
        db.execute("COMMIT")
        return group

    def _fail(self, jobs: list[_Job], problem: Exception) -> None:
        """Roll back and answer 503: nothing of the group was kept."""
        if self._db.in_transaction:
            try:
                self._db.execute("ROLLBACK")
            except sqlite3.Error as again:
                self._log.error("rollback_failed", error=type(again).__name__)
        if isinstance(problem, sqlite3.OperationalError):
            self.failure = _reason(problem)
        else:
            self.failure = f"a fault of the server ({type(problem).__name__})"
        self._log.error("commit_failed", reason=self.failure, where=place_of(problem))
        for job in jobs:
            job.result = None
            job.problem = Unavailable(
                "cannot-store", f"It cannot be kept now: {self.failure}. Send it again shortly.", 2
            )


def _reason(problem: sqlite3.OperationalError) -> str:
    """What the disk said, in words that hold no data."""
    words = str(problem)
    if "full" in words:
        return "the disk is full"
    if "readonly" in words:
        return "the data folder is read-only"
    return "the database answers with " + (getattr(problem, "sqlite_errorname", None) or "an error")
