"""group: other tables out of the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.execute.arrival import table_ranks
from influxlite.flux.execute.block import BUFFER, INDEX, TABLE, Block, Tables, key_order, regroup, with_columns
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], ?mode: string, ?columns: [string]) => stream[A] where A: Record")
def group(run: Run, tables: Tables, mode: str = "by", columns: list[str] | None = None) -> Tables:
    """Put rows with equal values in `columns` into one table each; with mode "except", in all columns but those.

    The key has them in the order of the table; what a table lacks is not in its key. Without columns all rows become
    one table. A table without rows is kept where all of its new key is in its old one.

        array.from(rows: [{room: "101", _value: 1}, {room: "102", _value: 2}]) |> group(columns: ["room"])
    """
    if mode not in ("by", "except"):
        raise of_call(run, 'invalid group mode: must be "by" or "except"')
    wanted = set(columns or [])
    keys = []
    for block in tables:
        if mode == "by":
            keys.append(tuple(c for c in block.columns if c in wanted))
        else:
            keys.append(tuple(c for c in block.columns if c not in wanted))
    if len(tables) < 2:
        return key_order(regroup(tables, keys, keep_empty=True))
    ranked = [_with_rank(block, rank) for block, rank in zip(tables, table_ranks(run, tables), strict=True)]
    return key_order([_by_rank(block) for block in regroup(ranked, keys, keep_empty=True)])


RANK = "\0rank"


def _with_rank(block: Block, rank: np.ndarray) -> Block:
    """The tables with their places as a further column."""
    places = pl.Series(RANK, rank[block.tables.to_numpy()], dtype=pl.Int64())
    return block.with_column(RANK, places, "int")


def _by_rank(block: Block) -> Block:
    """The rows of each table in the order of the tables that they came with, which are its pieces."""
    columns = {name: kind for name, kind in block.columns.items() if name != RANK}
    rows = block.rows
    if (rows[RANK].diff() < 0).any():
        rows = rows.sort(TABLE, RANK, maintain_order=True)
        rows = with_columns(rows, rows[RANK].cast(INDEX).alias(BUFFER))
    return replace(block, columns=columns, rows=rows.drop(RANK))
