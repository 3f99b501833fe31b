"""count: the number of rows."""

import polars as pl

from influxlite.flux.execute.aggregates import TO_COUNT, aggregate
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def count(tables: Tables, column: str = "_value") -> Tables:
    """The number of rows, those where `column` is null included.

    array.from(rows: [{_value: 1}, {_value: 2}]) |> count()
    """
    return aggregate(tables, column, TO_COUNT, lambda _, __: pl.len().cast(pl.Int64()), empty=0)
