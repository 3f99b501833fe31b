"""Adherence by the rule of the US Centers for Medicare & Medicaid Services, and the plain figure of the last 30 nights.

The rule (LCD L33718, Positive Airway Pressure Devices for the Treatment of Obstructive Sleep Apnea): use of 4 hours or
more on 70 % of nights in any consecutive 30 days within the first three months (here: 90 days) of therapy. A night
without readings was not used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from query.night.bounds import night_bounds, night_of
from query.night.coverage import DEFAULT_INTERVAL_S, cover, reach, usage_ms

ENOUGH_S = 4 * 3600
TRIAL_NIGHTS, WINDOW_NIGHTS = 90, 30
NEEDED_NIGHTS = 21
"""70 % of 30."""


@dataclass(frozen=True)
class Window:
    """Consecutive nights: the first and the last of them, how many had 4 hours or more, of how many."""

    first: date
    last: date
    nights_of_4_h: int
    nights: int

    @property
    def share(self) -> float:
        """Nights of 4 hours or more by nights, 0 to 1."""
        return self.nights_of_4_h / self.nights


@dataclass(frozen=True)
class Adherence:
    """What the rule says about a patient.

    `verdict` is "met", "not met", or "open" while the first 90 days are not over and it may still be met. `best` is
    the window of 30 nights within them that has the most nights of 4 hours or more (the earliest of those; one that is
    not over counts with the nights that are). `last_30` is no CMS figure: the last 30 finished nights, whatever the
    day of therapy. `nights` has the usage of every finished night from the first on, in seconds.
    """

    therapy_start: datetime
    zone: str
    verdict: str
    best: Window | None
    last_30: Window | None
    nights: tuple[tuple[date, float], ...]


def usage_by_night(
    readings: pl.DataFrame, nights: Sequence[date], zone: ZoneInfo, interval_s: float = DEFAULT_INTERVAL_S
) -> dict[date, float]:
    """The usage of each of these nights in seconds, of one patient's readings sorted by time (columns of `SCHEMA`)."""
    around = reach(interval_s)
    times = readings["time"]
    found = {}
    for night in nights:
        start, stop = night_bounds(night, zone)
        first = times.search_sorted(start - around, "left")
        last = times.search_sorted(stop + around, "right")
        found[night] = usage_ms(cover(readings.slice(first, last - first), start, stop, interval_s)) / 1000
    return found


def nights_of_interest(therapy_start: datetime, now: datetime, zone: ZoneInfo) -> list[date]:
    """The finished nights that adherence looks at: the first 90 of therapy and the last 30."""
    first, ended = night_of(therapy_start, zone), night_of(now, zone)
    count = max(0, (ended - first).days)
    trial = range(min(count, TRIAL_NIGHTS))
    latest = range(max(0, count - WINDOW_NIGHTS), count)
    return [first + timedelta(days=day) for day in sorted({*trial, *latest})]


def adherence(usage_s: Mapping[date, float], therapy_start: datetime, now: datetime, zone: ZoneInfo) -> Adherence:
    """The verdict from the usage of each finished night; a night that the mapping lacks was not used."""
    first, running = night_of(therapy_start, zone), night_of(now, zone)
    looked_at = nights_of_interest(therapy_start, now, zone)
    enough = {night for night in looked_at if usage_s.get(night, 0.0) >= ENOUGH_S}
    trial_end = first + timedelta(days=TRIAL_NIGHTS)
    best = _best(first, min(running, trial_end), enough)
    if best is not None and best.nights_of_4_h >= NEEDED_NIGHTS:
        verdict = "met"
    else:
        verdict = "open" if _may_still(first, running, trial_end, enough) else "not met"
    last = [night for night in looked_at if night >= running - timedelta(days=WINDOW_NIGHTS)]
    return Adherence(
        therapy_start=therapy_start,
        zone=str(zone),
        verdict=verdict,
        best=best,
        last_30=Window(last[0], last[-1], len(enough.intersection(last)), len(last)) if last else None,
        nights=tuple((night, usage_s.get(night, 0.0)) for night in looked_at),
    )


def _windows(first: date) -> list[list[date]]:
    """The 61 windows of 30 consecutive nights within the first 90."""
    starts = range(TRIAL_NIGHTS - WINDOW_NIGHTS + 1)
    return [[first + timedelta(days=start + day) for day in range(WINDOW_NIGHTS)] for start in starts]


def _best(first: date, over: date, enough: set[date]) -> Window | None:
    """The window with the most nights of 4 hours, of the nights before `over`."""
    best = None
    for nights in _windows(first):
        ended = [night for night in nights if night < over]
        if not ended:
            continue
        window = Window(nights[0], nights[-1], len(enough.intersection(ended)), WINDOW_NIGHTS)
        if best is None or window.nights_of_4_h > best.nights_of_4_h:
            best = window
    return best


def _may_still(first: date, running: date, trial_end: date, enough: set[date]) -> bool:
    """Whether some window would meet the rule if every night that is not over yet had 4 hours."""
    to_come = {running + timedelta(days=day) for day in range(max(0, (trial_end - running).days))}
    return any(len((enough | to_come).intersection(nights)) >= NEEDED_NIGHTS for nights in _windows(first))
