"""experimental.join: rows of one time side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import Block, Tables, key_order, make_block, merge_same_keys
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.execute.rows import gather, records
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record
from influxlite.flux.vectors import Vec, scalar

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(left: stream[A], right: stream[B], fn: (left: A, right: B) => C) => stream[C]"
    " where A: Record, B: Record, C: Record"
)
def join(run: Run, left: Tables, right: Tables, fn: Function) -> Tables:
    """Where both streams have a table of one group key, `fn` makes a row of each two rows with equal `_time`.

    Both must be sorted by `_time`; `fn` may not change the group key.

        import "experimental"
        a = array.from(rows: [{_time: 2026-01-01T00:00:00Z, x: 1}])
        b = array.from(rows: [{_time: 2026-01-01T00:00:00Z, y: 2}])
        experimental.join(left: a, right: b, fn: (left, right) => ({left with y: right.y}))
    """
    for block in (*left, *right):
        if "_time" not in block.columns:
            raise invalid("no _time column found")
    theirs = {_key(block): block for whole in right for block in whole.slice_tables()}
    parts = []
    for whole in left:
        for block in whole.slice_tables():
            other = theirs.get(_key(block))
            if other is not None and block.rows.height and other.rows.height:
                parts += _joined(run, block, other, fn)
    return key_order(merge_same_keys(parts))


def _key(block: Block) -> tuple[tuple[str, str, object], ...]:
    return tuple(sorted((name, block.columns[name], block.keys[name][0]) for name in block.key))


def _joined(run: Run, left: Block, right: Block, fn: Function) -> Tables:
    theirs_at = Counter(right.column("_time").to_list())
    check_growth(run, sum(theirs_at[time] for time in left.column("_time").to_list()), 2, listed=True)
    pairs = _pairs(left.column("_time").to_list(), right.column("_time").to_list())
    if not pairs:
        return []
    ours, theirs = records(left), records(right)
    answer = gather([run.call(fn, {"left": ours[i], "right": theirs[j]}) for i, j in pairs])
    if not isinstance(answer, Record):
        raise invalid("argument 'fn' must return a record")
    vecs = {name: vec for name, vec in answer.items() if isinstance(vec, Vec)}
    for name in left.key:
        value = scalar(left.keys[name][0], left.columns[name])
        if name not in vecs or any(v != value for v in vecs[name].values()):
            raise invalid("argument 'fn' may not modify group key")
    columns = {name: vecs[name].kind for name in sorted(vecs)}
    return [make_block(columns, left.key, pl.DataFrame({name: vecs[name].series for name in columns}))]


def _pairs(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Positions of equal times in two ascending lists."""
    pairs = []
    j = 0
    for i, time in enumerate(left):
        while j < len(right) and right[j] < time:
            j += 1
        k = j
        while k < len(right) and right[k] == time:
            pairs.append((i, k))
            k += 1
    return pairs
