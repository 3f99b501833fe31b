"""range: rows of a span of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Block, Tables, key_order, make_block, merge_same_keys, one_piece
from influxlite.flux.execute.run import run_time_range
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[{A with _time: time}], start: B, ?stop: C)"
    " => stream[{A with _time: time, _start: time, _stop: time}]"
)
def range_(run: Run, tables: Tables, start: Any, stop: Any = None) -> Tables:
    """Keep rows with start <= `_time` < stop, and put the bounds into the key columns `_start` and `_stop`.

    Bounds are times, durations from `now()`, or seconds since 1970; stop is `now()` by default. Tables that have
    bounds already are cut to both.

        array.from(rows: [{_time: 2026-01-10T22:00:00Z, _value: 1}]) |> range(start: 2026-01-10T00:00:00Z)
    """
    first, last = run_time_range(run, start, stop)
    out: Tables = []
    for block in tables:
        kind = block.columns.get("_time")
        if kind is None:
            raise invalid('range error: supplied time column "_time" doesn\'t exist')
        if kind != "time":
            raise invalid('range error: provided column "_time" is not of type time')
        if block.table_count:
            out.append(_cut(block, first, last))
    return one_piece(key_order(merge_same_keys(out)))


def _cut(block: Block, first: int, last: int) -> Block:
    bounded = "_start" in block.key and "_stop" in block.key
    frame = block.frame()
    low = pl.max_horizontal(pl.col("_start"), pl.lit(first)) if bounded else pl.lit(first)
    high = pl.min_horizontal(pl.col("_stop"), pl.lit(last)) if bounded else pl.lit(last)
    times = pl.col("_time")
    columns = {"_start": "time", "_stop": "time"} | block.columns
    key = tuple(dict.fromkeys(("_start", "_stop", *block.key)))
    if block.key and set(key) == set(block.key):
        keys = block.keys.with_columns(_start=low, _stop=high).with_columns(
            pl.when(pl.col("_start") > pl.col("_stop"))
            .then(pl.col("_stop"))
            .otherwise(pl.col("_start"))
            .alias("_start")
        )
        inside = frame.select((times >= low) & (times < high)).to_series().fill_null(False)
        return Block(columns, block.key, keys, block.rows.filter(inside))
    if not set(key) - {"_start", "_stop"} or not block.key:
        rows = frame.filter((times >= first) & (times < last)).with_columns(_start=pl.lit(first), _stop=pl.lit(last))
        if rows.height:
            return make_block(columns, key, rows)
    keys = pl.DataFrame({c: block.keys[c] for c in block.key}) if block.key else block.keys
    keys = keys.with_columns(_start=pl.lit(first, dtype=pl.Int64()), _stop=pl.lit(last, dtype=pl.Int64()))
    inside = frame.select((times >= first) & (times < last)).to_series().fill_null(False)
    rows = block.rows.filter(inside).drop("_start", "_stop", strict=False)
    return Block(columns, key, keys.select(key), rows)
