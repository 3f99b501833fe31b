"""chandeMomentumOscillator: rises against falls."""

from __future__ import annotations

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.sequences import values_of_tables
from influxlite.flux.operators import float_arithmetic
from influxlite.flux.stdlib.registry import transformation


class Momentum:
    """The sums of rises and falls, from which those leave that are too old."""

    def __init__(self) -> None:
        self.up = 0.0
        self.down = 0.0

    def next(self, change: float, leaving: float) -> float:
        """The oscillator with `change` come in; `leaving` is out from the next one on."""
        if change > 0:
            self.up += change
        elif change < 0:
            self.down -= change
        value = float_arithmetic("/", 100 * (self.up - self.down), self.up + self.down)
        if leaving > 0:
            self.up -= leaving
        else:
            self.down += leaving
        return value


@transformation("(<-tables: stream[A], n: int, ?columns: [string]) => stream[B] where A: Record, B: Record")
def chande_momentum_oscillator(tables: Tables, n: int, columns: list[str] | None = None) -> Tables:
    """From row `n` on, counted from 0: rises less falls over `n` rows as a percentage of their sum; nulls are 0.

    array.from(rows: [{_value: 1}, {_value: 3}, {_value: 2}, {_value: 6}]) |> chandeMomentumOscillator(n: 2)
    """
    if n <= 0:
        raise FluxError("internal error", f"cannot take momentum over {n} rows (must be greater than 0)")  # a panic
    wanted = ["_value"] if columns is None else columns
    out: Tables = []
    for block in tables:
        kinds = dict(block.columns)
        rows = block.rows.filter(pl.int_range(pl.len()).over(TABLE) >= n)
        for name in kinds:
            if name not in wanted or name in block.key:
                continue
            if kinds[name] not in ("float", "int", "uint"):
                raise invalid(f"cannot take chande momentum oscillator of column {name} (type {kinds[name]})")
            answers = [v for values in values_of_tables(block, name) for v in _oscillator(values, n)]
            rows = rows.with_columns(pl.Series(name, answers, dtype=pl.Float64()))
            kinds[name] = "float"
        out.append(Block(kinds, block.key, block.keys, rows))
    return out


def _oscillator(values: list[float | None], n: int) -> list[float]:
    numbers = [v or 0.0 for v in values]
    momentum, out = Momentum(), []
    for i, value in enumerate(numbers):
        change = value - numbers[i - 1] if i else 0.0
        if i >= n:
            out.append(momentum.next(change, numbers[i - n + 1] - numbers[i - n]))
        else:
            momentum.next(change, 0.0)
    return out
