"""mean: the average of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.aggregates import TO_FLOAT, aggregate, storage_adds
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def mean(run: Run, tables: Tables, column: str = "_value") -> Tables:
    """The average of the values that are not null, as a float; null where there is none.

    array.from(rows: [{_value: 1}, {_value: 2}]) |> mean()
    """
    for block in storage_adds(run, tables, column, "mean"):
        kind = block.columns.get(column)
        if column in block.key:
            raise invalid("cannot aggregate columns that are part of the group key")
        if kind is not None and kind not in ("float", "int", "uint"):
            raise invalid(f"unsupported aggregate column type {kind}")
    return aggregate(tables, column, TO_FLOAT, lambda c, _: c.cast(pl.Float64()).mean() + 0)
