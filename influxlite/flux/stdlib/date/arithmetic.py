"""date.add, sub, truncate, time, scale: time arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.conversions import as_time
from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Duration, Time, is_null
from influxlite.flux.vectors import Vec
from influxlite.flux.windows import Location, Window, add_duration, from_local, to_local

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

PLACE = "?location: {zone: string, offset: duration}"


def moved(time: int, duration: Duration, location: Location) -> Time:
    """`time` moved by a duration on the clock of a location."""
    if location.plain:
        return Time(add_duration(time, duration))
    return Time(from_local(add_duration(to_local(time, location.zone), duration), location.zone))


@function(f"(d: duration, to: T, {PLACE}) => time where T: Timeable", pure=False)
def add(run: Run, d: Duration, to: Any, location: Any = None) -> Time | None:
    """`to` moved by `d`.

    import "date"
    array.from(rows: [{v: date.add(d: 1mo, to: 2026-01-31T00:00:00Z)}])
    """
    return None if is_null(to) else moved(as_time(to, run.now()), d, run.location(location))


@function(f"(d: duration, from: T, {PLACE}) => time where T: Timeable", pure=False)
def sub(run: Run, d: Duration, from_: Any, location: Any = None) -> Time | None:
    """`from` moved back by `d`.

    import "date"
    array.from(rows: [{v: date.sub(d: 1d, from: 2026-01-31T00:00:00Z)}])
    """
    return None if is_null(from_) else moved(as_time(from_, run.now()), -d, run.location(location))


@function(f"(t: T, unit: duration, {PLACE}) => time where T: Timeable", pure=False)
def truncate(run: Run, t: Any, unit: Duration, location: Any = None) -> Time | None:
    """The start of the window of length `unit` that holds `t`.

    import "date"
    array.from(rows: [{v: date.truncate(t: 2026-01-10T22:05:07Z, unit: 1h)}])
    """
    if is_null(t):
        return None
    return Time(Window(unit, unit, location=run.location(location)).latest_start(as_time(t, run.now())))


@truncate.columns
def truncate_columns(run: Run, t: Any, unit: Any, location: Any = None) -> Any:
    """Fixed units at once."""
    if not isinstance(t, Vec) or t.kind != "time" or not isinstance(unit, Duration) or isinstance(location, Vec):
        return NotImplemented
    window = Window(unit, unit, location=run.location(location))
    if window.fixed and unit.ns > 0:
        return Vec(t.series - (t.series - window.zero) % unit.ns, "time")
    starts = {time: window.latest_start(time) for time in t.series.unique() if time is not None}
    return Vec(pl.Series([None if v is None else starts[v] for v in t.series], dtype=pl.Int64()), "time")


@function(f"(t: T, {PLACE}) => time where T: Timeable", pure=False)
def time(run: Run, t: Any, location: Any = None) -> Time | None:  # noqa: ARG001 - Flux has it
    """A time, or a duration from now, as a time.

    import "date"
    array.from(rows: [{v: date.time(t: 2026-01-10T22:05:07Z)}])
    """
    return None if is_null(t) else Time(as_time(t, run.now()))


@function("(d: duration, n: int) => duration")
def scale(d: Duration, n: int) -> Duration:
    """`d`, `n` times over.

    import "date"
    array.from(rows: [{v: date.add(d: date.scale(d: 1h, n: 5), to: 2026-01-10T00:00:00Z)}])
    """
    if not isinstance(d, Duration):
        raise invalid("date.scale needs a duration")
    return d.times(n)
