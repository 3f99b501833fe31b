"""Changing which columns tables have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.arrival import RANK, by_arrival, settled
from influxlite.flux.execute.block import (
    BUFFER,
    TABLE,
    Block,
    Tables,
    buffers_of,
    key_frame,
    key_order,
    merge_same_keys,
    number_tables,
    with_columns,
)
from influxlite.flux.functions import Function

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def predicate_columns(run: Run, fn: Function | None) -> Callable[[str], bool]:
    """A Flux function of a column's name as a Python one."""
    assert fn is not None
    return lambda column: run.call(fn, {"column": column}) is True


def choose_columns(run: Run, tables: Tables, wanted: Callable[[str], bool]) -> Tables:
    """Tables with the columns for which `wanted` is true; where their keys become equal they become one."""
    parts = []
    for block in by_arrival(run, tables):
        columns = {name: kind for name, kind in block.columns.items() if name == RANK or wanted(name)}
        key = tuple(name for name in block.key if name in columns)
        rows = block.rows[[*(n for n in columns if n not in key), TABLE, *has_buffer(block)]]
        if not {*columns} - {RANK}:  # a table without columns has no rows
            rows = rows.clear()
        parts.append(with_key(Block(columns, block.key, block.keys, rows), key))
    return key_order([settled(block) for block in merge_same_keys(parts)])


def has_buffer(block: Block) -> list[str]:
    """The name of the column with the pieces, where a block has one."""
    return [BUFFER] if BUFFER in block.rows.columns else []


def with_key(block: Block, key: tuple[str, ...]) -> Block:
    """A block whose key lost columns (which its tables no longer have): equal keys become one table."""
    if key == block.key:
        return block
    pieces = buffers_of(block)
    if not key:
        keys = key_frame({}, 1 if block.table_count else 0)
        return Block(block.columns, (), keys, with_columns(block.rows, (block.tables * 0).alias(TABLE), pieces))
    numbers, keys = number_tables(block.keys[list(key)])
    if keys.height == block.table_count:
        return Block(block.columns, key, keys, block.rows)
    moved = numbers[block.tables]
    rows = with_columns(block.rows, moved.alias(TABLE), pieces)
    return Block(block.columns, key, keys, rows if moved.is_sorted() else rows.sort(TABLE, maintain_order=True))


def rename_columns(run: Run, tables: Tables, names: Callable[[str], str]) -> Tables:
    """Tables with other column names; FluxError where two columns would get one name."""
    parts = []
    for block in by_arrival(run, tables):
        new = {old: old if old == RANK else names(old) for old in block.columns}
        if len(set(new.values())) < len(new):
            given = list(new.values())
            twice = next(n for n in given if given.count(n) > 1)
            places = " and ".join(str(i) for i, name in enumerate(given) if name == twice)
            raise invalid(f'column {places} have the same name ("{twice}") which is not allowed')
        columns = {new[old]: kind for old, kind in block.columns.items()}
        keys = block.keys.rename({old: new[old] for old in block.key})
        rows = block.rows.rename({old: new[old] for old in block.columns if old not in block.key})
        parts.append(Block(columns, tuple(new[k] for k in block.key), keys, rows))
    return key_order([settled(block) for block in merge_same_keys(parts)])


def set_column(block: Block, name: str, cells: pl.Series, kind: str, key_cells: pl.Series | None = None) -> Tables:
    """A block with a column added or replaced; a key column leaves the key unless `key_cells` gives it per table."""
    columns = {**block.columns, name: kind}
    if name in block.key and key_cells is not None:
        keys = block.keys.with_columns(key_cells.alias(name))
        changed = Block(columns, block.key, keys, block.rows)
        numbers, distinct = number_tables(keys.select(block.key))
        if distinct.height == keys.height:
            return [changed]
        rows = block.rows.with_columns(numbers.gather(block.tables).alias(TABLE)).sort(TABLE, maintain_order=True)
        return [Block(columns, block.key, distinct, rows)]
    rows = with_columns(block.rows, cells.alias(name))
    if name not in block.key:
        return [Block(columns, block.key, block.keys, rows)]
    key = tuple(k for k in block.key if k != name)
    narrowed = Block(columns, block.key, block.keys, rows)
    return [with_key(narrowed, key)]


def list_names(block: Block, names: list[str], column: str) -> Block:
    """Each table's group key, with `names` as rows of `column`."""
    numbers = block.table_numbers()
    texts = pl.DataFrame({column: names}, schema={column: pl.String()})
    rows = pl.DataFrame({TABLE: numbers}).join(texts, how="cross", maintain_order="left_right")
    columns = {k: block.columns[k] for k in block.key} | {column: "string"}
    return Block(columns, block.key, block.keys, rows.select(column, TABLE))
