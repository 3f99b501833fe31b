"""relativeStrengthIndex: average rises against average falls."""

from __future__ import annotations

import math

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables
from influxlite.flux.execute.sequences import apart, values_of_tables, with_bare
from influxlite.flux.operators import float_arithmetic
from influxlite.flux.stdlib.registry import transformation


class Average:
    """The plain average of the first `n` numbers, from then on one in which each new number has the weight 1/n."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.seen = 0
        self.count = 0
        self.value = 0.0

    def add(self, number: float | None) -> None:
        """Take a number in; a null only counts as seen."""
        if number is not None:
            if not self.count:
                self.value = number
            elif self.seen < self.n:
                self.value = (self.value * self.count + number) / (self.count + 1)
            else:
                self.value = number / self.n + self.value * (1 - 1 / self.n)
            self.count = min(self.count + 1, self.n)
        self.seen += 1


@transformation("(<-tables: stream[A], n: int, ?columns: [string]) => stream[B] where A: Record, B: Record")
def relative_strength_index(tables: Tables, n: int, columns: list[str] | None = None) -> Tables:
    """From row `n` on, counted from 0: the share of rises in the average movement of `n` rows, 0 to 100.

    A table of too few rows gives one, whose other cells are empty where it had one row or none. The first value counts
    as a rise from 0.

        array.from(rows: [{_value: 1.0}, {_value: 3.0}, {_value: 2.0}, {_value: 6.0}]) |> relativeStrengthIndex(n: 2)
    """
    wanted = ["_value"] if columns is None else columns
    out: Tables = []
    bare: Tables = []
    averaged: set[str] = set()
    for block in tables:
        kinds = dict(block.columns)
        size = pl.min_horizontal(pl.len().over(TABLE).cast(pl.Int64()) - 1, pl.lit(n))
        rows = block.rows.filter(pl.int_range(pl.len()).over(TABLE) >= size)
        for name in kinds:
            if name not in wanted or name in block.key:
                continue
            if kinds[name] not in ("float", "int", "uint"):
                raise FluxError(
                    "failed precondition",
                    f"cannot take relative strength index of column {name} (type {kinds[name]})",
                )
            answers = [v for values in values_of_tables(block, name) for v in _index(values, n)]
            rows = rows.with_columns(pl.Series(name, answers, dtype=pl.Float64()))
            kinds[name] = "float"
            averaged.add(name)
        whole, short = apart(Block(kinds, block.key, block.keys, rows), block.counts() < 2)
        out.append(whole)
        bare += [_known(table, averaged) for table in short]
    return with_bare(out, bare, lambda name, _: name in averaged)


def _known(table: Block, averaged: set[str]) -> Block:
    """A table of at most one row with a row: where it has none, what is asked for is NaN."""
    if table.rows.height:
        return table
    nothing = table.rows.clear(1).with_columns(pl.lit(0, dtype=INDEX).alias(TABLE))
    return table.with_rows(nothing.with_columns(pl.lit(math.nan).alias(c) for c in averaged if c in nothing.columns))


def _index(values: list[float | None], n: int) -> list[float | None]:
    up, down = Average(n), Average(n)
    before, out = None, []
    for i, value in enumerate(values):
        if value is None:
            up.add(None)
            down.add(None)
        else:
            change = value - (before or 0.0)
            before = value
            up.add(max(change, 0.0))
            down.add(max(-change, 0.0))
        if i >= n or i == len(values) - 1:
            ratio = float_arithmetic("/", up.value, down.value)
            known = before is not None or i < n
            out.append(100 - float_arithmetic("/", 100.0, 1 + ratio) if known else None)
    return out
