"""Windows that follow each other without gaps, as SQL can number them.

Windows of one length are one stretch; months, and days across a change of clocks, are several: within each a window's
number is a quotient.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from influxlite.flux.errors import FluxError
from influxlite.flux.windows import MAX_TIME, MAX_WINDOWS, MIN_TIME, Window

MILLISECOND = 1_000_000
MOST_STRETCHES = 200
"""So many stretches are told apart in SQL."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Windows of one length: the i-th is `[base + i·every, base + (i + 1)·every)`, and has number `first + i`."""

    first: int
    base: int
    every: int
    count: int

    @property
    def number(self) -> str:
        """The SQL for the number of the window of a point in it."""
        if self.base % MILLISECOND or self.every % MILLISECOND:
            quotient = f"(time - {self.base}) // {self.every}"
        else:
            quotient = f"(ms - {self.base // MILLISECOND}) // {self.every // MILLISECOND}"
        return f"{self.first} + {quotient}" if self.first else quotient


@dataclass(frozen=True, slots=True)
class Grid:
    """All windows of a range, in order."""

    stretches: tuple[Stretch, ...]
    by_stop: bool
    """Whether a row's time is the end of its window, else its start."""

    @property
    def count(self) -> int:
        """How many windows there are."""
        return self.stretches[-1].first + self.stretches[-1].count

    @property
    def number(self) -> str:
        """The SQL for the number of a point's window."""
        if len(self.stretches) == 1:
            return self.stretches[0].number
        cases = [f"WHEN time < {b.base} THEN {a.number}" for a, b in pairwise(self.stretches)]
        return f"CASE {' '.join(cases)} ELSE {self.stretches[-1].number} END"

    def numbers(self, times: np.ndarray) -> np.ndarray:
        """The numbers of the windows of some points, as `number` has them worked out in SQL."""
        bases = np.array([s.base for s in self.stretches])
        at = np.searchsorted(bases[1:], times, side="right")
        firsts, every = (np.array([getattr(s, name) for s in self.stretches]) for name in ("first", "every"))
        return firsts[at] + (times - bases[at]) // every[at]

    def times(self, numbers: np.ndarray, bounds: tuple[int, int]) -> np.ndarray:
        """The times of the rows of some windows, cut to the range."""
        if len(self.stretches) == 1:
            only = self.stretches[0]
            return np.clip((numbers + int(self.by_stop)) * only.every + only.base, *bounds)
        edges = np.concatenate([s.base + np.arange(s.count + 1) * s.every for s in self.stretches])
        skipped = np.searchsorted([s.first for s in self.stretches[1:]], numbers, side="right")  # ends that are twice
        return np.clip(edges[numbers + skipped + int(self.by_stop)], *bounds)


def grid_of(window: Window, bounds: tuple[int, int], by_stop: bool) -> Grid | None:
    """The windows of a range, None where they have gaps, overlap, or are too many or too uneven."""
    if window.infinite or window.period != window.every:
        return None
    stretches = _regular(window, bounds) if window.fixed else _uneven(window, bounds)
    return None if stretches is None else Grid(stretches, by_stop)


def _regular(window: Window, bounds: tuple[int, int]) -> tuple[Stretch, ...] | None:
    start, stop = bounds
    every = window.every.ns
    base = window.latest_start(start)
    count = -((base - stop) // every)
    fits = base > MIN_TIME and stop - base < MAX_TIME and base + count * every <= MAX_TIME
    return (Stretch(0, base, every, count),) if fits and count <= MAX_WINDOWS else None


def _uneven(window: Window, bounds: tuple[int, int]) -> tuple[Stretch, ...] | None:
    try:
        starts, stops = window.overlapping(*bounds)
    except FluxError:
        return None
    whole = bool(starts) and starts[0] <= bounds[0] and stops[-1] >= bounds[1] and stops[:-1] == starts[1:]
    if not whole or not MIN_TIME < starts[0] < stops[-1] < MAX_TIME:
        return None
    stretches: list[Stretch] = []
    for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        last = stretches[-1] if stretches else None
        if stop <= start or len(stretches) > MOST_STRETCHES:
            return None
        if last is not None and last.every == stop - start:
            stretches[-1] = Stretch(last.first, last.base, last.every, last.count + 1)
        else:
            stretches.append(Stretch(number, start, stop - start, 1))
    return tuple(stretches)
