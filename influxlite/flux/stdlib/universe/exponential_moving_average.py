"""exponentialMovingAverage: an average that gives recent rows more weight."""

from __future__ import annotations

from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.sequences import apart, with_bare
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[{B with _value: A}], n: int) => stream[{B with _value: A}] where A: Numeric")
def exponential_moving_average(tables: Tables, n: int) -> Tables:
    """From the n-th row on: at first the average of `n` rows, then `value·k + before·(1 - k)`, k = 2 / (n + 1).

    Nulls change nothing. A table of fewer rows gives one: the average of them all; one without rows gives a row of
    empty cells. Where `_value` is of the group key a
    table's rows share it, and so its averages.

        array.from(rows: [{_value: 1.0}, {_value: 4.0}, {_value: 7.0}]) |> exponentialMovingAverage(n: 2)
    """
    if n <= 0:
        raise invalid(f"cannot take moving average with a period of {n} (must be greater than 0)")
    out: Tables = []
    bare: Tables = []
    for block in tables:
        kind = block.columns.get("_value")
        if kind is None:
            raise FluxError("failed precondition", "cannot find _value column")
        if kind not in ("float", "int", "uint"):
            raise FluxError(
                "failed precondition", f"cannot take exponential moving average of column _value (type {kind})"
            )
        size = pl.min_horizontal(pl.len().over(TABLE), pl.lit(n)).cast(pl.Int64())
        rows, keys = block.rows.filter(pl.int_range(pl.len()).over(TABLE) >= size - 1), block.keys
        if "_value" in block.key:
            keys = keys.with_columns(pl.col("_value").cast(pl.Float64()))
        else:
            averages: list[float | None] = []
            for values in block.rows.group_by(TABLE, maintain_order=True).agg("_value")["_value"].to_list():
                averages += averaged(values, n)
            rows = rows.with_columns(pl.Series("_value", averages, dtype=pl.Float64()))
        averaged_block = Block({**block.columns, "_value": "float"}, block.key, keys, rows)
        whole, without_rows = apart(averaged_block, block.counts() == 0)
        out.append(whole)
        bare += without_rows
    return with_bare(out, bare, lambda _name, _kind: False)


def averaged(values: list[Any], n: int) -> list[float | None]:
    """The averages of one table, one for each row from the n-th on, or a single one."""
    start = values[: min(n, len(values))]
    there = [float(v) for v in start if v is not None]
    now: float | None = sum(there) / len(there) if there else None
    out = [now]
    weight = 2 / (n + 1)
    for value in values[len(start) :]:
        if value is not None:
            now = float(value) if now is None else value * weight + now * (1 - weight)
        out.append(now)
    return out
