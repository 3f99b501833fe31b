"""keys: which columns are in a table's group key."""

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import Tables, key_order
from influxlite.flux.execute.schema import list_names
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def keys(tables: Tables, column: str = "_value") -> Tables:
    """A row with the name of each column of a table's group key, in `column`, beside the key itself.

    array.from(rows: [{a: 1, b: 2}]) |> group(columns: ["a"]) |> keys()
    """
    if any(column in block.key for block in tables):
        raise FluxError("internal error", f"table builder already has column with label {column}")
    return key_order([list_names(block, list(block.key), column) for block in tables])
