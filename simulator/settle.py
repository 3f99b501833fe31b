"""Waits for what is on its way: an outbox empties by itself, a little after the last answer."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

POLL_S = 0.5

Found = TypeVar("Found")


def settled(look: Callable[[], tuple[int, Found]], *, settle_s: float, stop: threading.Event | None = None) -> Found:
    """Look again until nothing is amiss, or until `settle_s` seconds have passed in which it did not become less.

    `look` answers how much is amiss, and what it found; the last of that is the result.
    """
    best: int | None = None
    quiet_since_s = time.monotonic()
    while True:
        amiss, found = look()
        if best is None or amiss < best:
            best, quiet_since_s = amiss, time.monotonic()
        if not amiss or time.monotonic() - quiet_since_s > settle_s or (stop is not None and stop.is_set()):
            return found
        time.sleep(POLL_S)
