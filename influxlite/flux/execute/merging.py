"""The order in which InfluxDB leaves rows that sort alike.

Its tables are kept in pieces ("buffers"): a `group` puts the tables that it joins side by side without copying them.
`sort` sorts each piece on its own and then merges them by a binary heap, so that rows which compare equal come out as
the heap happens to hold their pieces; `sort |> limit` merges one piece after the other into the rows kept so far.
Blocks remember the pieces in column `BUFFER`, where they have one; without it a table is one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from influxlite.flux.execute.block import BUFFER, INDEX, TABLE, Block, with_columns

MERGED_FROM = "\0merged"
"""The piece that each row of a sorted table came from; only `sort` and a `limit` right behind it look at it."""
MOST_ROWS = 100_000
"""Tables with more rows are not merged row by row: rows that sort alike stay in their order."""
PIECE = 1000
"""InfluxDB cuts what a merge makes into pieces of so many rows."""


def heap_order(pieces: Sequence[Sequence[int]]) -> list[int]:
    """The merge of sorted lists of ranks: which list each next row is taken from."""
    out: list[int] = []
    items = [[piece, number, 0] for number, piece in enumerate(pieces)]
    for start in range(len(items) // 2 - 1, -1, -1):
        _sink(items, start)
    while items:
        piece, number, at = items[0]
        out.append(number)
        if at + 1 < len(piece):
            items[0][2] = at + 1
        else:
            items[0] = items[-1]
            items.pop()
        _sink(items, 0)
    return out


def _sink(items: list[Any], at: int) -> None:
    """Move an item down a binary heap until none below it has a smaller rank."""
    n = len(items)
    while (child := 2 * at + 1) < n:
        piece, _, i = items[child]
        if child + 1 < n:
            other, _, j = items[child + 1]
            if other[j] < piece[i]:
                child += 1
                piece, i = other, j
        above, _, j = items[at]
        if not piece[i] < above[j]:
            return
        items[at], items[child] = items[child], items[at]
        at = child


def limited_order(pieces: Sequence[Sequence[int]], n: int) -> list[int]:
    """The `n` least rows of sorted lists of ranks, merged one list after the other: the list of each row."""
    kept: list[tuple[int, int]] = []
    for number, piece in enumerate(pieces):
        parts = [kept[i : i + PIECE] for i in range(0, len(kept), PIECE)]
        parts.append([(rank, number) for rank in piece])
        order = heap_order([[rank for rank, _ in part] for part in parts])[:n]
        taken = [0] * len(parts)
        merged = []
        for part in order:
            merged.append(parts[part][taken[part]])
            taken[part] += 1
        kept = merged
    return [number for _, number in kept]


def sort_rows(block: Block, by: Sequence[str], desc: bool) -> Block:
    """Each table sorted by columns outside the group key."""
    rows = block.rows
    if by:
        order = [pl.col(TABLE), *(pl.col(c) for c in by)]
        down = [False] + [desc] * len(by)
        rows = rows.sort(order, descending=down, nulls_last=False, maintain_order=True)
    if BUFFER in rows.columns:
        rows = rows.rename({BUFFER: MERGED_FROM})
        tied = _tied_tables(rows, by)
        rows = _merged(rows, by, tied, None) if tied else rows.drop(MERGED_FROM)
    return block.with_rows(_cut(rows))


def _cut(rows: pl.DataFrame) -> pl.DataFrame:
    """Sorted rows with the pieces that a merge makes of them, where it makes several of a table."""
    if rows.height <= PIECE:
        return rows
    pieces = rows.select(pl.struct(TABLE, pl.int_range(pl.len()).over(TABLE) // PIECE).rle_id()).to_series()
    return with_columns(rows, pieces.cast(INDEX).alias(BUFFER))


def limit_sorted(block: Block, by: Sequence[str], n: int) -> Block:
    """The first `n` rows of each table that `sort_rows` made, as InfluxDB gives them for a sort with a limit."""
    if MERGED_FROM not in block.rows.columns:
        return block
    rows = _merged(block.rows.drop(BUFFER, strict=False), by, _tied_tables(block.rows, by), n)
    return block.with_rows(rows.drop(MERGED_FROM))


def _tied_tables(rows: pl.DataFrame, by: Sequence[str]) -> list[int]:
    """The tables in which rows of different pieces sort alike."""
    rank = pl.struct(TABLE, *by).rle_id()
    mixed = (pl.col(MERGED_FROM) != pl.col(MERGED_FROM).shift(1)) & (pl.col("\0rank") == pl.col("\0rank").shift(1))
    found = rows.select(TABLE, MERGED_FROM, rank.alias("\0rank")).filter(mixed)
    return found[TABLE].unique().to_list()


def _merged(rows: pl.DataFrame, by: Sequence[str], tied: list[int], n: int | None) -> pl.DataFrame:
    """The rows of the tables in `tied`, which are sorted, in the order of a merge; with `n` only so many of them."""
    wanted = set(tied)
    parts = []
    for part in rows.partition_by(TABLE, maintain_order=True):
        if part[TABLE][0] in wanted and part.height <= MOST_ROWS:
            part = part[_positions(part, by, n)]
        parts.append(part if n is None else part.head(n))
    return pl.concat(parts)


def _positions(part: pl.DataFrame, by: Sequence[str], n: int | None) -> list[int]:
    ranks = part.select(pl.struct(TABLE, *by).rle_id()).to_series().to_list()
    places: dict[int, list[int]] = {}
    for position, piece in enumerate(part[MERGED_FROM].to_list()):
        places.setdefault(piece, []).append(position)
    rows = [places[piece] for piece in sorted(places)]
    lists = [[ranks[position] for position in piece] for piece in rows]
    order = heap_order(lists) if n is None else limited_order(lists, n)
    taken = [0] * len(rows)
    out = []
    for piece in order:
        out.append(rows[piece][taken[piece]])
        taken[piece] += 1
    return out
