"""map: a new row for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, buffers_of, make_block, merge_same_keys
from influxlite.flux.execute.rows import Row, as_columns, call_on_rows, row_function
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record, type_name
from influxlite.flux.vectors import DTYPES, Vec, repeat

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation("(<-tables: stream[A], fn: (r: A) => B, ?mergeKey: bool) => stream[B]", "map")
def map_(run: Run, tables: Tables, fn: Function, merge_key: bool = False) -> Tables:  # noqa: ARG001 - long deprecated
    """Replace each row by the record that `fn` makes of it; its columns come in alphabetical order.

    Key columns that the record keeps stay in the group key, with the new values. Empty tables vanish.

        array.from(rows: [{_value: 1}, {_value: 2}]) |> map(fn: (r) => ({r with square: r._value * r._value}))
    """
    parts = []
    for whole in tables:
        block = whole.without_empty()
        if block.rows.height:
            with row_function(run, "map", "invalid"):
                answer = call_on_rows(run, fn, block)
            parts.append(_mapped(block, answer))
    return merge_same_keys(parts)


def _mapped(block: Block, answer: object) -> Block:
    n = block.rows.height
    if isinstance(answer, Row) and answer.mask is None and not set(answer.extra) & set(block.key):
        added = {name: vec for name, value in answer.extra.items() if (vec := repeat(value, n)) is not None}
        _check(added)
        gone = [name for name in answer.extra if name in block.columns and name not in added]
        kinds = {**block.columns, **{name: vec.kind for name, vec in added.items()}}
        rows = block.rows.drop(gone).with_columns(vec.series.alias(name) for name, vec in added.items())
        columns = {name: kinds[name] for name in sorted(kinds) if name not in gone}
        return Block(columns, block.key, block.keys, rows)
    if not isinstance(answer, (Row, Record)):
        raise invalid(f"map function must return an object, got {type_name(answer)}")
    vecs = as_columns(answer, n)
    _check(vecs)
    columns = {name: vecs[name].kind for name in sorted(vecs)}
    key = tuple(name for name in block.key if name in columns)
    frame = pl.DataFrame({name: vecs[name].series for name in columns}) if columns else pl.DataFrame()
    if not key and block.table_count >= 1:
        nought = pl.repeat(0, n, dtype=block.tables.dtype, eager=True).alias(TABLE)
        rows = frame.with_columns(nought, buffers_of(block))
        return Block(columns, (), pl.DataFrame({TABLE: pl.Series([0], dtype=pl.UInt32())}), rows)
    return make_block(columns, key, frame, buffers_of(block))


def _check(vecs: dict[str, Vec]) -> None:
    for name, vec in vecs.items():
        if vec.kind not in DTYPES:
            kind = type_name(next((v for v in vec.values() if v is not None), None))
            raise invalid(f'map object property "{name}" is {kind} type which is not supported in a flux table')
