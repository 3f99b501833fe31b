"""A night's figures in plain Python, reading by reading: the reference that `query.night` is held against.

Written from the contract's sentences ("Nights and usage"), with whole milliseconds and no frame library.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Reading = dict[str, Any]


@dataclass
class Stretch:
    """What one reading stands for, in milliseconds since 1970."""

    reading: Reading
    start: int
    stop: int
    worn: bool

    @property
    def length(self) -> int:
        """Milliseconds."""
        return self.stop - self.start


def milliseconds(instant: datetime) -> int:
    """Since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def noon(day: date, zone: ZoneInfo) -> int:
    """The instant of noon on that day."""
    return milliseconds(datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC))


def stretches(readings: Iterable[Reading], begin: int, end: int, interval_ms: int) -> list[Stretch]:
    """What each reading covers of the night: (previous, t], at most three intervals, cut at both noons."""
    found = []
    previous = None
    for reading in sorted(readings, key=lambda r: (r["time"], r["room"])):
        t = milliseconds(reading["time"])
        since = t - 3 * interval_ms
        if previous is not None:
            since = max(since, previous)
        previous = t
        mask, pressure = reading["mask_on"], reading["cpap_pressure"]
        worn = mask if mask is not None else pressure is not None and pressure >= 4
        start, stop = max(since, begin), min(t, end)
        if stop > start:
            found.append(Stretch(reading, start, stop, worn))
    return found


def percentile(pairs: list[tuple[float, int]], percent: int) -> float | None:
    """The least value that was not exceeded for that part of the time."""
    whole = sum(weight for _, weight in pairs)
    passed = 0
    for value, weight in sorted(pairs):
        passed += weight
        if passed * 100 >= whole * percent:
            return value
    return None


def figures(readings: list[Reading], night: date, zone: ZoneInfo, interval_s: float) -> dict[str, Any]:
    """The figures by their names in `query.night.figures.Figures`."""
    begin, end = noon(night, zone), noon(night + timedelta(days=1), zone)
    all_of_it = stretches(readings, begin, end, round(interval_s * 1000))
    worn = [stretch for stretch in all_of_it if stretch.worn]
    within = [r for r in readings if begin <= milliseconds(r["time"]) < end]
    apneas = sum(r["apnea_count"] or 0 for r in within)
    usage = sum(s.length for s in worn)

    def weighted(field: str, percent: int) -> float | None:
        return percentile([(s.reading[field], s.length) for s in worn if s.reading[field] is not None], percent)

    saturated = [s for s in all_of_it if s.reading["spo2"] is not None]
    sessions: list[list[int]] = []
    for stretch in worn:
        if sessions and sessions[-1][1] == stretch.start:
            sessions[-1][1] = stretch.stop
        else:
            sessions.append([stretch.start, stretch.stop])
    covered = sum(s.length for s in all_of_it)
    return {
        "readings": len(within),
        "covered_s": covered / 1000,
        "coverage": covered / (end - begin),
        "usage_s": usage / 1000,
        "sessions": [tuple(session) for session in sessions],
        "apneas": apneas,
        "apnea_index": apneas * 3_600_000 / usage if usage else None,
        "pressure_median": weighted("cpap_pressure", 50),
        "pressure_p95": weighted("cpap_pressure", 95),
        "leak_median": weighted("leak_rate", 50),
        "leak_p95": weighted("leak_rate", 95),
        "leak_covered_s": sum(s.length for s in worn if s.reading["leak_rate"] is not None) / 1000,
        "large_leak_s": sum(s.length for s in worn if (s.reading["leak_rate"] or 0) > 24) / 1000,
        "spo2_min": min((s.reading["spo2"] for s in saturated), default=None),
        "spo2_covered_s": sum(s.length for s in saturated) / 1000,
        "spo2_below_90_s": sum(s.length for s in saturated if s.reading["spo2"] < 90) / 1000,
        "breath_rate_median": weighted("breath_rate", 50),
        "breath_rate_p5": weighted("breath_rate", 5),
        "breath_rate_p95": weighted("breath_rate", 95),
    }
