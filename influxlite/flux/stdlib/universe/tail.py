"""tail: the last rows."""

import polars as pl

from influxlite.flux.execute.block import TABLE, Tables, key_order
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], n: int, ?offset: int) => stream[A]")
def tail(tables: Tables, n: int, offset: int = 0) -> Tables:
    """The last `n` rows of each table before the last `offset`, in the order of the table.

    array.from(rows: [{_value: 1}, {_value: 2}, {_value: 3}]) |> tail(n: 2)
    """
    behind = pl.len().over(TABLE).cast(pl.Int64()) - pl.int_range(pl.len()).over(TABLE)
    wanted = (behind > offset) & (behind <= offset + max(n, 0))
    return key_order([block.with_rows(block.rows.filter(wanted)) for block in tables])
