"""experimental.set: columns of constants."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order, merge_same_keys, number_tables
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Record, is_null, type_name
from influxlite.flux.vectors import DTYPES


@transformation("(<-tables: stream[A], o: B) => stream[C] where A: Record, B: Record, C: Record")
def set_(tables: Tables, o: Record) -> Tables:
    """Give every row the properties of a record as columns; those of the group key stay in it with their new value.

    import "experimental"
    array.from(rows: [{_value: 1}]) |> experimental.set(o: {room: "101"})
    """
    return key_order(merge_same_keys([_with_constants(block, o) for block in tables]))


def _with_constants(block: Block, constants: Record) -> Block:
    kinds = {name: type_name(value) for name, value in constants.items()}
    for name, kind in kinds.items():
        if kind not in DTYPES:
            raise invalid(f'cannot set column "{name}" to a value of type {kind}')
    rows, keys = block.rows, block.keys
    for name, value in constants.items():
        cell = pl.lit(None if is_null(value) else value, dtype=DTYPES[kinds[name]]).alias(name)
        if name in block.key:
            keys = keys.with_columns(cell)
        else:
            rows = rows.with_columns(cell)
    if keys is not block.keys:
        numbers, keys = number_tables(keys.select(block.key))
        if keys.height < block.table_count:
            rows = rows.with_columns(numbers.gather(block.tables).alias(TABLE)).sort(TABLE, maintain_order=True)
    return Block({**block.columns, **kinds}, block.key, keys, rows)
