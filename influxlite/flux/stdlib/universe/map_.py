"""map: a new row for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import SchemaCollision, invalid
from influxlite.flux.execute.arrival import table_ranks
from influxlite.flux.execute.block import (
    TABLE,
    Block,
    Tables,
    buffers_of,
    key_order,
    make_block,
    merge_same_keys,
    with_columns,
)
from influxlite.flux.execute.collisions import in_order_of_arrival
from influxlite.flux.execute.rows import Row, as_columns, call_on_rows, column_function, row_function
from influxlite.flux.functions import Closure, Function
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record, type_name
from influxlite.flux.vectors import DTYPES, Vec, constant, repeat
from influxlite.flux.whole_columns import extends_row, runs_on_columns

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], fn: (r: A) => B, ?mergeKey: bool) => stream[B]", "map")
def map_(run: Run, tables: Tables, fn: Function, merge_key: bool = False) -> Tables:  # noqa: ARG001 - long deprecated
    """Replace each row by the record that `fn` makes of it.

    Its columns come in alphabetical order; those of `{r with …}` stay where they were where nothing but operators, `if`
    and `float` is used (see `influxlite.flux.whole_columns`). Key columns that the record keeps stay in the group key,
    with the new values. Empty tables vanish.

        array.from(rows: [{_value: 1}, {_value: 2}]) |> map(fn: (r) => ({r with square: r._value * r._value}))
    """
    node = fn.node if isinstance(fn, Closure) else None
    on_columns = node is not None and runs_on_columns(node)
    in_order = on_columns and node is not None and extends_row(node)

    def merged(tables: Tables) -> Tables:
        parts = [mapped for block in tables if (mapped := _of_block(run, block, fn, on_columns, in_order)) is not None]
        return merge_same_keys(parts) if on_columns else key_order(merge_same_keys(parts))

    try:
        return merged(tables)
    except SchemaCollision:
        return merged(in_order_of_arrival(tables, table_ranks(run, tables)))


def _of_block(run: Run, whole: Block, fn: Function, on_columns: bool, in_order: bool) -> Block | None:
    """What becomes of a block, None where it has no rows."""
    block = whole.without_empty()
    if not block.rows.height:
        return None
    with column_function(run) if on_columns else row_function(run, "map", fn, "invalid"):
        answer = call_on_rows(run, fn, block)
    mapped = _mapped(block, answer, in_order)
    return _without_rows(mapped) if on_columns and _constant(answer) else mapped


def _constant(answer: object) -> bool:
    """Whether a record holds no column at all: InfluxDB then does not know how many rows there are, and makes none."""
    return isinstance(answer, Record) and not any(isinstance(value, Vec) for value in answer.values())


def _without_rows(block: Block) -> Block:
    return block.with_rows(block.rows.clear())


def _mapped(block: Block, answer: object, in_order: bool) -> Block:
    names = list if in_order else sorted
    n = block.rows.height
    if isinstance(answer, Row) and answer.mask is None and not set(answer.extra) & set(block.key):
        added = {name: vec for name, value in answer.extra.items() if (vec := repeat(value, n)) is not None}
        _check(added)
        gone = [name for name in answer.extra if name in block.columns and name not in added]
        kinds = {**block.columns, **{name: vec.kind for name, vec in added.items()}}
        kept = block.rows.drop(gone) if gone else block.rows
        rows = with_columns(kept, *(vec.series.alias(name) for name, vec in added.items()))
        columns = {name: kinds[name] for name in names(kinds) if name not in gone}
        key = tuple(name for name in columns if name in block.key)
        return Block(columns, key, block.keys, rows)
    if not isinstance(answer, (Row, Record)):
        raise invalid(f"map function must return an object, got {type_name(answer)}")
    vecs = as_columns(answer, n)
    _check(vecs)
    columns = {name: vecs[name].kind for name in names(vecs)}
    if not columns:  # a table without columns has no rows
        rows = pl.DataFrame(schema={TABLE: pl.UInt32()})
        return Block({}, (), pl.DataFrame({TABLE: pl.Series([0], dtype=pl.UInt32())}), rows)
    key = tuple(name for name in columns if name in block.key)
    frame = pl.DataFrame({name: vecs[name].series for name in columns})
    if not key and block.table_count >= 1:
        nought = constant(0, n, block.tables.dtype).alias(TABLE)
        rows = frame.with_columns(nought, buffers_of(block))
        return Block(columns, (), pl.DataFrame({TABLE: pl.Series([0], dtype=pl.UInt32())}), rows)
    return make_block(columns, key, frame, buffers_of(block))


def _check(vecs: dict[str, Vec]) -> None:
    for name, vec in vecs.items():
        if vec.kind not in DTYPES:
            kind = type_name(next((v for v in vec.values() if v is not None), None))
            raise invalid(f'map object property "{name}" is {kind} type which is not supported in a flux table')
