"""min: the row with the smallest value."""

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.aggregates import select_rows
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[A] where A: Record")
def min_(tables: Tables, column: str = "_value") -> Tables:
    """The first row with the smallest value of `column`.

    array.from(rows: [{_value: 2}, {_value: 1}]) |> min()
    """
    return select_rows(tables, column or "_value", _pick)


def _pick(kind: str) -> pl.Expr:
    if kind not in ("float", "int", "uint", "time"):
        raise invalid(f"invalid use of function: *universe.MinSelector has no implementation for type {kind}")
    return pl.col("\0v").shift(0).arg_min()  # shifted, a column is not known to be sorted: Polars would take the last
