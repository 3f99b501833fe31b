"""kaufmansAMA: an average that follows fast where values move in one direction."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.sequences import values_of_tables
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.stdlib.universe.chande_momentum_oscillator import Momentum

FAST, SLOW = 2 / (2 + 1), 2 / (30 + 1)
"""The weights of exponential moving averages of 2 and of 30 rows."""


@transformation("(<-tables: stream[A], n: int, ?column: string) => stream[B] where A: Record, B: Record", "kaufmansAMA")
def kaufmans_ama(tables: Tables, n: int, column: str = "_value") -> Tables:
    """Kaufman's adaptive moving average from row `n` on, counted from 0.

    Each value weighs by the square of a weight between that of an average of 30 rows and that of one of 2, the more the
    straighter the values of `n` rows went (see `kaufmansER`).

        array.from(rows: [{_value: 1.0}, {_value: 3.0}, {_value: 2.0}, {_value: 6.0}]) |> kaufmansAMA(n: 2)
    """
    if n <= 0:
        raise invalid(f"cannot take KaufmansAMA with a period of {n} (must be greater than 0)")
    out: Tables = []
    for block in tables:
        kinds = dict(block.columns)
        rows = block.rows.filter(pl.int_range(pl.len()).over(TABLE) >= n)
        if column in kinds and column not in block.key:
            if kinds[column] not in ("float", "int", "uint"):
                raise FluxError("failed precondition", f"cannot take KAMA of column {column} (type {kinds[column]})")
            answers = [v for values in values_of_tables(block, column) for v in _averaged(values, n)]
            rows = rows.with_columns(pl.Series(column, answers, dtype=pl.Float64()))
            kinds[column] = "float"
        out.append(Block(kinds, block.key, block.keys, rows))
    return out


def _averaged(values: list[float | None], n: int) -> list[float]:
    if n >= len(values):
        return []
    numbers = [v or 0.0 for v in values]
    momentum, changes, out = Momentum(), [0.0] * n, []
    average = 0.0
    for i, value in enumerate(numbers):
        before = numbers[i - 1] if i else value
        if i >= n:
            average = before if i == n else average
            efficiency = abs(momentum.next(value - before, changes[(i + 1) % n])) / 100.0
            average += (efficiency * (FAST - SLOW) + SLOW) ** 2 * (value - average)
            out.append(average)
        else:
            momentum.next(value - before, 0.0)
        changes[i % n] = value - before
    return out
