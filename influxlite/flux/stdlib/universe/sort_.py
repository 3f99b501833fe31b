"""sort: rows in order of columns."""

import polars as pl

from influxlite.flux.execute.block import TABLE, Tables
from influxlite.flux.stdlib.registry import transformation


@transformation("(<-tables: stream[A], ?columns: [string], ?desc: bool) => stream[A] where A: Record")
def sort_(tables: Tables, columns: list[str] | None = None, desc: bool = False) -> Tables:
    """Sort each table by `columns`, one after the other; nulls come first either way, columns that lack do not count.

    array.from(rows: [{_value: 2}, {_value: 1}]) |> sort(columns: ["_value"])
    """
    wanted = ["_value"] if columns is None else columns
    out: Tables = []
    for block in tables:
        by = [c for c in dict.fromkeys(wanted) if c in block.columns and c not in block.key]
        if by:
            order = [pl.col(TABLE), *(pl.col(c) for c in by)]
            down = [False] + [desc] * len(by)
            block = block.with_rows(block.rows.sort(order, descending=down, nulls_last=False, maintain_order=True))
        out.append(block)
    return out
