"""max: the row with the greatest value."""

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.aggregates import select_rows
from influxlite.flux.execute.block import Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[A] where A: Record")
def max_(tables: Tables, column: str = "_value") -> Tables:
    """The first row with the greatest value of `column`.

    array.from(rows: [{_value: 2}, {_value: 1}]) |> max()
    """
    return select_rows(tables, column or "_value", _pick)


def _pick(kind: str) -> pl.Expr:
    if kind not in ("float", "int", "uint", "time"):
        raise invalid(f"invalid use of function: *universe.MaxSelector has no implementation for type {kind}")
    return pl.col("\0v").shift(0).arg_max()  # shifted, a column is not known to be sorted: Polars would take the last
