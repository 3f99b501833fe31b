"""boundaries.yesterday, monday … sunday, week, month: {start, stop} of days, weeks and months.

They are reckoned from the day of `now()`, on the clock of the option `location`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.stdlib.date.arithmetic import moved
from influxlite.flux.stdlib.date.days import DAYS
from influxlite.flux.stdlib.date.places import place_of
from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.values import Duration, Record, Time
from influxlite.flux.windows import DAY, Location, Window, local_clock

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

SPAN = "{start: time, stop: time}"
ONE_DAY, ONE_WEEK, ONE_MONTH = Duration(ns=DAY), Duration(ns=7 * DAY), Duration(months=1)


def _start_of(time: int, unit: Duration, place: Location) -> int:
    return Window(unit, unit, location=place).latest_start(time)


def _today(run: Run, place: Location) -> int:
    return _start_of(run.now(), ONE_DAY, place)


def _week_day(time: int, place: Location) -> int:
    """0 for Sunday."""
    clock = local_clock(pl.Series([time], dtype=pl.Int64()), place)[0]
    return (clock // DAY + 4) % 7


def _last(day: int, before: int, place: Location) -> int:
    """The start of the last such day of the week, one to seven days before `before`."""
    back = (_week_day(before, place) - day - 1) % 7 + 1
    return _start_of(moved(before, Duration(ns=-back * DAY), place), ONE_DAY, place)


def _span(start: int, length: Duration, place: Location) -> Record:
    return Record(start=Time(start), stop=moved(start, length, place))


@function(f"() => {SPAN}", pure=False)
def yesterday(run: Run) -> Record:
    """The day before today.

    import "experimental/date/boundaries"
    array.from(rows: [{a: boundaries.yesterday().start < now()}])
    """
    place = place_of(run, None)
    today = _today(run, place)
    return Record(start=moved(today, -ONE_DAY, place), stop=Time(today))


def _made(number: int, name: str) -> Builtin:
    def python(run: Run) -> Record:
        place = place_of(run, None)
        return _span(_last(number, _today(run, place), place), ONE_DAY, place)

    flux_name = name.lower()
    python.__name__ = flux_name
    python.__doc__ = (
        f"The last {name} before today.\n\n"
        f'import "experimental/date/boundaries"\narray.from(rows: [{{a: boundaries.{flux_name}().start < now()}}])\n'
    )
    return function(f"() => {SPAN}", flux_name, pure=False)(python)


FUNCTIONS = [_made(number, name) for number, name in enumerate(DAYS)]
"""One entry for each day of the week; the registry finds them here."""


@function(f"(?month_offset: int) => {SPAN}", pure=False, nulls=False)
def month(run: Run, month_offset: int = 0) -> Record:
    """This month, or the one `month_offset` months from it.

    import "experimental/date/boundaries"
    array.from(rows: [{a: boundaries.month(month_offset: -1).stop <= now()}])
    """
    place = place_of(run, None)
    first = _start_of(_today(run, place), ONE_MONTH, place)
    return _span(moved(first, ONE_MONTH.times(month_offset), place), ONE_MONTH, place)


@function(f"(?week_offset: int, ?start_sunday: bool) => {SPAN}", pure=False, nulls=False)
def week(run: Run, week_offset: int = 0, start_sunday: bool = False) -> Record:
    """This week, or the one `week_offset` weeks from it; it begins on Monday, or on Sunday.

    import "experimental/date/boundaries"
    array.from(rows: [{a: boundaries.week().start < now()}])
    """
    place = place_of(run, None)
    today = _today(run, place)
    before = moved(today, ONE_WEEK.times(week_offset), place) if week_offset else today
    start: Any = _last(0 if start_sunday else 1, before, place)
    if _week_day(today, place) == _week_day(start, place):
        start = moved(start, ONE_WEEK, place)
    return _span(start, ONE_WEEK, place)
