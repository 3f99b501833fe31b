"""tripleExponentialDerivative: the rate of change of a triple average."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.faults import of_call
from influxlite.flux.execute.sequences import apart, values_of_tables, with_bare
from influxlite.flux.operators import NUMBERS, float_arithmetic
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.stdlib.universe.exponential_moving_average import averaged

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[{B with _value: A}], n: int) => stream[{B with _value: float}] where A: Numeric, B: Record"
)
def triple_exponential_derivative(run: Run, tables: Tables, n: int) -> Tables:
    """The change in percent of the exponential moving average, taken three times over `n` rows, from row to row.

    Other numbers are null. A table of fewer than 3·(n - 1) rows gives one, in which only times are; one of as many or
    one more gives none.

        array.from(rows: [{_value: 1.0}, {_value: 4.0}, {_value: 7.0}]) |> tripleExponentialDerivative(n: 1)
    """
    if n <= 0:
        what = f"cannot take triple exponential derivative with a period of {n} (must be greater than 0)"
        raise of_call(run, what, "internal error")
    out: Tables = []
    bare: Tables = []
    for block in tables:
        kind = block.columns.get("_value")
        if kind is None:
            raise FluxError("failed precondition", "cannot find _value column")
        if kind not in ("float", "int", "uint"):
            raise FluxError(
                "failed precondition", f"cannot take exponential moving average of column _value (type {kind})"
            )
        seen = 3 * (n - 1)
        long, short = apart(block, block.counts() < seen)
        rows = long.rows.filter(pl.int_range(pl.len()).over(TABLE) > seen)
        answers = [v for values in values_of_tables(long, "_value") for v in _derived(values, n)]
        numbers = [name for name, kind in block.columns.items() if kind in NUMBERS and name in rows.columns]
        rows = rows.with_columns(pl.lit(None, dtype=rows[name].dtype).alias(name) for name in numbers)
        rows = rows.with_columns(pl.Series("_value", answers, dtype=pl.Float64()))
        out.append(Block({**block.columns, "_value": "float"}, block.key, long.keys, rows))
        bare += [_last(table) for table in short]
    return with_bare(out, bare, lambda _, kind: kind == "time")


def _last(table: Block) -> Block:
    """The last row of a table, and `_value` of the kind that answers have."""
    rows = table.rows.tail(1).with_columns(pl.col("_value").cast(pl.Float64()))
    return replace(table, columns={**table.columns, "_value": "float"}, rows=rows)


def _derived(values: list[float | None], n: int) -> list[float | None]:
    if len(values) <= 3 * (n - 1) + 1:
        return []
    for _ in range(3):
        values = averaged(values, n)
    return [None if a is None or b is None else (float_arithmetic("/", b, a) - 1) * 100 for a, b in pairwise(values)]
