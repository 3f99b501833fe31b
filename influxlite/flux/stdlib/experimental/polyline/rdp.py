"""polyline.rdp: fewer points on nearly the same line, by Ramer, Douglas and Peucker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables, key_order, merge_same_keys
from influxlite.flux.execute.faults import of_call
from influxlite.flux.stdlib.registry import transformation

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

PRECONDITION = "failed precondition"
Floats = Sequence[float]


@transformation(
    "(<-tables: stream[A], ?valColumn: string, ?timeColumn: string, ?epsilon: float, ?retention: float) => stream[B]"
    " where A: Record, B: Record"
)
def rdp(
    run: Run,
    tables: Tables,
    val_column: str = "_value",
    time_column: str = "_time",
    epsilon: float | None = None,
    retention: float | None = None,
) -> Tables:
    """Leave out points that lie close to the line between their neighbours; all but the group key is `_time`, `_value`.

    With `epsilon` no point that is left out lies further than that from the line; with `retention` so many percent
    of the points stay, those furthest from the lines. Without both each line finds its own limit.

        import "experimental/polyline"
        array.from(rows: [
            {_time: 2026-01-01T00:00:00Z, _value: 1.0},
            {_time: 2026-01-01T00:01:00Z, _value: 1.1},
            {_time: 2026-01-01T00:02:00Z, _value: 1.0},
        ]) |> polyline.rdp(epsilon: 0.5)
    """
    if epsilon is not None and epsilon <= 0:
        raise of_call(run, "Epsilon values need to be greater than 0.0")
    if retention is not None and not 0 < retention < 100:
        raise of_call(run, "Retention percentage should be between 0.0 and 100.0")
    if epsilon is not None and retention is not None:
        raise invalid("Please provide either epsilon or retention rate and not both")
    parts = []
    for whole in tables:
        _check(whole, val_column, time_column)
        for block in whole.slice_tables():
            run.check()
            parts.append(_thinned(run, block, val_column, time_column, epsilon, retention))
    return key_order(merge_same_keys(parts))


def _check(block: Block, val_column: str, time_column: str) -> None:
    if time_column not in block.columns:
        raise FluxError(PRECONDITION, f"cannot find time column {time_column}")
    kind = block.columns.get(val_column)
    if kind is None:
        raise FluxError(PRECONDITION, f"cannot find column {val_column}")
    if kind not in ("float", "int", "uint"):
        raise FluxError(PRECONDITION, f"rdp can work only on numerical types, got {kind}")


def _thinned(
    run: Run, block: Block, val_column: str, time_column: str, epsilon: float | None, retention: float | None
) -> Block:
    frame = pl.DataFrame({"x": block.column(time_column), "y": block.column(val_column)}).drop_nulls("x")
    frame = frame.with_columns(pl.all().cast(pl.Float64())).fill_null(0.0)
    x, y = frame["x"].to_list(), frame["y"].to_list()
    keep = _most_distant(run, x, y, retention) if retention is not None else _kept(run, x, y, epsilon)
    rows = pl.DataFrame(
        {
            "_time": pl.Series([int(x[i]) for i in keep], dtype=pl.Int64()),
            "_value": pl.Series([y[i] for i in keep], dtype=pl.Float64()),
        }
    ).with_columns(pl.lit(0, dtype=pl.UInt32()).alias(TABLE))
    columns = {name: block.columns[name] for name in block.key} | {"_time": "time", "_value": "float"}
    return Block(columns, block.key, block.keys, rows)


def _furthest(x: Floats, y: Floats, first: int, last: int) -> tuple[int, float]:
    """The first of the points between two that is furthest from the line through them, and its distance."""
    a, b = y[first] - y[last], x[last] - x[first]
    c = x[first] * y[last] - x[last] * y[first]
    length = math.sqrt(a * a + b * b)
    position, greatest = first, 0.0
    for i in range(first + 1, last):
        distance = abs(a * x[i] + b * y[i] + c) / length if length else 0.0
        if distance > greatest:
            position, greatest = i, distance
    return position, greatest


def _kept(run: Run, x: Floats, y: Floats, epsilon: float | None) -> list[int]:
    """The positions that stay: a line whose furthest point is too far is cut in two there."""
    n = len(x)
    if n <= 2:
        return list(range(n))
    keep = {0, n - 1}
    open_lines = [(0, n - 1)]
    while open_lines:
        run.check()
        first, last = open_lines.pop()
        position, distance = _furthest(x, y, first, last)
        limit = _own_limit(x, y, first, last) if epsilon is None else epsilon
        if distance >= limit and first < position < last:
            keep.add(position)
            open_lines += [(first, position), (position, last)]
    return sorted(keep)


def _own_limit(x: Floats, y: Floats, first: int, last: int) -> float:
    """How far a digitized line may lie from the straight one (Prasad, Leung, Quek, Cho: dominant point detection)."""
    width, height = float(x[last] - x[first]), float(y[last] - y[first])
    length = math.hypot(width, height)
    if not length:
        return math.inf
    phi = math.atan(height / width if width else 0.0)
    sine, cosine = math.sin(phi), math.cos(phi)
    tallest = (1 / length) * (abs(sine) + abs(cosine))
    bend = 1 - tallest + tallest**2
    return length * max(math.atan((1 / length) * abs(sine + s * cosine) * bend) for s in (1, -1))


def _most_distant(run: Run, x: Floats, y: Floats, retention: float) -> list[int]:
    """The positions of the points that are furthest from their lines, `retention` percent of all."""
    n = len(x)
    count = math.floor(retention / 100 * n)
    if count < 1:
        raise invalid("The number of points to retain is less than 1. Please consider increasing the retention rate")
    weights = [0.0] * n
    open_lines = [(0, n - 1)]
    while open_lines:
        run.check()
        first, last = open_lines.pop()
        position, distance = _furthest(x, y, first, last)
        if distance > 0:
            weights[position] = distance
            open_lines += [(first, position), (position, last)]
    weights[0] = weights[-1] = math.inf
    limit = sorted(weights, reverse=True)[count - 1]
    return [i for i, weight in enumerate(weights) if weight >= limit]
