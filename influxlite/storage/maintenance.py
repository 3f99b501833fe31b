"""Work in the background: compaction when enough new rows have come or none come any more, what it left free in the
file given back, and retention."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import duckdb

from influxlite.storage import compaction, heap, reclaiming
from influxlite.storage.errors import ClosedError, DiskError, StorageError
from influxlite.storage.flusher import Task
from influxlite.storage.series import KINDS
from influxlite.storage.snapshot import MIN_NS

if TYPE_CHECKING:
    from influxlite.storage.storage import Storage

T = TypeVar("T")
log = logging.getLogger("influxlite.storage")
PACE_S = 1.0
ROWS_TO_SETTLE = 2_000_000  # rows of all kinds that came in small groups since the last settling
IDLE_TO_SETTLE_S = 10.0
ROWS_TO_RENEW = 122_880  # rows stored, rewritten or deleted: a row group, less of which no query notices
RETENTION_PACE_S = 60.0


class Maintenance:
    """The background thread of a storage."""

    def __init__(self, storage: "Storage") -> None:
        """Start it."""
        self._storage = storage
        self._stop = threading.Event()
        self._runs: dict[tuple[str, int], int] = {}
        self._settled = 0
        self._merged = 0  # rows that were rewritten by merging days, since the start
        self._renewed = 0  # rows stored, deleted and merged when the database was last opened anew
        self._rewritten: set[reclaiming.Part] | None = set()  # to give room back; None where there is none to give
        self._freed = True  # whether the file was opened anew since the last of them
        self._retention_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="influxlite-maintenance", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        """Look every second whether there is something to do."""
        flusher = self._storage.flusher
        rows, quiet_since, unfinished = flusher.rows, time.monotonic(), False
        while not self._stop.wait(PACE_S):
            if flusher.rows != rows:
                rows, quiet_since = flusher.rows, time.monotonic()
            new = flusher.unordered - self._settled
            quiet = time.monotonic() - quiet_since > IDLE_TO_SETTLE_S
            self._take_runs()
            idle = quiet and (new > 0 or any(runs > 1 for runs in self._runs.values()))
            crowded = any(runs >= compaction.RUNS_TO_MERGE for runs in self._runs.values())
            try:
                if new >= ROWS_TO_SETTLE or idle or crowded:
                    self.compact(everything=idle)
                    unfinished = True
                if (quiet or unfinished) and self.renew():
                    unfinished = self.reclaim()
                if time.monotonic() - self._retention_at > RETENTION_PACE_S:
                    self.expire()
            except ClosedError:
                return
            except StorageError as fault:
                log.warning("background work waits: %s", fault)
            except Exception:
                log.exception("background work failed; it is tried again")

    def compact(self, *, everything: bool = False) -> None:
        """Settle all kinds, and merge the days whose runs have multiplied (with `everything`, all that have two).

        Writes go on meanwhile, in commits of their own; deletes wait, because they would change the same rows.
        """
        with self._storage.changing_rows:
            self._storage.flush()
            self._settled = self._storage.flusher.unordered
            self._take_runs()
            for kind in KINDS:
                for day in self._settle(kind).days:
                    self._runs[kind, day] = self._runs.get((kind, day), 0) + 1
            limit = 2 if everything else compaction.RUNS_TO_MERGE
            for kind, day in [key for key, runs in self._runs.items() if runs >= limit]:
                self._merged += self._beside(
                    lambda connection, kind=kind, day=day: compaction.merge_day(connection, kind, day)
                )
                self._runs[kind, day] = 1
                self._storage.checkpoint()
        heap.give_back()

    def renew(self) -> bool:
        """Let the database be opened anew where that is worth it; whether there is nothing left to do about it."""
        moved = self._storage.flusher.rows + self._storage.deleted_rows + self._merged
        if moved - self._renewed >= ROWS_TO_RENEW:
            if not self._storage.renew():
                return False
            self._renewed = moved
            self._rewritten, self._freed = set(), True
        return True

    def reclaim(self) -> bool:
        """Write the last part of the file anew where that lets the file end sooner; whether there may be more of it.

        One part at a time, each once until other rows have moved: nothing else has to wait for long, and where the end
        of the file cannot be had, as with what DuckDB keeps there of its own, it is left.
        """
        if self._rewritten is None:
            return False
        if not self._freed:  # only now is the room free that the last part had
            self._freed = self._storage.renew()
            return True
        with self._storage.changing_rows:
            parts = self._beside(reclaiming.parts_at_the_end)
            part = next((part for part in parts if part not in self._rewritten), None)
            if part is None:
                self._rewritten = None
                return False
            self._rewritten.add(part)
            if part.day is None:
                self._storage.run_task(Task(part.rewrite))
            else:
                self._beside(part.rewrite)
        heap.give_back()
        self._freed = False
        return True

    def _take_runs(self) -> None:
        """Count the runs that were stored in order from the start."""
        for run, count in self._storage.flusher.take_runs().items():
            self._runs[run] = self._runs.get(run, 0) + count

    def _settle(self, kind: str) -> compaction.Settled:
        """Settle one kind."""
        index = self._storage.index
        done = False
        try:
            settled = self._beside(
                lambda connection: compaction.settle(connection, kind, doubtful=bool(index.doubtful[kind])),
                lambda: index.begin_settling(kind),
            )
            done = True
            return settled
        finally:
            index.end_settling(kind, done=done)

    def _beside(self, work: Callable[[duckdb.DuckDBPyConnection], T], at_start: Callable[[], None] | None = None) -> T:
        """Do work in a transaction beside the committer's. Its view starts between two commits, with `at_start`."""
        connection = self._storage.connection()

        def start(_: duckdb.DuckDBPyConnection) -> None:
            if at_start is not None:
                at_start()
            connection.begin()

        try:
            self._storage.run_task(Task(start))
            answer = work(connection)
            connection.execute("COMMIT")
            return answer
        except duckdb.Error as fault:
            raise DiskError(f"nothing was changed: {str(fault).splitlines()[0]}") from fault
        finally:
            connection.close()

    def expire(self) -> None:
        """Delete what is older than its bucket's retention."""
        self._retention_at = time.monotonic()
        for org in self._storage.catalogue.orgs():
            for bucket in self._storage.buckets(org.id):
                if bucket.retention_s:
                    stop = time.time_ns() - bucket.retention_s * 1_000_000_000
                    self._storage.delete(self._storage.series(bucket.id), MIN_NS, stop)
