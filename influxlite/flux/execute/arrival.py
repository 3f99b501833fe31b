"""The order in which InfluxDB sees tables: what one table is made of several, its rows follow it.

Tables of series come as the storage reads them, by measurement, tags and field, and steps that hand each table on leave
them so. After a step that has collected tables they come by their keys, whose first column is the field. Blocks hold
tables of one shape and are in neither order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influxlite.flux.execute.block import MOST_ARRANGED, TABLE, Block, Tables, key_places, reorder, with_columns
from influxlite.flux.plan.pieces import one_after_another
from influxlite.flux.plan.storage_order import series_keys

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.steps import Step

RANK = "\0rank"
"""The column that holds the place of a row's table while tables become one."""
HANDED_ON = frozenset(
    {
        *("cumulativeSum", "derivative", "fill", "filter", "limit", "map", "movingAverage", "sort", "stateTracking"),
        *("timeShift", "yield"),
    }
)
"""Functions of `universe` that hand each table on as it comes."""

REKEYED = frozenset({"map", "timeShift"})
"""Those of them that may change the key: only `group` takes what they hand on at once, others when all is there."""
PIECES_KEPT = HANDED_ON | {"drop", "duplicate", "group", "keep", "rename"}
"""Functions of `universe` that leave the rows of a table in their pieces; others make one piece of them."""


def table_ranks(run: Run, tables: Tables) -> list[np.ndarray]:
    """For each block the place of each of its tables among all that the current step reads."""
    counts = [block.table_count for block in tables]
    edges = np.cumsum([0, *counts])
    ranks = [np.arange(first, last) for first, last in pairwise(edges)]
    if len(tables) < 2 or sum(counts) > MOST_ARRANGED:
        return ranks
    if _as_read(run, run.current.parent() if run.current is not None else None, run.current):
        if not all({"_measurement", "_field"} <= {*block.key} for block in tables):
            return ranks
        order = _series_places(tables)
    else:
        order = key_places(tables)
    for rank, (number, i) in enumerate(order):
        ranks[number][i] = rank
    return ranks


def _series_places(tables: Sequence[Block]) -> list[tuple[int, int]]:
    """The tables of all blocks in the order of their series: the number of the block and that of the table in it."""
    places: list[tuple[Any, int, int]] = []
    for number, block in enumerate(tables):
        places += [(key, number, i) for i, key in enumerate(series_keys(block))]
    return [place[1:] for place in sorted(places)]


def as_they_came(run: Run, step: Step, tables: Tables) -> Tables:
    """The tables of a step in the order in which the storage has read their series, where InfluxDB leaves them so.

    Blocks stay whole: what lies between the tables of another is not worth an answer in many pieces.
    """
    total = sum(block.table_count for block in tables)
    if not 1 < total <= MOST_ARRANGED or not all({"_measurement", "_field"} <= {*block.key} for block in tables):
        return tables
    if not _as_read(run, step, None):
        return tables
    members: dict[int, list[int]] = {}
    for number, i in _series_places(tables):
        members.setdefault(number, []).append(i)
    return [reorder(tables[number], pl.Series(places)) for number, places in members.items()]


def _as_read(run: Run, step: Step | None, reader: Step | None) -> bool:
    """Whether the tables that `reader` gets from a step come in the order in which the storage has read them."""
    while step is not None:
        scan = run.planner.scan_of(step)
        if (scan is not None and scan.as_read) or run.reads_storage(step):
            return True
        if step.name in REKEYED and (reader is None or reader.name != "group"):
            return False
        if step.package != "universe" or not (step.name in HANDED_ON or _folds_windows(run, step)):
            return False
        step = step.parent()
    return False


def _folds_windows(run: Run, step: Step) -> bool:
    return step.name == "aggregateWindow" and run.is_one_step(step)


def by_arrival(run: Run, tables: Sequence[Block]) -> Tables:
    """The blocks in the order of their first tables; where they are several, each row with its table's place."""
    if len(tables) < 2:
        return list(tables)
    ranked = [
        (int(rank.min()), number, _with_rank(block, rank))
        for number, (block, rank) in enumerate(zip(tables, table_ranks(run, list(tables)), strict=True))
        if len(rank)
    ]
    return [block for *_, block in sorted(ranked, key=lambda place: place[:2])]


def _with_rank(block: Block, rank: np.ndarray) -> Block:
    places = pl.Series(RANK, rank[block.tables.to_numpy()], dtype=pl.Int64())
    return block.with_column(RANK, places, "int")


def settled(block: Block) -> Block:
    """The rows of each table in the order of the tables that they came with, which are its pieces."""
    if RANK not in block.columns:
        return block
    columns = {name: kind for name, kind in block.columns.items() if name != RANK}
    rows = block.rows
    if (rows[RANK].diff() < 0).any():
        rows = rows.sort(TABLE, RANK, maintain_order=True)
        rows = with_columns(rows, one_after_another(rows, RANK))
    return replace(block, columns=columns, rows=rows.drop(RANK))
