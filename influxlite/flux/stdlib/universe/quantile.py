"""quantile: the value below which a share of a column lies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import invalid
from influxlite.flux.execute.aggregates import TO_FLOAT, aggregate, select_rows
from influxlite.flux.execute.block import Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.tdigest import DEFAULT_COMPRESSION, quantile_of
from influxlite.flux.execute.windowing import fill_empty
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], ?column: string, q: float, ?compression: float, ?method: string) => stream[A]"
    " where A: Record"
)
def quantile(
    run: Run,
    tables: Tables,
    q: float,
    column: str = "_value",
    compression: float = 0.0,
    method: str = "estimate_tdigest",
) -> Tables:
    """The q-quantile of a column of floats; by a t-digest also of integers.

    By "exact_mean" it is interpolated between the two values around it, by "exact_selector" the row of a value that is
    there is chosen (of the column `_value`, whatever `column` says, as in InfluxDB), by "estimate_tdigest" it is
    estimated by a t-digest of the given compression (1000 by default).

        array.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 4.0}]) |> quantile(q: 0.5, method: "exact_mean")
    """
    if not 0 <= q <= 1:
        raise of_call(run, "quantile must be between 0 and 1")
    if compression < 0:
        raise of_call(run, "quantile compression must be greater than or equal to 0")
    if compression > 0 and method != "estimate_tdigest":
        raise of_call(run, "compression parameter is only valid for method estimate_tdigest")
    if method == "exact_selector":
        return _selected_rows(tables, q)
    if method == "exact_mean":
        return aggregate(tables, column, {"float": "float"}, lambda c, _: c.drop_nulls().quantile(q, "linear"))
    if method != "estimate_tdigest":
        raise of_call(run, f"unknown method {method}")
    return aggregate(tables, column, TO_FLOAT, lambda c, _: _estimated(c, compression or DEFAULT_COMPRESSION, q))


def _estimated(column: pl.Expr, compression: float, q: float) -> pl.Expr:
    """The quantile by a digest of each table's values."""
    return column.drop_nulls().map_batches(
        lambda values: quantile_of(values.to_numpy(), compression, q) if len(values) else None,
        return_dtype=pl.Float64(),
        returns_scalar=True,
    )


def _selected_rows(tables: Tables, q: float) -> Tables:
    """The row of the value; nulls beside the group key where a table has none."""
    return fill_empty(select_rows(tables, "_value", lambda kind: _selected(kind, q)))


def _selected(kind: str, q: float) -> pl.Expr:
    if kind not in ("float", "int", "uint", "string", "time", "bool"):
        raise invalid(f"unsupported quantile column type {kind}")
    position = pl.max_horizontal(pl.lit(0), (pl.len().cast(pl.Float64()) * q).ceil().cast(pl.Int64()) - 1)
    return pl.col("\0v").arg_sort().get(position) if not math.isnan(q) else pl.lit(0)
