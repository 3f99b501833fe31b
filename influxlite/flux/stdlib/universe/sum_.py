"""sum: the total of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.aggregates import SAME_NUMBER, aggregate, storage_adds
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def sum_(run: Run, tables: Tables, column: str = "_value") -> Tables:
    """The sum of the values that are not null; null where there is none.

    array.from(rows: [{_value: 1}, {_value: 2}]) |> sum()
    """
    numbers = storage_adds(run, tables, column, "sum")
    # begins with 0, as there: the sum of -0 is 0
    return aggregate(numbers, column, SAME_NUMBER, lambda c, _: pl.when(c.count() > 0).then(c.sum() + 0))
