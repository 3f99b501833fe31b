"""The pieces in which InfluxDB reads a series: of each shard at most a thousand points at a time.

Nothing is read in pieces here. But `sort`, `mode` and `integral` go through a table piece by piece, there, so that the
piece that a row came in decides about their answers: where one of them stands in a script, rows remember it in the
column `BUFFER` (see `influxlite.flux.execute.merging`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.execute.block import BUFFER, INDEX, TABLE, Block, with_columns
from influxlite.storage.shards import ZERO_NS, shard_ns

if TYPE_CHECKING:
    from influxlite.flux.plan.steps import Step
    from influxlite.storage import Bucket

LENGTH = 1000
"""How many points of a series InfluxDB reads at a time."""
PIECEWISE = frozenset({"integral", "mode", "sort"})
"""The functions of `universe` that look at pieces."""


def looks_at_pieces(step: Step) -> bool:
    """Whether a step's answer depends on the pieces of its tables."""
    return step.package == "universe" and step.name in PIECEWISE


def in_pieces(block: Block, bucket: Bucket) -> Block:
    """Tables of a bucket's points with the piece of each row, numbered through; as they are where each is one piece."""
    if not block.rows.height:
        return block
    length = shard_ns(bucket)
    shards = (block.rows["_time"].to_numpy() - ZERO_NS % length) // length
    tables = block.tables.to_numpy()
    new = np.append(True, (tables[1:] != tables[:-1]) | (shards[1:] != shards[:-1]))
    starts = np.flatnonzero(new)
    places = np.arange(len(tables))
    within = places - starts[np.cumsum(new) - 1]
    new |= within % LENGTH == 0
    if np.count_nonzero(new) == block.table_count:
        return block
    pieces = pl.Series(BUFFER, np.cumsum(new) - 1).cast(INDEX)
    return block.with_rows(with_columns(block.rows, pieces))


def one_after_another(rows: pl.DataFrame, *by: str) -> pl.Series:
    """The pieces of rows that stand in their order, numbered through: each run of equal `by` and `BUFFER`."""
    columns = [TABLE, *by, *([BUFFER] if BUFFER in rows.columns else [])]
    return rows.select(pl.struct(columns).rle_id()).to_series().cast(INDEX).alias(BUFFER)
