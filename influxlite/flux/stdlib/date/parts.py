"""date.second, minute, hour, weekDay, monthDay, yearDay, month, year, week, quarter …: parts of times.

Times are times or durations from now; where a part depends on the place, `location` is by default the script's option.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.conversions import as_time
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.date.places import PLACE, place_of
from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.vectors import Vec
from influxlite.flux.windows import UTC_LOCATION, local_clock

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

Part = Callable[[pl.Series], pl.Series]
_ANYWHERE: dict[str, tuple[Part, str]] = {
    "nanosecond": (lambda t: t.dt.nanosecond(), "The nanosecond of the second"),
    "microsecond": (lambda t: t.dt.nanosecond() // 1000, "The microsecond of the second"),
    "millisecond": (lambda t: t.dt.nanosecond() // 1_000_000, "The millisecond of the second"),
    "second": (lambda t: t.dt.second(), "The second of the minute"),
}
"""Parts that are the same on every clock."""
_LOCAL: dict[str, tuple[Part, str]] = {
    "minute": (lambda t: t.dt.minute(), "The minute of the hour"),
    "hour": (lambda t: t.dt.hour(), "The hour of the day"),
    "weekDay": (lambda t: t.dt.weekday() % 7, "The day of the week, 0 for Sunday"),
    "monthDay": (lambda t: t.dt.day(), "The day of the month"),
    "yearDay": (lambda t: t.dt.ordinal_day(), "The day of the year, 1 for the first"),
    "month": (lambda t: t.dt.month(), "The month, 1 for January"),
    "year": (lambda t: t.dt.year(), "The year"),
    "week": (lambda t: t.dt.week(), "The ISO 8601 week of the year"),
    "quarter": (lambda t: t.dt.quarter(), "The quarter of the year"),
}


def _made(name: str, part: Part, doc: str, *, local: bool) -> Builtin:
    def values(run: Run, times: pl.Series, location: Any) -> pl.Series:
        place = place_of(run, location) if local else UTC_LOCATION
        return part(local_clock(times, place).cast(pl.Datetime("ns"))).cast(pl.Int64())

    def python(run: Run, t: Any, location: Any = None) -> int:
        refuse_nulls(t=t)
        return values(run, pl.Series([as_time(t, run.now())], dtype=pl.Int64()), location)[0]

    def columns(run: Run, t: Any, location: Any = None) -> Any:
        if not isinstance(t, Vec) or t.kind != "time" or isinstance(location, Vec):
            return NotImplemented
        refuse_nulls(t=t)
        return Vec(values(run, t.series, location), "int")

    python.__name__ = name
    python.__doc__ = f'{doc}.\n\nimport "date"\narray.from(rows: [{{v: date.{name}(t: 2026-01-10T22:05:07Z)}}])\n'
    made = function(f"(t: T{f', {PLACE}' if local else ''}) => int where T: Timeable", name, pure=False)(python)
    made.columns(columns)
    return made


FUNCTIONS = [_made(name, part, doc, local=False) for name, (part, doc) in _ANYWHERE.items()]
FUNCTIONS += [_made(name, part, doc, local=True) for name, (part, doc) in _LOCAL.items()]
"""One entry for each name; the registry finds them here."""
