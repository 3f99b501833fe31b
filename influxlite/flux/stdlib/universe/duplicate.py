"""duplicate: a column under a second name."""

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Tables, key_order
from influxlite.flux.execute.schema import set_column
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], column: string, as: string) => stream[B] where A: Record, B: Record")
def duplicate(tables: Tables, column: str, as_: str) -> Tables:
    """Copy `column` to a column called `as`, in place of one that had that name.

    The copy is in the group key where both had been.

    array.from(rows: [{a: 1}]) |> duplicate(column: "a", as: "b")
    """
    out: Tables = []
    for block in tables:
        if column not in block.columns:
            raise invalid(f'duplicate error: column "{column}" doesn\'t exist')
        key_cells = block.keys[column] if column in block.key else None
        out += set_column(block, as_, block.column(column), block.columns[column], key_cells)
    return key_order(out)
