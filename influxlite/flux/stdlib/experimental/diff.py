"""experimental.diff: how one stream differs from another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_frame, merge_same_keys
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.vectors import DTYPES

MARK = "_diff"
EPSILON = 1e-6
"""Floats that are closer are equal."""
MAX_CELLS = 4_000_000
"""How many pairs of rows two tables that differ may have."""
Cells = tuple[Any, ...]


@transformation("(<-got: stream[A], want: stream[A]) => stream[{A with _diff: string}]")
def diff(got: Tables, want: Tables) -> Tables:
    """Tables of one group key are set against each other; those that are equal are left out.

    In the others each row says in `_diff` whether it is in both (empty), in `want` alone ("-") or in `got` alone ("+"):
    a longest common subsequence.

        import "experimental"
        array.from(rows: [{a: 1}, {a: 2}]) |> experimental.diff(want: array.from(rows: [{a: 1}]))
    """
    ours, theirs = _by_key(want), _by_key(got)
    parts = []
    for key in dict.fromkeys([*(key for key in ours if key in theirs), *ours, *theirs]):
        compared = _compare(key, ours.get(key), theirs.get(key))
        if compared is not None:
            parts.append(compared)
    return merge_same_keys(parts)


Key = tuple[tuple[str, str, Any], ...]


def _by_key(tables: Tables) -> dict[Key, Block]:
    found: dict[Key, Block] = {}
    for whole in tables:
        for block in whole.slice_tables():
            key = tuple(sorted((name, block.columns[name], block.keys[name][0]) for name in block.key))
            found[key] = merge_same_keys([found[key], block])[0] if key in found else block
    return found


def _compare(key: Key, want: Block | None, got: Block | None) -> Block | None:
    some = want or got
    assert some is not None
    if MARK in some.key:
        raise FluxError("failed precondition", "group key cannot contain _diff column")
    columns = _plain_columns(want)
    for name, kind in _plain_columns(got).items():
        if columns.setdefault(name, kind) != kind:
            both = f"{columns[name]} != {kind}"
            raise FluxError("failed precondition", f'column "{name}" has different types {both}')
    left, right = _rows(want, columns), _rows(got, columns)
    if len(left) == len(right) and all(_equal(a, b) for a, b in zip(left, right, strict=True)):
        return None
    lines = _trace(left, right)
    kinds = {MARK: "string", **{name: kind for name, kind, _ in key}, **columns}
    data: dict[str, pl.Series] = {MARK: pl.Series([mark for mark, _ in lines], dtype=pl.String())}
    for i, (name, kind) in enumerate(columns.items()):
        data[name] = pl.Series([row[i] for _, row in lines], dtype=DTYPES[kind])
    rows = pl.DataFrame({**data, TABLE: pl.repeat(0, len(lines), dtype=INDEX, eager=True)})
    keys = {name: pl.Series([value], dtype=DTYPES[kind]) for name, kind, value in key}
    return Block(kinds, tuple(keys), key_frame(keys, 1), rows)


def _plain_columns(block: Block | None) -> dict[str, str]:
    if block is None:
        return {}
    return {name: kind for name, kind in block.columns.items() if name not in block.key and name != MARK}


def _rows(block: Block | None, columns: dict[str, str]) -> list[Cells]:
    if block is None:
        return []
    n = block.rows.height
    cells = [block.rows[name].to_list() if name in block.columns else [None] * n for name in columns]
    return list(zip(*cells, strict=True)) if cells else [()] * n


def _equal(a: Cells, b: Cells) -> bool:
    return a == b or all(_same(x, y) for x, y in zip(a, b, strict=True))


def _same(x: Any, y: Any) -> bool:
    if x == y:
        return True
    if not isinstance(x, float) or not isinstance(y, float):
        return False
    return (math.isnan(x) and math.isnan(y)) or abs(x - y) <= EPSILON


def _trace(want: Sequence[Cells], got: Sequence[Cells]) -> list[tuple[str, Cells]]:
    """The rows of both in order, each with its mark."""
    if len(want) * len(got) > MAX_CELLS:
        raise FluxError("resource exhausted", f"tables of {len(want)} and {len(got)} rows are too long to compare")
    height, width = len(want), len(got)
    longest = [[0] * (height + 1) for _ in range(width + 1)]
    equal = [[_equal(w, g) for w in want] for g in got]
    for column in range(1, width + 1):
        for row in range(1, height + 1):
            if equal[column - 1][row - 1]:
                longest[column][row] = longest[column - 1][row - 1] + 1
            else:
                longest[column][row] = max(longest[column - 1][row], longest[column][row - 1])
    lines: list[tuple[str, Cells]] = []
    row, column = height, width
    while row or column:
        if row and column and equal[column - 1][row - 1]:
            lines.append(("", want[row - 1]))
            row, column = row - 1, column - 1
        elif row and (not column or longest[column][row - 1] > longest[column - 1][row]):
            lines.append(("-", want[row - 1]))
            row -= 1
        else:
            lines.append(("+", got[column - 1]))
            column -= 1
    return lines[::-1]
