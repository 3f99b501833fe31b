"""cumulativeSum: the sum of all rows so far."""

from __future__ import annotations

import polars as pl

from influxlite.flux.execute.block import TABLE, Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?columns: [string]) => stream[B] where A: Record, B: Record")
def cumulative_sum(tables: Tables, columns: list[str] | None = None) -> Tables:
    """The sum of `columns` up to each row; a null adds nothing. Columns that hold no numbers stay as they are.

    array.from(rows: [{_value: 1}, {_value: 4}]) |> cumulativeSum()
    """
    out: Tables = []
    for block in tables:
        rows = block.rows
        for name in ["_value"] if columns is None else columns:
            kind = block.columns.get(name)
            if kind not in ("float", "int", "uint") or name in block.key:
                continue
            rows = rows.with_columns(pl.col(name).fill_null(0).cum_sum().over(TABLE))
        out.append(block.with_rows(rows))
    return out
