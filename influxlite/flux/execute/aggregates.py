"""What aggregates and selectors share: one answer, or one row, per table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl
from polars.dataframe.group_by import GroupBy

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, frame_of, key_order
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

STORED_KINDS = {"bool": "boolean"}
"""What the storage calls kinds of values, where it does so by other names."""
Aggregate = Callable[[pl.Expr, str], pl.Expr]
"""(the column, its kind) -> the answer for one table."""

TO_FLOAT: dict[str, str] = {"float": "float", "int": "float", "uint": "float"}
SAME_NUMBER: dict[str, str] = {"float": "float", "int": "int", "uint": "uint"}
TO_COUNT: dict[str, str] = dict.fromkeys(("float", "int", "uint", "string", "bool"), "int")
"""Kinds of columns to kinds of answers, for `aggregate`."""


def aggregate(
    tables: Tables,
    column: str,
    results: Mapping[str, str],
    expression: Aggregate,
    *,
    empty: object = None,
) -> Tables:
    """One row per table: the group key and `column`, which holds `expression` over the table's rows.

    `results` maps the kinds of column that the aggregate takes to the kinds that it gives. A table without rows gets
    `empty`. FluxError where the column is missing, of another kind, or in the group key.
    """
    out: Tables = []
    for block in tables:
        kind = block.require(column, "aggregate") if column in block.columns else missing(column)
        if column in block.key:
            raise invalid("cannot aggregate columns that are part of the group key")
        if kind not in results:
            raise invalid(f"unsupported aggregate column type {kind}")
        cells = by_table([block.tables, block.rows[column]]).agg(expression(pl.col(column), kind).alias(column))
        rows = per_table(block, cells)
        answers = rows[column].cast(DTYPES[results[kind]])
        if empty is not None and answers.null_count():
            answers = answers.fill_null(empty)
        columns = {k: block.columns[k] for k in block.key} | {column: results[kind]}
        out.append(Block(columns, block.key, block.keys, frame_of([answers, rows[TABLE]])))
    return key_order(out)


def storage_adds(run: Run, tables: Tables, column: str, answer: str) -> Tables:
    """The tables that InfluxDB's storage adds up where it is what does the current step: of groups only numbers.

    FluxError, in its words, where series hold others. `answer` is sum or mean.
    """
    scan = run.storage_of_current()
    if scan is None or column != "_value":
        return tables
    numeric = [block for block in tables if block.columns.get(column) in TO_FLOAT]
    if scan.group is None and len(numeric) < len(tables):
        kind = next(block.columns[column] for block in tables if block.columns.get(column) not in TO_FLOAT)
        called = STORED_KINDS.get(kind, kind)
        raise FluxError("invalid", f"unsupported input type for {answer} aggregate: {called}", placed=True)
    return numeric


def by_table(columns: Sequence[pl.Series]) -> GroupBy:
    """Rows by their tables, the first of the columns. Where these are in order, as nearly always, Polars is told so.

    It then looks for the ends of runs instead of hashing: small tables take an eighth of the time.
    """
    numbers, *others = columns
    if numbers.is_sorted():
        numbers = numbers.set_sorted()
    return pl.DataFrame([numbers, *others]).group_by(TABLE, maintain_order=True)


def missing(column: str) -> str:
    """FluxError: the column is not there."""
    raise invalid(f'column "{column}" does not exist')


def per_table(block: Block, answers: pl.DataFrame) -> pl.DataFrame:
    """Answers for the tables that had rows, spread over all tables of the block."""
    if answers.height == block.table_count:
        return answers if answers[TABLE].is_sorted() else answers.sort(TABLE)
    return pl.DataFrame({TABLE: block.table_numbers()}).join(answers, on=TABLE, how="left", maintain_order="left")


def _one_row_each(block: Block, column: str) -> bool:
    """Whether each table has one row, which is not null in `column`: whoever selects one selects that."""
    numbers = block.tables.to_numpy()
    return bool((numbers[1:] > numbers[:-1]).all()) and not block.column(column).null_count()


def one_empty_text(block: Block) -> Block:
    """For each table its group key and an empty text as `_value`: what InfluxDB makes of a column that is not there."""
    columns = {name: block.columns[name] for name in block.key} | {"_value": "string"}
    rows = pl.DataFrame({"_value": [""] * block.table_count, TABLE: block.table_numbers()})
    return Block(columns, block.key, block.keys, rows)


def select_rows(tables: Tables, column: str, pick: Callable[[str], pl.Expr], *, zeros: bool = True) -> Tables:
    """At most one row per table: `pick` gives its position among those rows of the table where `column` is not null.

    With `zeros` the row's other nulls become zeros, empty texts and false, as in InfluxDB, which reads it so.
    """
    out: Tables = []
    for block in tables:
        kind = block.columns.get(column)
        if kind is None:
            raise invalid(f'no column "{column}" exists')
        position = pick(kind)
        if block.rows.height == block.table_count and _one_row_each(block, column):
            out.append(block)
            continue
        places = pl.int_range(0, block.rows.height, dtype=pl.UInt32(), eager=True).alias("\0row")
        numbered = pl.DataFrame([block.tables, block.column(column).alias("\0v"), places])
        if numbered["\0v"].null_count():
            numbered = numbered.drop_nulls("\0v")
        chosen = by_table(numbered.get_columns())
        rows = chosen.agg(pl.col("\0row").get(position).alias("\0row"))["\0row"]
        out.append(block.with_rows(block.rows[rows.drop_nulls()]))
    return key_order([_without_nulls(block) for block in out] if zeros else out)


ZEROS: dict[str, object] = {"float": 0.0, "int": 0, "uint": 0, "string": "", "bool": False, "time": 0}


def _without_nulls(block: Block) -> Block:
    """The rows with the zero of its kind in place of each null."""
    lacking = [name for name in block.columns if name not in block.key and block.rows[name].null_count()]
    filled = [pl.col(name).fill_null(ZEROS[block.columns[name]]) for name in lacking]
    return block.with_rows(block.rows.with_columns(filled)) if lacking else block
