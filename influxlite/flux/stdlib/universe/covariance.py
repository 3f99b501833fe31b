"""covariance, cov, pearsonr: how two columns change together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.aggregates import per_table
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import flux, transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], ?pearsonr: bool, ?valueDst: string, columns: [string]) => stream[B]"
    " where A: Record, B: Record"
)
def covariance(
    run: Run, tables: Tables, columns: list[str], pearsonr: bool = False, value_dst: str = "_value"
) -> Tables:
    """The sample covariance of two columns of floats, or Pearson's correlation; NaN for fewer than two rows.

    Rows where either is null do not count.

        array.from(rows: [{x: 1.0, y: 2.0}, {x: 2.0, y: 5.0}]) |> covariance(columns: ["x", "y"])
    """
    if len(columns) != 2:
        raise of_call(run, "must provide exactly two columns")
    out: Tables = []
    for block in tables:
        for name in columns:
            if name not in block.columns:
                raise FluxError("failed precondition", f"specified column does not exist in table: {name}")
        kinds = {block.columns[name] for name in columns}
        if len(kinds) > 1:
            raise FluxError("failed precondition", "cannot compute the covariance between different types")
        if kinds != {"float"}:
            raise invalid(f"covariance does not support {kinds.pop()}")
        both = pl.DataFrame({TABLE: block.tables, "x": block.column(columns[0]), "y": block.column(columns[1])})
        x, y = pl.col("x") - pl.col("x").mean(), pl.col("y") - pl.col("y").mean()
        value = (x * y).sum()
        value = value / ((x * x).sum() * (y * y).sum()).sqrt() if pearsonr else value / (pl.len() - 1)
        answer = pl.when(pl.len() > 1).then(value).otherwise(pl.lit(float("nan"))).alias(value_dst)
        answers = both.drop_nulls().group_by(TABLE, maintain_order=True).agg(answer)
        rows = per_table(block, answers).with_columns(pl.col(value_dst).fill_null(float("nan")))
        kinds_out = {k: block.columns[k] for k in block.key} | {value_dst: "float"}
        out.append(Block(kinds_out, block.key, block.keys, rows.select(value_dst, TABLE)))
    return key_order(out)


EXAMPLE = "array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:01:00Z, _value: 4.0}])"

cov = flux(
    "(x: A, y: B, on: [string], ?pearsonr: bool) => stream[C] where C: Record",
    """(x, y, on, pearsonr=false) => join(tables: {x: x, y: y}, on: on)
        |> covariance(pearsonr: pearsonr, columns: ["_value_x", "_value_y"])""",
    f"""The covariance of the values of two streams whose rows are joined by the columns `on`.

        x = {EXAMPLE}
        cov(x: x, y: x |> map(fn: (r) => ({{r with _value: r._value * 2.0}})), on: ["_time"])
    """,
)
pearsonr = flux(
    "(x: A, y: B, on: [string]) => stream[C] where C: Record",
    "(x, y, on) => cov(x: x, y: y, on: on, pearsonr: true)",
    f"""Pearson's correlation of the values of two streams whose rows are joined by the columns `on`.

        x = {EXAMPLE}
        pearsonr(x: x, y: x |> map(fn: (r) => ({{r with _value: r._value * 2.0}})), on: ["_time"])
    """,
)
