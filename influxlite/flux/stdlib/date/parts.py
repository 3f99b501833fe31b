"""date.second, minute, hour, weekDay, monthDay, yearDay, month, year, week, quarter …: parts of times.

Times are times or durations from now; `location` is by default the script's option.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from influxlite.flux.conversions import as_time
from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.values import NANOSECONDS, is_null
from influxlite.flux.vectors import Vec
from influxlite.flux.windows import DAY, Location, civil, days_of, local_clock, to_local

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

SIGNATURE = "(t: T, ?location: {zone: string, offset: duration}) => int where T: Timeable"
Part = Callable[[int], int]


def clock(time: int, location: Location) -> int:
    """What the clock of a location shows at a time."""
    local = time if location.plain else to_local(time, location.zone)
    return local + location.offset.ns


def _iso_week(local: int) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=local // DAY)).isocalendar().week


def _year_day(local: int) -> int:
    days = local // DAY
    return days - days_of(civil(days)[0], 1, 1) + 1


_PARTS: dict[str, tuple[Part, str]] = {
    "nanosecond": (lambda t: t % NANOSECONDS["s"], "The nanosecond of the second"),
    "microsecond": (lambda t: t % NANOSECONDS["s"] // 1000, "The microsecond of the second"),
    "millisecond": (lambda t: t % NANOSECONDS["s"] // 1_000_000, "The millisecond of the second"),
    "second": (lambda t: t // NANOSECONDS["s"] % 60, "The second of the minute"),
    "minute": (lambda t: t // NANOSECONDS["m"] % 60, "The minute of the hour"),
    "hour": (lambda t: t // NANOSECONDS["h"] % 24, "The hour of the day"),
    "weekDay": (lambda t: (t // DAY + 4) % 7, "The day of the week, 0 for Sunday"),
    "monthDay": (lambda t: civil(t // DAY)[2], "The day of the month"),
    "yearDay": (_year_day, "The day of the year, 1 for the first"),
    "month": (lambda t: civil(t // DAY)[1], "The month, 1 for January"),
    "year": (lambda t: civil(t // DAY)[0], "The year"),
    "week": (_iso_week, "The ISO 8601 week of the year"),
    "quarter": (lambda t: (civil(t // DAY)[1] + 2) // 3, "The quarter of the year"),
}


def _made(name: str, part: Part, doc: str) -> Builtin:
    def python(run: Run, t: Any, location: Any = None) -> int | None:
        if is_null(t):
            return None
        return part(clock(as_time(t, run.now()), run.location(location)))

    def columns(run: Run, t: Any, location: Any = None) -> Any:
        place = None if isinstance(location, Vec) else run.location(location)
        if not isinstance(t, Vec) or t.kind != "time" or place is None or name not in ARITHMETIC:
            return NotImplemented
        return Vec(part(local_clock(t.series, place)), "int")  # type: ignore[arg-type]

    python.__name__ = name
    python.__doc__ = (
        f'{doc}.\n\n    import "date"\n    array.from(rows: [{{v: date.{name}(t: 2026-01-10T22:05:07Z)}}])\n'
    )
    made = function(SIGNATURE, name, pure=False)(python)
    made.columns(columns)
    return made


ARITHMETIC = frozenset({"nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "weekDay"})
"""Parts that are the same arithmetic on a column as on a number."""

FUNCTIONS = [_made(name, part, doc) for name, (part, doc) in _PARTS.items()]
"""One entry for each name; the registry finds them here."""
