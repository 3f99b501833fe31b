"""hourSelection: rows of some hours of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Tables, key_order
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record
from influxlite.flux.windows import local_clock

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], start: int, stop: int, ?location: {zone: string, offset: duration}, ?timeColumn: string)"
    " => stream[A] where A: Record"
)
def hour_selection(
    run: Run, tables: Tables, start: int, stop: int, location: Record | None = None, time_column: str = "_time"
) -> Tables:
    """Keep rows whose hour, 0 to 23 on the clock of `location`, is from `start` to `stop`, both included.

    array.from(rows: [{_time: 2026-01-01T03:00:00Z}]) |> hourSelection(start: 2, stop: 4)
    """
    if not 0 <= start <= 23:
        raise invalid("start must be between 0 and 23")
    if not 0 <= stop <= 23:
        raise invalid("stop must be between 0 and 23")
    place = run.location(location)
    out: Tables = []
    for block in tables:
        if time_column not in block.columns:
            raise FluxError("failed precondition", "invalid time column")
        hour = local_clock(block.column(time_column), place) // 3_600_000_000_000 % 24
        inside = (hour >= start) & (hour <= stop) if start <= stop else (hour >= start) | (hour <= stop)
        out.append(block.with_rows(block.rows.filter(inside.fill_null(False))))
    return key_order(out)
