"""skew: how unevenly values lie around their average."""

import polars as pl

from influxlite.flux.execute.aggregates import TO_FLOAT, aggregate
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def skew(tables: Tables, column: str = "_value") -> Tables:
    """The skewness of the values as a population; NaN where all are equal or fewer than two.

    array.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 9.0}]) |> skew()
    """

    def skewness(c: pl.Expr, _: str) -> pl.Expr:
        x = c.cast(pl.Float64())
        d = x - x.mean()
        n = c.count().cast(pl.Float64())
        value = n.sqrt() * d.pow(3).sum() / d.pow(2).sum().pow(1.5)
        return pl.when(c.count() > 1).then(value).when(c.count() == 1).then(pl.lit(float("nan")))

    return aggregate(tables, column, TO_FLOAT, skewness)
