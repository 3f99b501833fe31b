"""drop: all columns but some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.schema import choose_columns, predicate_columns
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

ONE_OF = ("both column list and predicate provided", "neither column list nor predicate function provided")


@transformation(
    "(<-tables: stream[A], ?fn: (column: string) => bool, ?columns: [string]) => stream[B] where A: Record, B: Record"
)
def drop(run: Run, tables: Tables, fn: Function | None = None, columns: list[str] | None = None) -> Tables:
    """Remove the columns named, or those for which `fn` is true, also from the group key.

    Tables whose keys become equal are joined to one.

        array.from(rows: [{a: 1, b: 2}]) |> drop(columns: ["a"])
    """
    if (columns is None) == (fn is None):
        raise of_call(run, "drop error: " + ONE_OF[fn is None])
    unwanted = (lambda c: c in columns) if columns is not None else predicate_columns(run, fn)
    return choose_columns(run, tables, lambda c: not unwanted(c))
