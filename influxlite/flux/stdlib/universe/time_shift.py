"""timeShift: other times."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Block, Tables, key_order
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Duration, wrap_int
from influxlite.flux.windows import shifted


@transformation("(<-tables: stream[A], duration: duration, ?columns: [string]) => stream[A]")
def time_shift(tables: Tables, duration: Duration, columns: list[str] | None = None) -> Tables:
    """Move the times of `columns`, by default `_start`, `_stop` and `_time`, by `duration`.

    array.from(rows: [{_time: 2026-01-01T00:00:00Z}]) |> timeShift(duration: 1h)
    """
    wanted = ["_start", "_stop", "_time"] if columns is None else columns
    for block in tables:
        for name in wanted:
            if block.columns.get(name, "time") != "time":
                raise FluxError("failed precondition", f'column "{name}" is not of type time')
    moved = [_shifted(block, duration, [c for c in wanted if block.columns.get(c) == "time"]) for block in tables]
    return key_order(moved) if {"_start", "_stop"} & set(wanted) else moved


def _shifted(block: Block, duration: Duration, names: list[str]) -> Block:
    def moved(frame: pl.DataFrame, name: str) -> pl.Series:
        if not duration.months:
            return frame[name] + wrap_int(duration.ns)
        times = [None if t is None else shifted(t, duration) for t in frame[name]]
        return pl.Series(name, times, dtype=pl.Int64())

    keys = block.keys.with_columns(moved(block.keys, n) for n in names if n in block.key)
    rows = block.rows.with_columns(moved(block.rows, n) for n in names if n not in block.key)
    return Block(block.columns, block.key, keys, rows)
