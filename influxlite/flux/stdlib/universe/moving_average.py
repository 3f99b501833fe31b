"""movingAverage: the average of the last rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[{B with _value: A}], n: int) => stream[{B with _value: float}] where A: Numeric")
def moving_average(run: Run, tables: Tables, n: int) -> Tables:
    """The average of `_value` over `n` rows, from the n-th row on; nulls do not count.

    A table of fewer rows gives one, the average of them all; of exactly one row fewer, none, as in InfluxDB.

        array.from(rows: [{_value: 1}, {_value: 4}, {_value: 7}]) |> movingAverage(n: 2)
    """
    if n <= 0:
        raise of_call(run, f"cannot take moving average with a period of {n} (must be greater than 0)")
    out: Tables = []
    for block in tables:
        kind = block.columns.get("_value")
        if kind is None:
            raise FluxError("failed precondition", "cannot find _value column")
        if kind not in ("float", "int", "uint"):
            raise FluxError("failed precondition", f"cannot take moving average of column _value (type {kind})")
        value = pl.col("_value").cast(pl.Float64())
        length = pl.len().over(TABLE).cast(pl.Int64())
        average = value.rolling_mean(n, min_samples=1).over(TABLE)
        position = pl.int_range(pl.len()).over(TABLE)
        wanted = (position >= pl.min_horizontal(length, pl.lit(n)) - 1) & (length != n - 1)
        if "_value" in block.key:  # a constant is its own average
            keys = block.keys.with_columns(value)
            out.append(Block({**block.columns, "_value": "float"}, block.key, keys, block.rows.filter(wanted)))
            continue
        rows = block.rows.with_columns(average.alias("_value")).filter(wanted)
        out.append(Block({**block.columns, "_value": "float"}, block.key, block.keys, rows))
    return out
