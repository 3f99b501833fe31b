"""Work in the background: compaction when enough new rows have come or none come any more, and retention."""

import logging
import threading
import time
from typing import TYPE_CHECKING

from influxlite.storage import compaction
from influxlite.storage.committer import Task
from influxlite.storage.errors import StorageError
from influxlite.storage.series import KINDS
from influxlite.storage.snapshot import MIN_NS

if TYPE_CHECKING:
    from influxlite.storage.storage import Storage

log = logging.getLogger("influxlite.storage")
PACE_S = 1.0
ROWS_TO_SETTLE = 600_000  # values of all kinds since the last settling
IDLE_TO_SETTLE_S = 20.0
RETENTION_PACE_S = 60.0


class Maintenance:
    """The background thread of a storage."""

    def __init__(self, storage: "Storage") -> None:
        """Start it."""
        self._storage = storage
        self._stop = threading.Event()
        self._runs: dict[tuple[str, int], int] = {}
        self._settled_values = 0
        self._retention_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="influxlite-maintenance", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        """Look every second whether there is something to do."""
        values, quiet_since = self._storage.committer.values, time.monotonic()
        while not self._stop.wait(PACE_S):
            now = self._storage.committer.values
            if now != values:
                values, quiet_since = now, time.monotonic()
            new = now - self._settled_values
            idle = new > 0 and time.monotonic() - quiet_since > IDLE_TO_SETTLE_S
            try:
                if new >= ROWS_TO_SETTLE or idle:
                    self.compact(everything=idle)
                if time.monotonic() - self._retention_at > RETENTION_PACE_S:
                    self.expire()
            except StorageError as fault:
                log.warning("background work waits: %s", fault)

    def compact(self, *, everything: bool = False) -> None:
        """Settle all kinds, and merge the days whose runs have multiplied (with `everything`, all that have two)."""
        self._settled_values = self._storage.committer.values
        for kind in KINDS:
            self._settle(kind)
        limit = 2 if everything else compaction.RUNS_TO_MERGE
        for kind, day in [key for key, runs in self._runs.items() if runs >= limit]:
            self._storage.run_task(Task(lambda c, _, kind=kind, day=day: compaction.merge_day(c, kind, day)))
            self._runs[kind, day] = 1

    def _settle(self, kind: str) -> None:
        """Settle one kind."""
        index = self._storage.index
        settled: list[compaction.Settled] = []
        task = Task(lambda connection, _: settled.append(compaction.settle(connection, index, kind)))
        index.begin_settling(kind)
        try:
            self._storage.run_task(task)
        finally:
            index.end_settling(kind, done=bool(settled))
        for day in settled[0].days:
            self._runs[kind, day] = self._runs.get((kind, day), 0) + 1

    def expire(self) -> None:
        """Delete what is older than its bucket's retention."""
        self._retention_at = time.monotonic()
        for org in self._storage.catalogue.orgs():
            for bucket in self._storage.buckets(org.id):
                if bucket.retention_s:
                    stop = time.time_ns() - bucket.retention_s * 1_000_000_000
                    self._storage.delete(self._storage.series(bucket.id), MIN_NS, stop)
