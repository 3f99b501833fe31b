"""promql.changes, resets, extrapolatedRate, instantRate, holtWinters, linearRegression: one number per table.

The formulas are those of Prometheus' functions changes, resets, rate/increase/delta, irate/idelta, holt_winters
(double exponential smoothing) and deriv/predict_linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isnan

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.execute.block import TABLE, Block, Tables, empty_rows, key_order, merge_same_keys
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Time

NS = 1e9
Points = list[tuple[int, float]]
"""Times in nanoseconds and values."""
OUT = "stream[{B with _value: float}]"
VALUES = "<-tables: stream[{A with _value: float}]"
TIMED = "<-tables: stream[{A with _time: time, _value: float}]"


def _one_value(tables: Tables, answer: Callable[[Block], float | None], needed: Sequence[str] = ()) -> Tables:
    """The group key and one number for each table, or no row where `answer` has none."""
    parts = []
    for whole in tables:
        for name in (*needed, "_value"):
            if name not in whole.columns:
                what = {"_value": "value"}.get(name, name.strip("_"))
                raise FluxError("internal error", f"{what} column not found (cols: {list(whole.columns)}): {name}")
            check_kind(whole, name, "float" if name == "_value" else "time")
        for block in whole.slice_tables():
            number = answer(block)
            columns = {name: block.columns[name] for name in block.key}
            if number is None:
                parts.append(Block(columns, block.key, block.keys, empty_rows(columns, block.key)))
                continue
            table = block.table_numbers()
            rows = pl.DataFrame({"_value": pl.Series([number], dtype=pl.Float64()), TABLE: table})
            parts.append(Block({**columns, "_value": "float"}, block.key, block.keys, rows))
    return key_order(merge_same_keys(parts))


def check_kind(block: Block, name: str, kind: str) -> None:
    """FluxError where rows have a column of another kind than the type of the function says: InfluxDB panics."""
    if block.rows.height and block.columns[name] != kind:
        raise FluxError("internal error", f'unexpected kind: column "{name}" is {block.columns[name]}, not {kind}')


def _values(block: Block) -> list[float]:
    return block.column("_value").drop_nulls().to_list()


def _points(block: Block) -> Points:
    pairs = zip(block.column("_time").to_list(), block.column("_value").to_list(), strict=True)
    return [(time, value) for time, value in pairs if time is not None and value is not None]


@transformation(f"({VALUES}) => {OUT}")
def changes(tables: Tables) -> Tables:
    """How often a value differs from the one before it.

    import "internal/promql"
    array.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 2.0}]) |> promql.changes()
    """

    def count(block: Block) -> float | None:
        values = _values(block)
        pairs = pairwise(values)
        return float(sum(a != b and not (isnan(a) and isnan(b)) for a, b in pairs)) if values else None

    return _one_value(tables, count)


@transformation(f"({VALUES}) => {OUT}")
def resets(tables: Tables) -> Tables:
    """How often a value is smaller than the one before it: a counter that began again.

    import "internal/promql"
    array.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 0.0}]) |> promql.resets()
    """

    def count(block: Block) -> float | None:
        values = _values(block)
        return float(sum(b < a for a, b in pairwise(values))) if values else None

    return _one_value(tables, count)


@transformation(f"({TIMED}, ?isRate: bool) => {OUT}")
def instant_rate(tables: Tables, is_rate: bool = False) -> Tables:
    """The difference of the last two values; with `isRate` per second and of a counter that may begin again.

    import "internal/promql"
    array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:00:10Z, _value: 3.0}])
        |> promql.instantRate(isRate: true)
    """

    def rate(block: Block) -> float | None:
        points = _points(block)
        if len(points) < 2 or points[-1][0] == points[-2][0]:
            return None
        (before, low), (time, value) = points[-2:]
        grown = value if is_rate and value < low else value - low
        return grown / ((time - before) / NS) if is_rate else grown

    return _one_value(tables, rate, ("_time",))


@transformation(
    "(<-tables: stream[{A with _start: time, _stop: time, _time: time, _value: float}], ?isCounter: bool,"
    f" ?isRate: bool) => {OUT}"
)
def extrapolated_rate(tables: Tables, is_counter: bool = False, is_rate: bool = False) -> Tables:
    """The growth from `_start` to `_stop`, carried on from the points to the bounds; with `isRate` per second.

    import "internal/promql"
    array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:00:10Z, _value: 3.0}])
        |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T00:01:00Z)
        |> promql.extrapolatedRate(isCounter: true, isRate: true)
    """

    def rate(block: Block) -> float | None:
        points = _points(block)
        if len(points) < 2:
            return None
        start, stop = block.keys["_start"][0], block.keys["_stop"][0]
        return _extrapolated(points, start, stop, is_counter, is_rate)

    for block in tables:
        for name in ("_start", "_stop"):
            if name in block.columns and name not in block.key:
                raise FluxError("internal error", f"{name} must be in the group key")
    return _one_value(tables, rate, ("_time", "_start", "_stop"))


def _extrapolated(points: Points, start: int, stop: int, is_counter: bool, is_rate: bool) -> float:
    (first_time, first), (last_time, last) = points[0], points[-1]
    lost = 0.0
    if is_counter:
        before = 0.0
        for _, value in points:
            lost += before if value < before else 0.0
            before = value
    grown = last - first + lost
    to_start, to_end = float(first_time - start), float(stop - last_time)
    sampled = float(last_time - first_time)
    average = sampled / (len(points) - 1)
    if is_counter and grown > 0 and first >= 0:  # a counter was not below zero before
        to_start = min(to_start, sampled * (first / grown))
    threshold = average * 1.1
    interval = sampled
    interval += to_start if to_start < threshold else average / 2
    interval += to_end if to_end < threshold else average / 2
    answer = grown * (interval / sampled) if sampled else float("nan")
    return answer / ((stop - start) / NS) if is_rate else answer


@transformation(f"({TIMED}, ?smoothingFactor: float, ?trendFactor: float) => {OUT}")
def holt_winters(tables: Tables, smoothing_factor: float = 0.0, trend_factor: float = 0.0) -> Tables:
    """The last value after double exponential smoothing; both factors lie between 0 and 1.

    import "internal/promql"
    array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:00:10Z, _value: 3.0}])
        |> promql.holtWinters(smoothingFactor: 0.5, trendFactor: 0.5)
    """
    for name, short, factor in (("smoothing", "sf", smoothing_factor), ("trend", "tf", trend_factor)):
        if not 0 < factor < 1:
            raise FluxError("internal error", f"invalid {name} factor. Expected: 0 < {short} < 1, got: {factor:f}")

    def smoothed(block: Block) -> float | None:
        values = [value for _, value in _points(block)]
        if len(values) < 2:
            return None
        before, now, trend = 0.0, values[0], values[1] - values[0]
        for position, value in enumerate(values[1:]):
            if position:
                trend = trend_factor * (now - before) + (1 - trend_factor) * trend
            before, now = now, smoothing_factor * value + (1 - smoothing_factor) * (now + trend)
        return now

    return _one_value(tables, smoothed, ("_time",))


@transformation(
    f"(<-tables: stream[{{A with _time: time, _stop: time, _value: float}}], ?predict: bool, ?fromNow: float) => {OUT}"
)
def linear_regression(tables: Tables, predict: bool = False, from_now: float = 0.0) -> Tables:
    """The slope per second of the least-squares line; with `predict` its value `fromNow` seconds after `_stop`.

    import "internal/promql"
    array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:00:10Z, _value: 3.0}])
        |> range(start: 2026-01-01T00:00:00Z, stop: 2026-01-01T00:01:00Z)
        |> promql.linearRegression()
    """

    def slope(block: Block) -> float | None:
        points = _points(block)
        if len(points) < 2:
            return None
        origin = Time(block.keys["_stop"][0]) if predict else points[0][0]
        xs = [(time - origin) / NS for time, _ in points]
        ys = [value for _, value in points]
        n = float(len(points))
        sum_x, sum_y = sum(xs), sum(ys)
        covariance = sum(x * y for x, y in zip(xs, ys, strict=True)) - sum_x * sum_y / n
        variance = sum(x * x for x in xs) - sum_x * sum_x / n
        steepness = covariance / variance if variance else float("nan")
        return steepness * from_now + sum_y / n - steepness * sum_x / n if predict else steepness

    for block in tables:
        if "_stop" in block.columns and "_stop" not in block.key:
            raise FluxError("internal error", "_stop must be in the group key")
    return _one_value(tables, slope, ("_time", "_stop"))
