"""columns: which columns a table has."""

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables, key_order
from influxlite.flux.execute.schema import list_names
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def columns(tables: Tables, column: str = "_value") -> Tables:
    """A row with the name of each column of a table, in `column`, beside the group key.

    array.from(rows: [{a: 1, b: 2}]) |> columns()
    """
    if any(column in block.key for block in tables):
        raise FluxError("internal error", f"table builder already has column with label {column}")
    return key_order([list_names(block, block.shown(), column) for block in tables])
