"""tripleExponentialDerivative: the rate of change of a triple average."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.sequences import values_of_tables
from influxlite.flux.operators import float_arithmetic
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.stdlib.universe.exponential_moving_average import averaged

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[{B with _value: A}], n: int) => stream[{B with _value: float}] where A: Numeric, B: Record"
)
def triple_exponential_derivative(run: Run, tables: Tables, n: int) -> Tables:
    """The change in percent of the exponential moving average, taken three times over `n` rows, from row to row.

    A table of too few rows gives one, of value null.

        array.from(rows: [{_value: 1.0}, {_value: 4.0}, {_value: 7.0}]) |> tripleExponentialDerivative(n: 1)
    """
    if n <= 0:
        what = f"cannot take triple exponential derivative with a period of {n} (must be greater than 0)"
        raise of_call(run, what, "internal error")
    out: Tables = []
    for block in tables:
        kind = block.columns.get("_value")
        if kind is None:
            raise FluxError("failed precondition", "cannot find _value column")
        if kind not in ("float", "int", "uint"):
            raise FluxError(
                "failed precondition", f"cannot take exponential moving average of column _value (type {kind})"
            )
        lost = 3 * (n - 1) + 1
        first = pl.min_horizontal(pl.len().over(TABLE).cast(pl.Int64()) - 1, pl.lit(lost))
        rows = block.rows.filter(pl.int_range(pl.len()).over(TABLE) >= first)
        answers = [v for values in values_of_tables(block, "_value") for v in _derived(values, n)]
        rows = rows.with_columns(pl.Series("_value", answers, dtype=pl.Float64()))
        out.append(Block({**block.columns, "_value": "float"}, block.key, block.keys, rows))
    return out


def _derived(values: list[float | None], n: int) -> list[float | None]:
    if len(values) <= 3 * (n - 1) + 1:
        return [None]
    for _ in range(3):
        values = averaged(values, n)
    return [None if a is None or b is None else (float_arithmetic("/", b, a) - 1) * 100 for a, b in pairwise(values)]
