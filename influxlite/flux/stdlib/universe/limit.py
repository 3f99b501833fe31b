"""limit: the first rows."""

import polars as pl

from influxlite.flux.execute.block import TABLE, Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], n: int, ?offset: int) => stream[A]")
def limit(tables: Tables, n: int, offset: int = 0) -> Tables:
    """The first `n` rows of each table after the first `offset`.

    array.from(rows: [{_value: 1}, {_value: 2}, {_value: 3}]) |> limit(n: 1, offset: 1)
    """
    position = pl.int_range(pl.len()).over(TABLE)
    wanted = (position >= offset) & (position < offset + max(n, 0))
    return [block.with_rows(block.rows.filter(wanted)) for block in tables]
