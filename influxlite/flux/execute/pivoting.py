"""A pivot of tables that lie side by side already: fields that were written together have the same times.

Then nothing is searched or joined: the values of each label are a column as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from influxlite.flux.execute.block import INDEX, TABLE, Block, number_tables


def side_by_side(blocks: Sequence[Block], label: str, row_key: str, value: str) -> Block | None:
    """The pivot of `value` with the key column `label` as its column key; None where the tables do not fit.

    They fit where each block's tables have the same columns in their keys, `row_key` is no key column and grows in each
    table, and the tables that become one have the same rows of it, each under a label of its own.
    """
    first = blocks[0]
    key = [c for c in first.key if c != label]
    for block in blocks:
        fits = label in block.key and row_key not in block.key and value not in block.key
        if not fits or {*block.key} != {*first.key} or block.columns[row_key] != first.columns[row_key]:
            return None
    groups, keys = _groups(blocks, key)
    columns: dict[str, pl.Series] = {}
    kinds: dict[str, str] = {}
    times: np.ndarray | None = None
    tables = np.zeros(0, dtype=np.int64)
    for block, group in zip(blocks, groups, strict=True):
        of_row = group[block.tables.to_numpy()]
        at = block.rows[row_key]
        if at.null_count() or at.dtype != pl.Int64():
            return None
        labels = block.keys[label].to_numpy()
        for name in dict.fromkeys(labels[np.argsort(group, kind="stable")].tolist()):
            if name is None or name in kinds or name in first.columns:
                return None
            rows = _stretch(np.flatnonzero((labels == name)[block.tables.to_numpy()]))
            mine, own = at.to_numpy()[rows], of_row[rows]
            if times is None:
                times, tables = mine, own
                if not _ascending(own, mine):
                    return None
            elif not (np.array_equal(own, tables) and np.array_equal(mine, times)):
                return None
            columns[name] = block.rows[value][rows]
            kinds[name] = block.columns[value]
    if times is None or not len(times):
        return None
    plain = {row_key: pl.Series(times), **columns, TABLE: pl.Series(tables, dtype=INDEX)}
    order = {c: first.columns[c] for c in first.columns if c in key or c == row_key}
    return Block(order | kinds, tuple(key), keys, pl.DataFrame(plain)).without_empty()


def _groups(blocks: Sequence[Block], key: Sequence[str]) -> tuple[list[np.ndarray], pl.DataFrame]:
    """For each block the group of each of its tables, and the groups' keys."""
    if not key:
        return [np.zeros(block.table_count, dtype=np.int64) for block in blocks], pl.DataFrame(
            {TABLE: pl.Series([0], dtype=INDEX)}
        )
    numbers, keys = number_tables(pl.concat([block.keys[list(key)] for block in blocks]))
    edges = np.cumsum([block.table_count for block in blocks])[:-1]
    return np.split(numbers.to_numpy().astype(np.int64), edges), keys


def _stretch(rows: np.ndarray) -> np.ndarray | slice:
    """Places in a frame, as a slice, which copies nothing, where they follow one on another."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _ascending(tables: np.ndarray, times: np.ndarray) -> bool:
    """Whether rows are in the order of tables and times, no two of a table at one time."""
    step = tables[1:] - tables[:-1]
    return bool(((step > 0) | ((step == 0) & (times[1:] > times[:-1]))).all())
