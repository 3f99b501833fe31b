"""Looks at `/readyz` all the while, and remembers what it said when."""

import threading
import time
from dataclasses import dataclass

from tests.chaos.pipeline import Pipeline

EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Look:
    """One answer of `/readyz`: asked at `began_s`, had at `ended_s` (monotonic); no status where none came."""

    began_s: float
    ended_s: float
    status: int | None
    reasons: tuple[str, ...]


class Watch:
    """Looks from `start` to `stop`, from a thread of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._looks: list[Look] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch readyz", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def between(self, began_s: float, ended_s: float) -> list[Look]:
        """The looks that were begun and answered within that time."""
        return [look for look in list(self._looks) if began_s <= look.began_s and look.ended_s <= ended_s]

    def _look(self) -> None:
        while not self._over.wait(EVERY_S):
            began_s = time.monotonic()
            status, reasons = self._pipeline.readiness()
            self._looks.append(Look(began_s, time.monotonic(), status, tuple(reasons)))
