"""rename: other names for columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.schema import rename_columns
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

ONE_OF = ("both column list and map function provided", "neither column list nor map function provided")


@transformation(
    "(<-tables: stream[A], ?fn: (column: string) => string, ?columns: B) => stream[C]"
    " where A: Record, B: Record, C: Record"
)
def rename(run: Run, tables: Tables, fn: Function | None = None, columns: Record | None = None) -> Tables:
    """Rename columns by a record {old: "new"}, or each by `fn`.

    A column to be renamed must be there in every table.

        array.from(rows: [{a: 1}]) |> rename(columns: {a: "b"})
    """
    if (columns is None) == (fn is None):
        raise of_call(run, "rename error: " + ONE_OF[fn is None])
    if columns is None:
        return rename_columns(run, tables, lambda name: run.call(fn, {"column": name}))  # type: ignore[arg-type]
    refuse_nulls(**columns)
    for block in tables:
        for name in columns:
            if name not in block.columns:
                raise invalid(f'rename error: column "{name}" doesn\'t exist')
    return rename_columns(run, tables, lambda name: columns.get(name, name))
