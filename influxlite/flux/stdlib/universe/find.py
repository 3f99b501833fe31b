"""tableFind, getColumn, getRecord, findColumn, findRecord: values out of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import Block
from influxlite.flux.execute.rows import first_record
from influxlite.flux.functions import Function
from influxlite.flux.plan.steps import Stream
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.registry import macro
from influxlite.flux.values import Record
from influxlite.flux.vectors import scalar

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

FIND = "(<-tables: stream[A], fn: (key: B) => bool"


def find(run: Run, tables: Stream, fn: Function) -> Block | None:
    """The first table for whose group key `fn` is true."""
    for block in run.tables(tables):
        for number in range(block.table_count):
            key = Record((k, scalar(block.keys[k][number], block.columns[k])) for k in block.key)
            if run.call(fn, {"key": key}) is True:
                mask = block.table_numbers() == number
                return block.only_tables(mask)
    return None


@macro(FIND + ") => stream[A] where A: Record, B: Record")
def table_find(run: Run, tables: Stream, fn: Function) -> Stream:
    """The first table for whose group key `fn` is true, as a stream of that table alone.

    array.from(rows: [{_value: (array.from(rows: [{a: 1}]) |> tableFind(fn: (key) => true)
        |> getRecord(idx: 0)).a}])
    """
    block = find(run, tables, fn)
    if block is None:
        raise FluxError("not found", "no table found")
    return run.held([block], found=True)


def _only(run: Run, table: Stream) -> Block:
    blocks = [b for b in run.tables(table) if b.table_count]
    if not blocks:
        raise FluxError("not found", "no table found")
    return blocks[0]


def _column(block: Block, column: str) -> list[Any]:
    if column not in block.columns:
        raise invalid(f"cannot find column {column}")
    return list(block.vec(column).values())


def _record(block: Block, idx: int) -> Record:
    refuse_nulls(idx=idx)
    if not 0 <= idx < block.rows.height:
        raise FluxError("out of range", f"index out of bounds: {idx}")
    return first_record(block, idx)


@macro("(<-table: stream[A], column: string) => [B] where A: Record")
def get_column(run: Run, table: Stream, column: str) -> list[Any]:
    """A column of a table as an array.

    array.from(rows: [{n: length(arr: array.from(rows: [{a: 1}]) |> tableFind(fn: (key) => true)
        |> getColumn(column: "a"))}])
    """
    return _column(_only(run, table), column)


@macro("(<-table: stream[A], idx: int) => A where A: Record")
def get_record(run: Run, table: Stream, idx: int) -> Record:
    """Row `idx`, from 0, of a table as a record.

    array.from(rows: [array.from(rows: [{a: 1}]) |> tableFind(fn: (key) => true) |> getRecord(idx: 0)])
    """
    return _record(_only(run, table), idx)


@macro(FIND + ", column: string) => [C] where A: Record, B: Record")
def find_column(run: Run, tables: Stream, fn: Function, column: str) -> list[Any]:
    """A column of the first table for whose group key `fn` is true, as an array; empty where there is no such table.

    array.from(rows: [{n: length(arr: array.from(rows: [{a: 1}]) |> findColumn(fn: (key) => true, column: "a"))}])
    """
    block = find(run, tables, fn)
    return [] if block is None or column not in block.columns else _column(block, column)


@macro(FIND + ", idx: int) => A where A: Record, B: Record")
def find_record(run: Run, tables: Stream, fn: Function, idx: int) -> Record:
    """Row `idx` of the first table for whose group key `fn` is true; a record without properties where there is none.

    array.from(rows: [array.from(rows: [{a: 1}]) |> findRecord(fn: (key) => true, idx: 0)])
    """
    refuse_nulls(idx=idx)
    block = find(run, tables, fn)
    if block is None or not 0 <= idx < block.rows.height:
        return Record()
    return first_record(block, idx)
