"""Joining two streams table by table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl
from polars._typing import JoinStrategy

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, key_frame, make_block, merge_same_keys
from influxlite.flux.execute.growth import check_join
from influxlite.flux.execute.rows import Row, as_columns, gather, records
from influxlite.flux.functions import Closure, Function
from influxlite.flux.plan.predicates import column_of, conjuncts
from influxlite.flux.values import Record
from influxlite.flux.vectors import DTYPES, NeedsRows, constant

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

METHODS: dict[str, JoinStrategy] = {"inner": "inner", "left": "left", "right": "right", "full": "full"}


def equal_columns(on: Function) -> list[tuple[str, str]]:
    """The pairs of columns that a condition such as `(l, r) => l.a == r.b and l.c == r.d` compares."""
    if not isinstance(on, Closure) or isinstance(on.node.body, nodes.Block):
        raise invalid("error in joinFunc: predicate function must be a single expression of comparisons")
    pairs = []
    for part in conjuncts(on.node.body):
        if not isinstance(part, nodes.BinaryExpression) or part.operator != "==":
            raise invalid("unsupported operator in join predicate: only == and `and` are allowed")
        sides = {}
        for side in (part.left, part.right):
            for name in ("l", "r"):
                column = column_of(side, name)
                if column is not None:
                    sides[name] = column
        if sides.keys() != {"l", "r"}:
            raise invalid("join predicate must compare a column of l with one of r")
        pairs.append((sides["l"], sides["r"]))
    return pairs


def join_streams(run: Run, left: Tables, right: Tables, on: Function, as_: Function, method: str) -> Tables:
    """Each table of `left` with the table of `right` of the same group key; see `join.tables` of Flux."""
    if method not in METHODS:
        raise invalid(f"{method} is not a valid join method")
    pairs = equal_columns(on)
    there = [any(block.table_count for block in side) for side in (left, right)]
    if any(there) and not all(there):
        side = "right" if there[0] else "left"
        raise FluxError("invalid", f"error preparing {side} side of join: cannot join on an empty table", placed=True)
    parts: Tables = []
    waiting = list(right)
    for block in left:
        rest = block
        for i, other in enumerate(waiting):
            if set(other.key) != set(block.key) or not rest.table_count or not other.table_count:
                continue
            ours, theirs = _shared(rest, other), _shared(other, rest)
            if ours.any():
                parts += _joined(run, rest.only_tables(ours), other.only_tables(theirs), pairs, as_, method)
                rest, waiting[i] = rest.only_tables(~ours), other.only_tables(~theirs)
        if method in ("left", "full") and rest.rows.height:
            parts += _joined(run, rest, _nothing_like(right, rest), pairs, as_, method)
    if method in ("right", "full"):
        for other in waiting:
            if other.rows.height:
                parts += _joined(run, _nothing_like(left, other), other, pairs, as_, method)
    return merge_same_keys(parts)


def _shared(block: Block, other: Block) -> pl.Series:
    """Which tables of a block have the group key of a table of another."""
    if not block.key:
        return pl.Series([True])
    marked = other.keys.select(block.key).with_columns(pl.lit(True).alias("\0in"))
    found = block.keys.select(block.key).join(
        marked, on=list(block.key), how="left", nulls_equal=True, maintain_order="left"
    )
    return found["\0in"].fill_null(False)


def _nothing_like(tables: Tables, shape: Block) -> Block:
    """Tables without rows, with the columns that the missing side has elsewhere."""
    alike = [t for t in tables if set(t.key) == set(shape.key)] or tables
    columns = {**(alike[0].columns if alike else {}), **{k: shape.columns[k] for k in shape.key}}
    keys = key_frame({}, 0) if not shape.key else shape.keys.clear()
    rows = pl.DataFrame(schema={**{c: DTYPES[k] for c, k in columns.items() if c not in shape.key}, TABLE: pl.UInt32()})
    return Block(columns, shape.key, keys, rows)


def _joined(
    run: Run, left: Block, right: Block, pairs: Sequence[tuple[str, str]], as_: Function, method: str
) -> Tables:
    for l_name, r_name in pairs:
        if l_name not in left.columns:
            raise invalid(f"cannot set join columns in left table stream: table is missing column '{l_name}'")
        if r_name not in right.columns and right.rows.height:
            raise invalid(f"cannot set join columns in right table stream: table is missing column '{r_name}'")
    a, b = _side(left, [p[0] for p in pairs], "l"), _side(right, [p[1] for p in pairs], "r")
    key = list(left.key) or ["\0one"]
    on = [f"\0on{i}" for i in range(len(pairs))]
    shared = [*(f"\0key{k}" for k in key), *on]
    how = METHODS[method]
    check_join(run, a, b, shared)
    rows = a.join(b, on=shared, how=how, coalesce=True, maintain_order="left_right" if how != "right" else "right_left")
    rows = rows.sort(shared[len(key) :], maintain_order=True)
    if not rows.height:
        return []
    keys = {name: rows[f"\0key{name}"] for name in left.key}
    l_block, r_block = _back(rows, left, "l", keys), _back(rows, right, "r", keys)
    answer = _call(run, as_, l_block, r_block)
    vecs = as_columns(answer, rows.height)
    columns = {name: vecs[name].kind for name in sorted(vecs)}
    lost = [k for k in left.key if k not in columns]
    if lost:
        raise invalid(f"join function must preserve group columns; {lost[0]} is missing")
    frame = pl.DataFrame({name: vecs[name].series for name in columns})
    return [make_block(columns, left.key, frame)]


def _side(block: Block, on: list[str], side: str) -> pl.DataFrame:
    frame = pl.DataFrame({f"{side}\0{name}": block.column(name) for name in block.columns})
    columns = [pl.col(f"{side}\0{name}").alias(f"\0on{i}") for i, name in enumerate(on)]
    keys = [pl.col(f"{side}\0{name}").alias(f"\0key{name}") for name in block.key]
    one = [] if keys else [pl.lit(0).alias("\0key\0one")]
    return frame.with_columns(*columns, *keys, *one)


def _back(rows: pl.DataFrame, block: Block, side: str, keys: dict[str, pl.Series]) -> Block:
    """One side of joined rows as a block; its group key is there even where it had no row."""
    data = {name: keys.get(name, rows[f"{side}\0{name}"]) for name in block.columns}
    frame = pl.DataFrame(data).with_columns(constant(0, rows.height, pl.UInt32()).alias(TABLE))
    return Block(block.columns, (), key_frame({}, 1), frame)


def _call(run: Run, as_: Function, left: Block, right: Block) -> Record | Row:
    if run.vectorised:
        try:
            answer = run.call(as_, {"l": Row(left), "r": Row(right)})
        except NeedsRows:
            answer = None
        if isinstance(answer, (Record, Row)):
            return answer
    both = zip(records(left), records(right), strict=True)
    answer = gather([run.call(as_, {"l": l_row, "r": r_row}) for l_row, r_row in both])
    if not isinstance(answer, Record):
        raise invalid("join function must return a record")
    return answer
