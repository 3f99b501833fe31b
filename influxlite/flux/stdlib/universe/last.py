"""last: the last row."""

import polars as pl

from influxlite.flux.execute.aggregates import select_rows
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[A] where A: Record")
def last(tables: Tables, column: str = "_value") -> Tables:
    """The last row, in the order of the table, in which `column` is not null.

    array.from(rows: [{_value: 2}, {_value: 1}]) |> last()
    """
    return select_rows(tables, column or "_value", lambda _: pl.lit(-1))
