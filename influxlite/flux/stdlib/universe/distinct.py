"""distinct: the different values of a column."""

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.aggregates import one_empty_text
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[B] where A: Record, B: Record")
def distinct(tables: Tables, column: str = "_value") -> Tables:
    """The different values of `column` in each table, null among them, in order of first appearance, as `_value`.

    A table without that column gives an empty text, one that has it in its key that value, also without rows.

    array.from(rows: [{_value: 1}, {_value: 1}]) |> distinct()
    """
    out: Tables = []
    for block in tables:
        if "_value" in block.key:
            raise FluxError("internal error", "distinct: the group key has a column _value already")
        kind = block.columns.get(column)
        if kind is None:
            out.append(one_empty_text(block))
            continue
        if column in block.key:
            values = pl.DataFrame({"_value": block.keys[column], TABLE: block.table_numbers()})
        else:
            values = pl.DataFrame({"_value": block.column(column), TABLE: block.tables})
        rows = values.unique(maintain_order=True)
        columns = {k: block.columns[k] for k in block.key} | {"_value": kind}
        out.append(Block(columns, block.key, block.keys, rows))
    return key_order(out)
