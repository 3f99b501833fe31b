"""sample: every n-th row."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import TABLE, Tables, key_order
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], n: int, ?pos: int, ?column: string) => stream[A] where A: Record")
def sample(run: Run, tables: Tables, n: int, pos: int = -1, column: str = "_value") -> Tables:
    """Every `n`-th row of each table, from row `pos` on; from one of the first `n` by chance where `pos` is negative.

    array.from(rows: [{_value: 1}, {_value: 2}, {_value: 3}]) |> sample(n: 2, pos: 1)
    """
    if n <= 0:
        raise of_call(run, f"n must be a positive integer, but was {n}")
    if pos >= n:
        raise of_call(run, f"pos must be less than n, but {pos} >= {n}")
    out: Tables = []
    for block in tables:
        if column not in block.columns:
            raise invalid(f'no column "{column}" exists')
        first = [random.randrange(n) if pos < 0 else pos for _ in range(block.table_count)]  # noqa: S311 - no secret
        offset = pl.Series("\0first", first, dtype=pl.Int64()).gather(block.tables)
        distance = pl.int_range(pl.len()).over(TABLE) - offset
        out.append(block.with_rows(block.rows.filter((distance >= 0) & (distance % n == 0))))
    return key_order(out)
