"""Rows of series, with a series' id in each, put into tables.

The database hands out rows in the order in which they are stored: runs of one series, each in the order of time. So
what is sorted are mostly the runs and not the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.execute.block import INDEX

if TYPE_CHECKING:
    from influxlite.storage.series import Series

NONE = np.uint32(0xFFFFFFFF)
"""The table of a row whose series is in none."""


def by_tags(members: Sequence[Series], found: np.ndarray) -> dict[tuple[str, ...], list[Series]]:
    """Those of the series whose ids were found, in their order, by the names of their tags, which are in order too."""
    present = {members[0].id} if len(members) == 1 else set(np.flatnonzero(np.bincount(found)).tolist())
    shapes: dict[tuple[str, ...], list[Series]] = {}
    for series in members:
        if series.id in present:
            shapes.setdefault(tuple([k for k, _ in series.tags]), []).append(series)
    return shapes if len(shapes) < 2 else dict(sorted(shapes.items()))


def table_numbers(group: Sequence[Series], ids: np.ndarray) -> np.ndarray:
    """The place in `group` of each id (uint32), `NONE` where it is not in it."""
    if not len(ids):
        return np.zeros(0, dtype=np.uint32)
    least, most = int(ids.min()), int(ids.max())
    if len(group) == 1 and least == most == group[0].id:
        return np.zeros(len(ids), dtype=np.uint32)
    places = np.full(most - least + 1, NONE, dtype=np.uint32)
    for place, series in enumerate(group):
        if least <= series.id <= most:
            places[series.id - least] = place
    return places[ids - np.uint32(least)]


def in_order(tables: np.ndarray, times: np.ndarray) -> np.ndarray | None:
    """The places of rows by table and time, stable; None where they are in that order already."""
    if len(tables) < 2:
        return None
    edges = np.flatnonzero(tables[1:] != tables[:-1]) + 1
    starts = np.concatenate(([0], edges))
    order: np.ndarray | None = None
    heads = tables[starts]
    if (heads[1:] < heads[:-1]).any():
        runs = np.argsort(heads, kind="stable")
        lengths = np.diff(np.append(starts, len(tables)))[runs]
        places = np.cumsum(lengths) - lengths
        order = np.repeat(starts[runs] - places, lengths) + np.arange(len(tables))
        tables, times = tables[order], times[order]
    if ((times[1:] >= times[:-1]) | (tables[1:] != tables[:-1])).all():
        return order
    again = np.lexsort((times, tables))
    return again if order is None else order[again]


def of_numbers(numbers: np.ndarray) -> pl.Series:
    """Numbers of tables as blocks keep them."""
    return pl.Series(numbers, dtype=INDEX)
