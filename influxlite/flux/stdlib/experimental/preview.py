"""experimental.preview: a few rows of a few tables."""

from __future__ import annotations

import polars as pl

from influxlite.flux.execute.block import TABLE, Tables
from influxlite.flux.stdlib.registry import transformation

MOST = (1 << 32) - 1
"""More rows than a query may have."""


@transformation("(<-tables: stream[A], ?nrows: int, ?ntables: int) => stream[A] where A: Record")
def preview(tables: Tables, nrows: int = 5, ntables: int = 5) -> Tables:
    """The first `nrows` rows of the first `ntables` tables, of all where `ntables` is less than 0.

    import "experimental"
    array.from(rows: [{_value: 1}, {_value: 2}]) |> experimental.preview(nrows: 1)
    """
    out: Tables = []
    left = min(ntables, MOST) if ntables >= 0 else MOST
    rows = min(max(nrows, 0), MOST)
    for block in tables:
        kept = block.only_tables(block.table_numbers() < left)
        left -= kept.table_count
        if kept.table_count:
            position = pl.int_range(pl.len()).over(TABLE)
            out.append(kept.with_rows(kept.rows.filter(position < rows)))
    return out
