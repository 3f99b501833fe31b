"""One thread acknowledges writes: it takes what waits, logs it together, and answers after the sync (group commit).

A write is judged first (what of it is taken), then written to the log with all that wait, and once the log is on disk
it is pending: every reader that comes from then on finds it, because it stores what is pending before it reads.
"""

import json
import queue
import threading
from collections.abc import Callable

from influxlite.line_protocol import PRECISIONS
from influxlite.line_protocol.points import Columns, Lines, Point
from influxlite.storage.catalogue import Bucket
from influxlite.storage.errors import BusyError, ClosedError, DiskError, PartialWriteError
from influxlite.storage.judgement import Kinds, judge
from influxlite.storage.log import LINES, POINTS, Log, Record
from influxlite.storage.pending import POINT_WEIGHT, Body, Entry, Pending

MAX_WAITING = 4096  # writes in the queue
MAX_GROUP_BYTES = 16 * 2**20
ROOM_PACE_S = 0.5
PRECISION_NAMES = tuple(PRECISIONS)


class Write:
    """Lines (or points, as a query writes them) on their way to the disk."""

    __slots__ = ("_guard", "_outcome", "_settled", "_tell", "batch", "bucket")

    def __init__(self, bucket: Bucket, batch: Lines | list[Point]) -> None:
        """Not handed in yet."""
        self.bucket = bucket
        self.batch = batch
        self._guard = threading.Lock()
        self._settled = False
        self._outcome: Exception | None = None
        self._tell: Callable[[], object] | None = None

    def settle(self, outcome: Exception | None) -> None:
        """It is on disk, whole (None) or in part (PartialWriteError), or nothing of it is (any other error)."""
        with self._guard:
            self._outcome, self._settled = outcome, True
            self.batch = []  # whoever waits for the outcome needs it no more, and it may be large
            tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def when_settled(self, tell: Callable[[], object]) -> None:
        """Call `tell` once, from whichever thread, when `outcome` is known."""
        with self._guard:
            if not self._settled:
                self._tell = tell
                return
        tell()

    @property
    def outcome(self) -> Exception | None:
        """What `settle` was told."""
        return self._outcome

    def wait(self) -> None:
        """Return when it is on disk; raises the outcome where it is an error."""
        known = threading.Event()
        self.when_settled(known.set)
        known.wait()
        if self._outcome is not None:
            raise self._outcome


class Committer:
    """The queue and its thread. `commits` counts the syncs; `number` is that of the last write, over restarts."""

    def __init__(
        self, log: Log, pending: Pending, kinds: Kinds, number: int, fault: Callable[[], DiskError | None]
    ) -> None:
        """Start the thread. `fault` says why what is pending cannot be stored at present, None where it can."""
        self._log = log
        self._pending = pending
        self._kinds = kinds
        self.number = number
        self._fault = fault
        self._queue: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._closed = False
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="influxlite-committer", daemon=True)
        self._thread.start()

    def submit(self, write: Write) -> None:
        """Queue a write. BusyError when too much waits, ClosedError after `close`."""
        if self._closed:
            raise ClosedError("the storage is closing")
        if self._queue.qsize() >= MAX_WAITING:
            raise BusyError("too many writes wait already; send this one again a little later")
        self._queue.put(write)

    def close(self) -> None:
        """Do what is queued, then end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        """Take writes until the end is asked for."""
        while (first := self._queue.get()) is not None:
            if not self._commit(first):
                break

    def _commit(self, first: Write) -> bool:
        """Log a write together with all that wait behind it; False when the end was asked for meanwhile."""
        if self._pending.empty:
            self._kinds.clear()
        before = self.number
        taken: list[tuple[Write, PartialWriteError | None]] = []
        records: list[Record] = []
        entries: list[Entry] = []
        size = 0
        write: Write | None = first
        while write is not None:
            try:
                record, entry, refused = self._take(write)
                taken.append((write, refused))
                if entry is not None and record is not None:
                    records.append(record)
                    entries.append(entry)
                    size += len(record.body)
            except Exception as fault:  # whatever one batch provokes, the others must be answered
                write.settle(fault)
            if size >= MAX_GROUP_BYTES:
                break
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                break
        fault = self._keep(records, entries) if records else None
        if fault is not None:
            self.number = before
            self._kinds.forget(before + 1)
        for one, refused in taken:
            one.settle(fault or refused)
        return write is not None

    def _take(self, write: Write) -> tuple[Record | None, Entry | None, PartialWriteError | None]:
        """A write as a record of the log and an entry of what is pending, both None where nothing of it is taken."""
        number = self.number + 1
        bucket_id, batch = write.bucket.id, write.batch
        content = batch.content if isinstance(batch, Lines) else batch
        left, refused = judge(self._kinds, write.bucket, batch, number)
        if left is not None and not left:
            return None, None, refused
        self.number = number
        if left is None and isinstance(batch, Lines):
            record = Record(number, LINES, PRECISION_NAMES.index(batch.precision), bucket_id, batch.now_ns, batch.body)
            if not isinstance(content, Columns):
                content = Body(batch.body, batch.precision, batch.now_ns)
        else:
            content = left if left is not None else content
            record = Record(number, POINTS, 0, bucket_id, 0, json.dumps(content).encode())
        weight = len(record.body) * (POINT_WEIGHT if isinstance(content, list) else 1)
        return record, Entry(number, bucket_id, content, weight), refused

    def _keep(self, records: list[Record], entries: list[Entry]) -> Exception | None:
        """Log records and make their entries pending; the fault, after which nothing of them is kept."""
        while not self._pending.wait_for_room(ROOM_PACE_S):
            fault = self._fault()
            if fault is not None:
                return fault
        try:
            self._log.append(records)
        except OSError as fault:
            reason = fault.strerror or str(fault)
            return DiskError(f"nothing of this was stored, send it again when the cause is gone: {reason}")
        self._pending.add(entries)
        self.commits += 1
        return None
