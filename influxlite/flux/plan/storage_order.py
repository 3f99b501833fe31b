"""The order in which InfluxDB's storage hands out series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, reorder, with_tables

PUSHED = frozenset({"count", "sum", "mean", "min", "max", "first", "last"})
"""What the storage does for each series, right after a read. Other steps collect tables and sort them by their keys."""
PUSHED_IN_GROUPS = PUSHED - {"mean"}
"""The same for groups of series."""
MOST_SORTED = 100_000
FEW = 300
"""So many tables are put in order sooner by Python than by Polars."""
FOLDED = frozenset({"count", "sum", "mean"})
"""Aggregates that give a value and no row: where InfluxDB computes them decides where their columns stand."""


def by_storage(tables: Tables) -> Tables:
    """What InfluxDB's storage computes: time and value stand before the tags."""
    return _in_front(tables, ("_start", "_stop", "_time", "_value"))


def by_windows(tables: Tables) -> Tables:
    """The answers of an aggregate of windows that is one step: their time is in front."""
    return _in_front(tables, ("_time",))


def _in_front(tables: Tables, names: Sequence[str]) -> Tables:
    """The tables with some columns first."""
    out = []
    for block in tables:
        front = [c for c in names if c in block.columns]
        rest = [c for c in block.columns if c not in front]
        out.append(replace(block, columns={c: block.columns[c] for c in (*front, *rest)}))
    return out


def storage_order(tables: Tables) -> Tables:
    """One table per series: those of one shape in one block, in the order of measurement, tags and field.

    Tables that are not those of series, and more than a hundred thousand, stay as they are.
    """
    series = all("_measurement" in block.key and "_field" in block.key for block in tables)
    if not series or sum(block.table_count for block in tables) > MOST_SORTED:
        return list(tables)
    shapes: dict[tuple[object, ...], list[Block]] = {}
    for block in tables:
        shapes.setdefault((tuple(sorted(block.columns.items())), tuple(sorted(block.key))), []).append(block)
    ordered = []
    for members in shapes.values():
        block = _joined(members)
        if block.table_count:
            ordered.append(_by_series(block))
    ordered.sort(key=lambda pair: pair[0])
    return [block for _, block in ordered]


def _by_series(block: Block) -> tuple[Any, Block]:
    """The tables of a block in the order of their series, and the first of these."""
    tags = _tags(block)
    by = ["_measurement", *tags, "_field"]
    if block.table_count <= FEW or any(block.keys[name].null_count() for name in by):
        names = series_keys(block)
        places = pl.Series(sorted(range(len(names)), key=names.__getitem__), dtype=INDEX)
    else:
        places = block.keys.select(pl.arg_sort_by(*by, maintain_order=True)).to_series()
    found = reorder(block, places)
    return series_keys(replace(found, keys=found.keys[:1]))[0], found


def series_keys(block: Block) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
    """What the series of each table is sorted by."""
    tags = _tags(block)
    rows = block.keys[["_measurement", *tags, "_field"]].rows()
    return [(row[0], tuple(zip(tags, row[1:-1], strict=True)), row[-1]) for row in rows]


def _tags(block: Block) -> list[str]:
    return sorted(set(block.key) - {"_start", "_stop", "_field", "_measurement"})


def _joined(blocks: Sequence[Block]) -> Block:
    """Blocks of one shape, which share no table, as one."""
    first = blocks[0]
    if len(blocks) == 1:
        return first
    plain = [c for c in first.columns if c not in first.key]
    before, rows = 0, []
    for block in blocks:
        rows.append(with_tables(block.rows[[*plain, TABLE]], block.tables.to_numpy() + before))
        before += block.table_count
    keys = pl.concat([block.keys[list(first.key)] for block in blocks])
    return replace(first, keys=keys, rows=pl.concat(rows))
