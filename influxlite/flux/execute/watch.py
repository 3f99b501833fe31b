"""One thread that stops database work of queries whose client has left or whose time is over.

A thread of its own for each SELECT would cost more than most SELECTs do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PACE_S = 0.05


class Watch:
    """What is running now: for each a question whether to stop it, and how to."""

    def __init__(self) -> None:
        """Nothing runs; the thread starts with the first work."""
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Callable[[], bool], Callable[[], None]]] = {}
        self._next = 0
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, must_stop: Callable[[], bool], stop: Callable[[], None]) -> Iterator[None]:
        """While it lasts, `stop` is called again and again once `must_stop` says so."""
        with self._lock:
            number = self._next = self._next + 1
            self._running[number] = (must_stop, stop)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="influxlite-watch", daemon=True)
                self._thread.start()
        if not self._wake.is_set():
            self._wake.set()
        try:
            yield
        finally:
            with self._lock:
                del self._running[number]

    def _run(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(PACE_S)
            with self._lock:  # held while stopping, so that nothing that came after is stopped
                if not self._running:
                    self._wake.clear()
                for must_stop, stop in self._running.values():
                    if must_stop():
                        stop()


WATCH = Watch()
"""The one of this process."""
