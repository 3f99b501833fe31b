"""Who reads: a count, so that something can be done in a moment when nobody does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Readers:
    """Readers come and go freely; `none` keeps new ones out while it lasts. May be used from any thread."""

    def __init__(self) -> None:
        """Nobody reads."""
        self._lock = threading.Lock()
        self._count = 0

    def enter(self) -> None:
        """A reader begins, after whoever asked for `none` is done."""
        with self._lock:
            self._count += 1

    def leave(self) -> None:
        """A reader has ended."""
        with self._lock:
            self._count -= 1

    @contextmanager
    def none(self) -> Iterator[bool]:
        """Whether nobody reads now; where it is so, nobody begins before this ends. It waits for no reader."""
        with self._lock:
            yield self._count == 0
