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


def in_order(tables: np.ndarray, rows: pl.DataFrame, column: str) -> tuple[np.ndarray, pl.DataFrame]:
    """Rows by table and by `column`, stable, and their tables."""
    edges = np.flatnonzero(tables[1:] != tables[:-1]) + 1
    starts = np.concatenate(([0], edges))
    heads = tables[starts]
    if (heads[1:] < heads[:-1]).any():
        moved = np.argsort(heads, kind="stable")
        lengths = np.diff(np.append(starts, len(tables)))[moved]
        if len(starts) * LONG_RUN > len(tables):
            places = np.cumsum(lengths) - lengths
            rows = rows[np.repeat(starts[moved] - places, lengths) + np.arange(len(tables))]
        else:
            runs = zip(starts[moved].tolist(), lengths.tolist(), strict=True)
            rows = pl.concat([rows.slice(start, length) for start, length in runs], rechunk=True)
        tables = np.repeat(heads[moved], lengths)
    values = rows[column].to_numpy()
    if ((values[1:] >= values[:-1]) | (tables[1:] != tables[:-1])).all():
        return tables, rows
    least, most = int(values.min()), int(values.max())
    if (int(tables.max()) + 1) * (most - least + 1) < 1 << 63:  # one number that sorts as both do
        order = np.argsort(tables.astype(np.int64) * (most - least + 1) + (values - least), kind="stable")
    else:
        order = np.lexsort((values, tables))
    return tables[order], rows[order]


LONG_RUN = 64
"""From so many rows on runs are moved as they are."""


def of_numbers(numbers: np.ndarray) -> pl.Series:
    """Numbers of tables as blocks keep them."""
    return pl.Series(numbers, dtype=INDEX)
