"""elapsed: time since the row before."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import SECOND, Duration


@transformation(
    "(<-tables: stream[A], ?unit: duration, ?timeColumn: string, ?columnName: string) => stream[B]"
    " where A: Record, B: Record"
)
def elapsed(
    tables: Tables, unit: Duration = SECOND, time_column: str = "_time", column_name: str = "elapsed"
) -> Tables:
    """Whole `unit`s since the row before, in `columnName`; a table's first row goes.

    A table whose column is no time loses all its rows.

    array.from(rows: [{_time: 2026-01-01T00:00:00Z}, {_time: 2026-01-01T00:01:00Z}]) |> elapsed(unit: 1s)
    """
    out: Tables = []
    for block in tables:
        if block.columns.get(time_column, "time") != "time":  # InfluxDB finds nothing to do then
            out.append(block.with_rows(block.rows.clear()))
            continue
        if time_column not in block.columns:
            raise FluxError("failed precondition", f'column "{time_column}" does not exist')
        times = block.column(time_column).alias("\0t")
        # InfluxDB subtracts floats, which know today's times to 256 ns
        gap = pl.col("\0t").cast(pl.Float64()).diff().over(TABLE)
        units = gap / float(unit.ns)
        whole = pl.when(units.is_finite()).then(units).cast(pl.Int64()).fill_null(-(1 << 63))
        rows = block.rows.with_columns(times).with_columns(whole.alias(column_name)).drop("\0t")
        rows = rows.filter(pl.int_range(pl.len()).over(TABLE) > 0)
        out.append(Block({**block.columns, column_name: "int"}, block.key, block.keys, rows))
    return out
