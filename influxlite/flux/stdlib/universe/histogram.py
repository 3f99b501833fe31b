"""histogram, linearBins, logarithmicBins: how many values are at most so great."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.stdlib.registry import function, transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


@transformation(
    "(<-tables: stream[A], ?column: string, ?upperBoundColumn: string, ?countColumn: string, bins: [float],"
    " ?normalize: bool) => stream[B] where A: Record, B: Record"
)
def histogram(
    run: Run,
    tables: Tables,
    bins: list[float],
    column: str = "_value",
    upper_bound_column: str = "le",
    count_column: str = "_value",
    normalize: bool = False,
) -> Tables:
    """For each of `bins` the number of values up to it, or their share with `normalize`. Each value must fit in one.

    array.from(rows: [{_value: 1.0}, {_value: 3.0}]) |> histogram(bins: [2.0, 4.0])
    """
    bounds = sorted(bins)
    out: Tables = []
    for block in tables:
        kind = block.columns.get(column)
        if kind is None:
            raise FluxError("failed precondition", f'column "{column}" is missing')
        if kind != "float":
            raise FluxError("failed precondition", f'column "{column}" must be a float got {kind}')
        values = pl.DataFrame({"v": block.column(column), TABLE: block.tables}).drop_nulls("v")
        if values.height and (not bounds or values.select((pl.col("v") > bounds[-1]).any()).item()):
            raise FluxError("out of range", _beyond(values["v"], bounds))
        check_growth(run, block.table_count * len(bounds), 4)
        place = np.searchsorted(np.array(bounds), values["v"].to_numpy(), side="left")
        per_bin = np.zeros((block.table_count, len(bounds)))
        np.add.at(per_bin, (values[TABLE].to_numpy(), place), 1.0)
        counts = per_bin.cumsum(axis=1)
        if normalize:
            with np.errstate(invalid="ignore"):
                counts /= per_bin.sum(axis=1, keepdims=True)
        rows = pl.DataFrame(
            {
                upper_bound_column: pl.Series(np.tile(np.array(bounds), block.table_count)),
                count_column: pl.Series(counts.ravel()),
                TABLE: pl.Series(np.repeat(np.arange(block.table_count), len(bounds)), dtype=block.tables.dtype),
            }
        )
        columns = {k: block.columns[k] for k in block.key} | {upper_bound_column: "float", count_column: "float"}
        out.append(Block(columns, block.key, block.keys, rows))
    return key_order(out)


def _beyond(values: pl.Series, bounds: list[float]) -> str:
    if not bounds:
        return "found value greater than any bin"
    first = values.filter(values > bounds[-1])[0]
    return f"found value greater than any bin, {len(bounds)} {len(bounds)} {first:f} {bounds[-1]:f}"


@function("(start: float, width: float, count: int, ?infinity: bool) => [float]", nulls=False)
def linear_bins(run: Run, start: float, width: float, count: int, infinity: bool = True) -> list[float]:
    """`count` bounds at equal distances, and an infinite one.

    array.from(rows: [{n: length(arr: linearBins(start: 0.0, width: 5.0, count: 3))}])
    """
    check_growth(run, count, 1, listed=True)
    return _bins(start, lambda bound: bound + width, count, infinity)


@function("(start: float, factor: float, count: int, ?infinity: bool) => [float]", nulls=False)
def logarithmic_bins(run: Run, start: float, factor: float, count: int, infinity: bool = True) -> list[float]:
    """`count` bounds, each `factor` times the one before, and an infinite one.

    array.from(rows: [{n: length(arr: logarithmicBins(start: 1.0, factor: 2.0, count: 3))}])
    """
    check_growth(run, count, 1, listed=True)
    return _bins(start, lambda bound: bound * factor, count, infinity)


def _bins(bound: float, following: Callable[[float], float], count: int, infinity: bool) -> list[float]:
    """Bounds, each made of the one before."""
    bounds = []
    for _ in range(count):
        bounds.append(bound)
        bound = following(bound)
    return bounds + ([math.inf] if infinity else [])
