"""fill: something in place of null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import type_name
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], ?column: string, ?value: B, ?usePrevious: bool) => stream[C] where A: Record, C: Record"
)
def fill(
    run: Run, tables: Tables, column: str = "_value", value: Any = None, use_previous: bool | None = None
) -> Tables:
    """Replace nulls of `column` by `value`, or by the value before them in the table.

    A column that is missing is made of `value`.

        array.from(rows: [{_value: 1}]) |> fill(column: "note", value: "none")
    """
    if (value is None) == (use_previous is None):
        raise of_call(run, "fill requires exactly one of value or usePrevious")
    if use_previous is False:
        what = "error in building plan while starting program: unknown type in fill op-spec"
        raise FluxError("internal error", what, placed=True)
    kind = None if use_previous else type_name(value)
    if kind is not None and kind not in DTYPES:
        raise invalid(
            f"value type for fill must be a valid primitive type (bool, int, uint, float, string, time), got {kind}"
        )
    return [_filled(block, column, value, kind) for block in tables]


def _filled(block: Block, column: str, value: Any, kind: str | None) -> Block:
    known = block.columns.get(column)
    if kind is None:
        if known is None or column in block.key:
            return block
        return block.with_rows(block.rows.with_columns(pl.col(column).forward_fill().over(TABLE)))
    constant = pl.lit(value, dtype=DTYPES[kind])
    if known is None:
        rows = block.rows.with_columns(constant.alias(column))
        return Block({**block.columns, column: kind}, block.key, block.keys, rows)
    if column in block.key and not block.keys[column].null_count():
        return block
    if known != kind:
        raise FluxError("failed precondition", f"fill column type mismatch: {known}/{kind}")
    if column in block.key:
        return Block(block.columns, block.key, block.keys.with_columns(pl.col(column).fill_null(constant)), block.rows)
    return block.with_rows(block.rows.with_columns(pl.col(column).fill_null(constant)))
