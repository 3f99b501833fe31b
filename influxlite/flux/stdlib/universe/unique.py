"""unique: the first row for each value of a column."""

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import TABLE, Tables, key_order
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?column: string) => stream[A] where A: Record")
def unique(tables: Tables, column: str = "_value") -> Tables:
    """The first row for each different value of `column` in each table; null is a value too.

    array.from(rows: [{_value: 1, room: "101"}, {_value: 1, room: "102"}]) |> unique()
    """
    out: Tables = []
    for block in tables:
        if column not in block.columns:
            raise invalid(f'no column "{column}" exists')
        marked = pl.DataFrame({"v": block.column(column), TABLE: block.tables})
        first = marked.select(pl.struct("v", TABLE).is_first_distinct()).to_series()
        out.append(block.with_rows(block.rows.filter(first)))
    return key_order(out)
