"""date.add, sub, truncate, time, scale: time arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.conversions import as_time
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.date.places import PLACE, place_of
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Duration, Time
from influxlite.flux.vectors import Vec
from influxlite.flux.windows import DAY, Location, Window, from_local, local_clock, shifted, to_local

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


MANY_WINDOWS = 100_000
"""From so many windows on, each different time is asked by itself."""


def moved(time: int, duration: Duration, place: Location) -> Time:
    """`time` moved by a duration on the clock of a place."""
    clock = shifted(time, place.offset)
    if place.plain:
        clock = shifted(clock, duration)
    else:
        clock = from_local(shifted(to_local(clock, place.zone), duration), place.zone)
    return Time(shifted(clock, -place.offset))


def _moved_column(run: Run, times: Any, duration: Any, location: Any) -> Any:
    """A column of times moved at once where the clock has no changes and the duration no months."""
    if not isinstance(times, Vec) or times.kind != "time" or not isinstance(duration, Duration):
        return NotImplemented
    if isinstance(location, Vec) or duration.months or not place_of(run, location).plain:
        return NotImplemented
    refuse_nulls(t=times)
    if not len(times) or not _room(times.series, duration.ns):
        return NotImplemented
    return Vec(times.series + duration.ns, "time")


def _room(times: pl.Series, ns: int) -> bool:
    low, high = int(times.min()), int(times.max())  # type: ignore[arg-type]
    return low + ns >= -(1 << 63) and high + ns < 1 << 63


@function(f"(d: duration, to: T, {PLACE}) => time where T: Timeable", pure=False)
def add(run: Run, d: Duration, to: Any, location: Any = None) -> Time:
    """`to` moved by `d`.

    import "date"
    array.from(rows: [{v: date.add(d: 1mo, to: 2026-01-31T00:00:00Z)}])
    """
    refuse_nulls(d=d, to=to)
    return moved(as_time(to, run.now()), d, place_of(run, location))


@add.columns
def add_columns(run: Run, d: Any, to: Any, location: Any = None) -> Any:
    """Fixed durations at once."""
    return _moved_column(run, to, d, location)


@function(f"(d: duration, from: T, {PLACE}) => time where T: Timeable", pure=False)
def sub(run: Run, d: Duration, from_: Any, location: Any = None) -> Time:
    """`from` moved back by `d`.

    import "date"
    array.from(rows: [{v: date.sub(d: 1d, from: 2026-01-31T00:00:00Z)}])
    """
    refuse_nulls(d=d, from_=from_)
    return moved(as_time(from_, run.now()), -d, place_of(run, location))


@sub.columns
def sub_columns(run: Run, d: Any, from_: Any, location: Any = None) -> Any:
    """Fixed durations at once."""
    return _moved_column(run, from_, -d if isinstance(d, Duration) else d, location)


@function(f"(t: T, unit: duration, {PLACE}) => time where T: Timeable", pure=False)
def truncate(run: Run, t: Any, unit: Duration, location: Any = None) -> Time:
    """The start of the window of length `unit` that holds `t`.

    import "date"
    array.from(rows: [{v: date.truncate(t: 2026-01-10T22:05:07Z, unit: 1h)}])
    """
    refuse_nulls(t=t, unit=unit)
    return Time(Window(unit, unit, location=run.location(location)).latest_start(as_time(t, run.now())))


@truncate.columns
def truncate_columns(run: Run, t: Any, unit: Any, location: Any = None) -> Any:
    """Fixed units at once, others by looking the times up among the starts of all windows between them."""
    if not isinstance(t, Vec) or t.kind != "time" or not isinstance(unit, Duration) or isinstance(location, Vec):
        return NotImplemented
    refuse_nulls(t=t)
    window = Window(unit, unit, location=run.location(location))
    if not len(t):
        return t
    if window.fixed and unit.ns > 0:
        return Vec(t.series - (t.series - window.zero) % unit.ns, "time")
    return Vec(_latest_starts(window, t.series), "time")


def _latest_starts(window: Window, times: pl.Series) -> pl.Series:
    """The start of the window that holds each time: looked up among all starts where those are not too many."""
    low, high = int(times.min()), int(times.max())  # type: ignore[arg-type]
    length = window.every.months * 28 * DAY + window.every.ns
    if length > 0 and (high - low) // length < MANY_WINDOWS:
        starts = pl.Series(window.overlapping(low, high + 1)[0], dtype=pl.Int64())
        position = starts.search_sorted(times, side="right").cast(pl.Int64()) - 1
        if (position >= 0).all():
            return starts.gather(position)
    found = {time: window.latest_start(time) for time in times.unique()}
    return pl.Series([found[v] for v in times], dtype=pl.Int64())


@function(f"(t: T, {PLACE}) => time where T: Timeable", pure=False)
def time(run: Run, t: Any, location: Any = None) -> Time:
    """A time, or a duration from now, as a time; elsewhere than in UTC, what the clock there shows.

    import "date"
    array.from(rows: [{v: date.time(t: 2026-01-10T22:05:07Z)}])
    """
    refuse_nulls(t=t)
    place = place_of(run, location)
    local = as_time(t, run.now())
    return Time(shifted(local if place.plain else to_local(local, place.zone), place.offset))


@time.columns
def time_columns(run: Run, t: Any, location: Any = None) -> Any:
    """At once."""
    if not isinstance(t, Vec) or t.kind != "time" or isinstance(location, Vec):
        return NotImplemented
    refuse_nulls(t=t)
    place = place_of(run, location)
    return NotImplemented if place.offset.months else Vec(local_clock(t.series, place), "time")


@function("(d: duration, n: int) => duration")
def scale(d: Duration, n: int) -> Duration:
    """`d`, `n` times over.

    import "date"
    array.from(rows: [{v: date.add(d: date.scale(d: 1h, n: 5), to: 2026-01-10T00:00:00Z)}])
    """
    refuse_nulls(d=d, n=n)
    return d.times(n)
