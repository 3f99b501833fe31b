"""interpolate.linear: points on the line between two points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_order
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Duration
from influxlite.flux.windows import Window, add_duration

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

PRECONDITION = "failed precondition"


@transformation("(<-tables: stream[{T with _time: time, _value: float}], every: duration)"
                " => stream[{T with _time: time, _value: float}]")  # fmt: skip
def linear(run: Run, tables: Tables, every: Duration) -> Tables:
    """Add a point at each start of a window of length `every` that lies between two points, on the line between them.

    All columns but `_time` and `_value` must be in the group key, and neither may be null.

        import "interpolate"
        array.from(rows: [{_time: 2026-01-01T00:00:30Z, _value: 1.0}, {_time: 2026-01-01T00:02:30Z, _value: 3.0}])
            |> interpolate.linear(every: 1m)
    """
    window = Window(every, every)
    return key_order([_filled(run, block, window) for block in tables])


def _filled(run: Run, block: Block, window: Window) -> Block:
    _check(block)
    numbers, times, values = [], [], []
    before: tuple[int, int, float] | None = None
    for number, time, value in zip(block.tables, block.column("_time"), block.column("_value"), strict=True):
        if before is not None and before[0] == number:
            _, start, low = before
            slope = (value - low) / float(time - start) if time != start else float("nan")
            every = window.every
            at = add_duration(window.latest_start(start), every)
            if at < time and not every.months:
                check_growth(run, len(times) + (time - at) // every.ns, 3, listed=True)
            while at < time:
                numbers.append(number)
                times.append(at)
                values.append(low + slope * float(at - start))
                at = add_duration(at, every)
        numbers.append(number)
        times.append(time)
        values.append(value)
        before = number, time, value
    rows = {"_time": pl.Series(times, dtype=pl.Int64()), "_value": pl.Series(values, dtype=pl.Float64())}
    order = [name for name in block.columns if name not in block.key]
    return block.with_rows(pl.DataFrame({n: rows[n] for n in order} | {TABLE: pl.Series(numbers, dtype=INDEX)}))


def _check(block: Block) -> None:
    for name in block.columns:
        if name not in block.key and name not in ("_time", "_value"):
            raise FluxError(PRECONDITION, f'interpolate.linear requires column "{name}" to be in group key')
    for name in ("_time", "_value"):
        if name not in block.columns:
            raise FluxError(PRECONDITION, f"{name} column does not exist")
    kind = block.columns["_value"]
    if kind != "float":
        raise FluxError(PRECONDITION, f"cannot interpolate {kind} values; expected float values")
    for name in ("_time", "_value"):
        if block.column(name).null_count():
            raise FluxError(PRECONDITION, f"null {name} found during linear interpolation")
