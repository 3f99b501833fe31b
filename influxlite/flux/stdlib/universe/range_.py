"""range: rows of a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Block, Tables, key_frame, key_order
from influxlite.flux.execute.run import run_time_range
from influxlite.flux.execute.twins import refuse_twins
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

BOUNDS: tuple[str, str] = ("_start", "_stop")


@transformation(
    "(<-tables: stream[{A with _time: time}], start: B, ?stop: C)"
    " => stream[{A with _time: time, _start: time, _stop: time}]"
)
def range_(run: Run, tables: Tables, start: Any, stop: Any = None) -> Tables:
    """Keep rows with start <= `_time` < stop, and put the bounds into the key columns `_start` and `_stop`.

    Bounds are times, durations from `now()`, or seconds since 1970; stop is `now()` by default. Where a range was set
    before, what both have in common counts. A table that has bounds in its key keeps what of them lies in the range.

        array.from(rows: [{_time: 2026-01-10T22:00:00Z, _value: 1}])
            |> range(start: 2026-01-10T12:00:00Z, stop: 2026-01-11T12:00:00Z)
    """
    bounds = run.current_bounds() or run_time_range(run, start, stop)
    for block in tables:
        kind = block.columns.get("_time")
        if kind is None:
            raise invalid("range error: supplied time column _time doesn't exist")
        if kind != "time":
            raise invalid("range error: provided time column _time is not of type time")
        for name, what in zip(BOUNDS, ("start", "stop"), strict=True):
            if block.columns.get(name, "time") != "time":
                raise invalid(f"range error: provided {what} column _time is not of type time")
    out = [_cut(block, *bounds) for block in tables if block.table_count]
    refuse_twins(tables, out, "range found duplicate table")
    return key_order(out)


def _cut(block: Block, first: int, last: int) -> Block:
    times = block.column("_time")
    inside = ((times >= first) & (times < last)).fill_null(False)
    if all(name in block.key for name in BOUNDS):
        return Block(block.columns, block.key, _common(block.keys, first, last), block.rows.filter(inside))
    lacking = [name for name in BOUNDS if name not in block.columns]
    columns = dict.fromkeys(lacking, "time") | block.columns
    key = (*(name for name in BOUNDS if name not in block.key), *block.key)
    edges = dict(zip(BOUNDS, (first, last), strict=True))
    keys = {
        name: block.keys[name]
        if name in block.key
        else pl.Series([edges[name]], dtype=pl.Int64()).new_from_index(0, block.table_count)
        for name in key
    }
    rows = block.rows.filter(inside).drop([name for name in BOUNDS if name not in block.key], strict=False)
    return Block(columns, key, key_frame(keys, block.table_count), rows)


def _common(keys: pl.DataFrame, first: int, last: int) -> pl.DataFrame:
    """Keys whose bounds are what they have in common with the range; the range itself where that is nothing."""
    low, high = pl.col("_start"), pl.col("_stop")
    begins, ends = (low >= first) & (low < last), (high > first) & (high < last)
    meets = (begins | ends | (low <= first) & (high > first)).fill_null(False)
    empty = low >= high
    return keys.with_columns(
        pl.when(meets & ~empty).then(pl.max_horizontal(low, pl.lit(first))).otherwise(first).alias("_start"),
        pl.when(meets)
        .then(pl.when(empty).then(first).otherwise(pl.min_horizontal(high, pl.lit(last))))
        .otherwise(last)
        .alias("_stop"),
    )
