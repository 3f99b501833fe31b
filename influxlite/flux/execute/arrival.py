"""The order in which InfluxDB sees tables: what one table is made of several, its rows follow it.

Tables of series come as the storage reads them, by measurement, tags and field; after a step that has collected them
they come by their keys, whose first column is the field. Blocks hold tables of one shape and are in neither order.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from influxlite.flux.execute.block import Tables
from influxlite.flux.plan.storage_order import series_keys

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def table_ranks(run: Run, tables: Tables) -> list[np.ndarray]:
    """For each block the place of each of its tables among all; those of no series keep their order.

    `tables` are those that the current step reads.
    """
    counts = [block.table_count for block in tables]
    edges = np.cumsum([0, *counts])
    plain = [np.arange(first, last) for first, last in pairwise(edges)]
    if len(tables) < 2 or not all({"_measurement", "_field"} <= {*block.key} for block in tables):
        return plain
    parent = run.current.parent() if run.current is not None else None
    read = parent is not None and run.planner.scan_of(parent) is not None
    places: list[tuple[Any, int, int]] = []
    for number, block in enumerate(tables):
        keys = series_keys(block)
        places += [(key if read else (key[2], *key[:2]), number, i) for i, key in enumerate(keys)]
    ranks = plain
    for rank, (_, number, i) in enumerate(sorted(places)):
        ranks[number][i] = rank
    return ranks
