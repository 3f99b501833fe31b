"""window: tables cut into spans of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.windowing import cut
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import ZERO, Duration, Record
from influxlite.flux.windows import Window

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], ?every: duration, ?period: duration, ?offset: duration,"
    " ?location: {zone: string, offset: duration}, ?timeColumn: string, ?startColumn: string, ?stopColumn: string,"
    " ?createEmpty: bool) => stream[B] where A: Record, B: Record"
)
def window(
    run: Run,
    tables: Tables,
    every: Duration = ZERO,
    period: Duration = ZERO,
    offset: Duration = ZERO,
    location: Record | None = None,
    time_column: str = "_time",
    start_column: str = "_start",
    stop_column: str = "_stop",
    create_empty: bool = False,
) -> Tables:
    """Put rows into one table per window of time that holds them; `_start` and `_stop` become the window's bounds.

    Windows start `every` so often (whole multiples since 1970 plus `offset`, on the clock of `location`) and last
    `period`, by default `every`. They are cut to the range of the query. `createEmpty` also makes the windows without
    rows. `every: inf` joins all of the range.

        array.from(rows: [{_time: 2026-01-10T22:10:00Z, _value: 1}])
            |> range(start: 2026-01-10T22:00:00Z, stop: 2026-01-10T23:00:00Z)
            |> window(every: 30m)
    """
    if every.is_zero and period.is_zero:
        raise of_call(run, 'window function requires at least one of "every" or "period" to be set and non-zero')
    if every.negative:
        raise of_call(run, 'parameter "every" must be non-negative')
    every, period = (period if every.is_zero else every), (every if period.is_zero else period)
    bounds = run.current_bounds()
    if bounds is None:
        raise FluxError(
            "invalid",
            "failed to initialize execute state: nil bounds passed to window; use range to set the window range",
        )
    windows = Window(every, period, offset, run.location(location))
    return cut(run, tables, windows, bounds, time_column, start_column, stop_column, create_empty)
