"""limit: the first rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.execute.block import TABLE, Tables
from influxlite.flux.execute.collisions import Collided, limited
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.merging import limit_sorted
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], n: int, ?offset: int) => stream[A]")
def limit(run: Run, tables: Tables, n: int, offset: int = 0) -> Tables:
    """The first `n` rows of each table after the first `offset`; a table that has none behind those vanishes.

    array.from(rows: [{_value: 1}, {_value: 2}, {_value: 3}]) |> limit(n: 1, offset: 1)
    """
    if offset < 0:
        raise of_call(run, f"limit offset cannot be negative ({offset})")
    if isinstance(tables, Collided):
        return limited(tables, n, offset)
    by = _sorted_by(run) if not offset else None
    if by is not None:
        if n == 0:
            return []
        if n < 0:  # here InfluxDB takes it for no limit
            n = sum(block.rows.height for block in tables)
        tables = [
            limit_sorted(block, [c for c in by if c in block.columns and c not in block.key], n) for block in tables
        ]
        tables = [table for block in tables if (table := block.without_empty()).table_count]
    if n > 0 and offset:
        tables = [block.only_tables(_behind(block.counts(), offset)) for block in tables]
        tables = [block for block in tables if block.table_count]
    position = pl.int_range(pl.len()).over(TABLE)
    wanted = (position >= offset) & (position < offset + max(n, 0))
    return [block.with_rows(block.rows.filter(wanted)) for block in tables]


def _behind(counts: np.ndarray, offset: int) -> np.ndarray:
    """Which tables have rows behind the first `offset`, or none at all."""
    return (counts == 0) | (counts > offset)


def _sorted_by(run: Run) -> list[str] | None:
    """The columns of the sort that this limit stands right behind, None where there is none, or others read it too."""
    before = run.current.parent() if run.current is not None else None
    if before is None or before.name != "sort" or before.package != "universe" or id(before) in run.shared:
        return None
    return list(dict.fromkeys(before.arguments.get("columns", ["_value"])))
