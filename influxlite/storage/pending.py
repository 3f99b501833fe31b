"""What is acknowledged and in the log, but not in the tables yet. It is bounded: who writes more waits."""

import threading
import time
from dataclasses import dataclass

from influxlite.line_protocol.points import Columns, Point

FLUSH_BYTES = 32 * 2**20  # from here on it goes into the tables
MOST_BYTES = 128 * 2**20  # beyond this, writes wait until some of it is there
POINT_WEIGHT = 8  # a point as Python objects takes about so many times its text


@dataclass(frozen=True, slots=True)
class Body:
    """A few lines as they were sent, already known to be right: many of them are read at once later."""

    body: bytes
    precision: str
    now_ns: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One write: its number, which orders it among others, and its points in one of three forms."""

    number: int
    bucket_id: str
    content: Columns | Body | list[Point]
    weight: int


class Pending:
    """The entries in their order. One thread adds, another takes; both may be any."""

    def __init__(self) -> None:
        """Empty."""
        self._changed = threading.Condition()
        self._entries: list[Entry] = []
        self._weight = 0
        self._taken_weight = 0
        self._since = 0.0
        self._ending = False

    def add(self, entries: list[Entry]) -> None:
        """Add entries that are in the log."""
        with self._changed:
            if not self._entries:
                self._since = time.monotonic()
            self._entries += entries
            self._weight += sum(entry.weight for entry in entries)
            if self._weight >= FLUSH_BYTES:
                self._changed.notify_all()

    def take(self) -> list[Entry]:
        """All entries, to be stored; `taken_is_stored` or `put_back` follows."""
        with self._changed:
            taken, self._entries = self._entries, []
            self._taken_weight, self._weight = self._weight, 0
        return taken

    def peek(self) -> list[Entry]:
        """All entries, which stay."""
        with self._changed:
            return list(self._entries)

    def put_back(self, taken: list[Entry]) -> None:
        """They could not be stored: they are before all others again."""
        with self._changed:
            self._entries = taken + self._entries
            self._weight, self._taken_weight = self._weight + self._taken_weight, 0

    def taken_is_stored(self) -> None:
        """There is room again."""
        with self._changed:
            self._taken_weight = 0
            self._changed.notify_all()

    @property
    def empty(self) -> bool:
        """Whether everything acknowledged is in the tables."""
        return not self._entries and not self._taken_weight

    def full(self) -> bool:
        """Whether there is no room for more."""
        return self._weight + self._taken_weight >= MOST_BYTES

    def wait_for_room(self, seconds: float) -> bool:
        """Wait so long at most until there is room; whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.full(), seconds)

    def wait_for_work(self, pace_s: float, age_s: float) -> bool:
        """Wait so long at most; whether there is enough, or something old enough, to be stored."""
        with self._changed:
            self._changed.wait_for(lambda: self._ending or self._weight >= FLUSH_BYTES, pace_s)
            old = bool(self._entries) and time.monotonic() - self._since >= age_s
            return old or self._weight >= FLUSH_BYTES

    def end_waiting(self) -> None:
        """Nobody needs to wait for work any more."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
