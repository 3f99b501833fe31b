"""What functions share that compare a row with the one before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_order


def previous_valid(value: pl.Expr, valid: pl.Expr) -> pl.Expr:
    """In each row the last `value` of an earlier row of its table where `valid` held, null where there was none."""
    return pl.when(valid).then(value).forward_fill().shift(1).over(TABLE)


def check_times(block: Block, time_column: str) -> None:
    """FluxError where the column is missing or holds no times."""
    kind = block.columns.get(time_column)
    if kind is None:
        raise FluxError("failed precondition", f'no column "{time_column}" exists')
    if kind != "time":
        raise FluxError("failed precondition", f'time column "{time_column}" is type {kind} and not time')


def ordered_times(block: Block, time_column: str, what: str) -> Block:
    """The rows of each time's first appearance; FluxError where times are missing, null or fall."""
    check_times(block, time_column)
    times = block.column(time_column)
    if times.null_count():
        raise FluxError("failed precondition", f"{what} found null time in time column")
    step = pl.DataFrame({"t": times, TABLE: block.tables}).select(pl.col("t").diff().over(TABLE)).to_series()
    if (step < 0).any():
        raise FluxError("failed precondition", f"{what} found out-of-order times in time column")
    again = (step == 0).fill_null(False)
    return block.with_rows(block.rows.filter(~again)) if again.any() else block


def with_bare(tables: Sequence[Block], bare: Sequence[Block], kept: Callable[[str, str], bool]) -> Tables:
    """Tables in the order of their keys; those in `bare`, of one table each, with a single row of empty cells.

    So InfluxDB's averages leave a table that they have seen too few rows of: its key's columns are empty, too. Columns
    that are `kept` (name, kind) are not.
    """
    marked = {id(block) for block in bare}
    return [_emptied(block, kept) if id(block) in marked else block for block in key_order([*tables, *bare])]


def _emptied(block: Block, kept: Callable[[str, str], bool]) -> Block:
    gone = [name for name, kind in block.columns.items() if not (block.rows.height and kept(name, kind))]
    rows = block.rows if block.rows.height else block.rows.clear(1).with_columns(pl.lit(0, dtype=INDEX).alias(TABLE))

    def without(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.lit(None, dtype=frame[c].dtype).alias(c) for c in gone if c in frame.columns)

    return replace(block, keys=without(block.keys), rows=without(rows))


def apart(block: Block, bare: np.ndarray) -> tuple[Block, list[Block]]:
    """The tables of a block that are not `bare`, and those that are, each as a block."""
    return block.only_tables(~bare), list(block.only_tables(bare).slice_tables()) if bare.any() else []


def values_of_tables(block: Block, column: str) -> list[list[float | None]]:
    """A numeric column as one list of floats per table that has rows, in the order of the rows."""
    values = pl.DataFrame({TABLE: block.tables, "v": block.column(column).cast(pl.Float64())})
    return values.group_by(TABLE, maintain_order=True).agg("v")["v"].to_list()
