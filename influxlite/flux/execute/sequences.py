"""What functions share that compare a row with the one before it."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block


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


def values_of_tables(block: Block, column: str) -> list[list[float | None]]:
    """A numeric column as one list of floats per table that has rows, in the order of the rows."""
    values = pl.DataFrame({TABLE: block.tables, "v": block.column(column).cast(pl.Float64())})
    return values.group_by(TABLE, maintain_order=True).agg("v")["v"].to_list()
