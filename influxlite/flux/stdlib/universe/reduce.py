"""reduce: all rows of a table folded into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.adding import folded
from influxlite.flux.execute.block import Block, Tables, key_order, make_block, merge_same_keys
from influxlite.flux.execute.rows import records, row_function
from influxlite.flux.execute.twins import refuse_twins
from influxlite.flux.functions import Function
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record, is_null, type_name
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], fn: (r: A, accumulator: B) => B, identity: B) => stream[C]"
    " where A: Record, B: Record, C: Record"
)
def reduce(run: Run, tables: Tables, fn: Function, identity: Record) -> Tables:
    """Call `fn` with each row and the record of the call before, `identity` at first; the last record is the answer.

    What it says of a column of the group key is the key's value from then on.

    array.from(rows: [{_value: 1}, {_value: 2}])
        |> reduce(fn: (r, accumulator) => ({sum: accumulator.sum + r._value}), identity: {sum: 0})
    """
    parts = []
    for whole in tables:
        answers = folded(run, fn, identity, whole)
        for number, block in enumerate(whole.slice_tables()):
            last = answers[number] if answers is not None else _last(run, fn, identity, block)
            parts.append(_answer(block, last))
    refuse_twins(parts, parts, "two reducers writing result to the same table", named=False)
    return key_order(merge_same_keys(parts))


def _last(run: Run, fn: Function, identity: Record, block: Block) -> Record:
    """The last record of one table."""
    accumulator = identity
    for record in records(block):
        with row_function(run, "reduce", fn):
            accumulator = run.call(fn, {"r": record, "accumulator": accumulator})
        _check(accumulator)
    return accumulator


def _check(accumulator: object) -> None:
    if not isinstance(accumulator, Record):
        raise invalid(f"reducer function must return an object, got {type_name(accumulator)}")
    for name, value in accumulator.items():
        if is_null(value):
            raise invalid(f'null values are not supported for "{name}" in the reduce() function')


def _answer(block: Block, accumulator: Record) -> Block:
    kept = {name: block.columns[name] for name in block.key if name not in accumulator}
    columns = dict(kept)
    data = {name: [block.keys[name][0]] for name in kept}
    for name in sorted(accumulator):
        kind = type_name(accumulator[name])
        if kind not in DTYPES:
            raise invalid(f"unsupported column type {kind}")
        columns[name] = kind
        data[name] = [accumulator[name]]
    frame = pl.DataFrame(data, schema={n: DTYPES[k] for n, k in columns.items()})
    return make_block(columns, block.key, frame)
