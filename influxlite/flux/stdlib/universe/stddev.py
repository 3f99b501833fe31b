"""stddev: how far values spread around their average."""

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.aggregates import TO_FLOAT, aggregate
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string, ?mode: string) => stream[B] where A: Record, B: Record")
def stddev(tables: Tables, column: str = "_value", mode: str = "sample") -> Tables:
    """The standard deviation; mode "sample" divides by n - 1, "population" by n. A single value of a sample gives NaN.

    array.from(rows: [{_value: 1.0}, {_value: 2.0}]) |> stddev()
    """
    if mode not in ("sample", "population"):
        raise invalid(f'"{mode}" is not a valid standard deviation mode')
    ddof = 1 if mode == "sample" else 0

    def spread(c: pl.Expr, _: str) -> pl.Expr:
        numbers = c.cast(pl.Float64())
        lonely = pl.when(c.count() == 1).then(pl.lit(float("nan") if ddof else 0.0))
        return lonely.otherwise(numbers.std(ddof))

    return aggregate(tables, column, TO_FLOAT, spread)
