"""spread: greatest minus smallest value."""

from influxlite.flux.execute.aggregates import SAME_NUMBER, aggregate
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def spread(tables: Tables, column: str = "_value") -> Tables:
    """The difference between the greatest and the smallest value of a column.

    array.from(rows: [{_value: 1}, {_value: 5}]) |> spread()
    """
    return aggregate(tables, column, SAME_NUMBER, lambda c, _: c.max() - c.min())
