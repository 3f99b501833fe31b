"""sum: the total of a column."""

import polars as pl

from influxlite.flux.execute.aggregates import SAME_NUMBER, aggregate
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def sum_(tables: Tables, column: str = "_value") -> Tables:
    """The sum of the values that are not null; null where there is none.

    array.from(rows: [{_value: 1}, {_value: 2}]) |> sum()
    """
    return aggregate(tables, column, SAME_NUMBER, lambda c, _: pl.when(c.count() > 0).then(c.sum()))
