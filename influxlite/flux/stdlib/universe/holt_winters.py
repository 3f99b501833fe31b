"""holtWinters: a forecast by damped trend and season."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.execute.block import TABLE, Block, Tables
from influxlite.flux.execute.growth import check_growth
from influxlite.flux.execute.simplex import minimize
from influxlite.flux.operators import float_arithmetic
from influxlite.flux.stdlib.registry import transformation
from influxlite.flux.values import Duration
from influxlite.flux.windows import add_duration

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

GUESSES = (0.3, 0.7)
"""Where the search for each of the four weights begins."""


@transformation(
    "(<-tables: stream[A], n: int, interval: duration, ?withFit: bool, ?column: string, ?timeColumn: string,"
    " ?seasonality: int, ?withMinSSE: bool) => stream[B] where A: Record, B: Record"
)
def holt_winters(
    run: Run,
    tables: Tables,
    n: int,
    interval: Duration,
    with_fit: bool = False,
    column: str = "_value",
    time_column: str = "_time",
    seasonality: int = 0,
    with_min_sse: bool = False,
) -> Tables:
    """`n` values that are expected to follow, one each `interval`, by the damped method of Holt and Winters.

    Of values in one interval the first counts; missing ones are no matter. `seasonality` is the number of intervals of
    a season, below 2 for none. `withFit` gives the fitted values first, `withMinSSE` adds the sum of squared errors of
    the fit in column `minSSE`. The weights are found by Nelder and Mead's method from 16 starts.

        array.from(rows: [{_time: 2026-01-01T00:00:00Z, _value: 1.0}, {_time: 2026-01-01T00:01:00Z, _value: 2.0},
            {_time: 2026-01-01T00:02:00Z, _value: 2.5}]) |> holtWinters(n: 2, interval: 1m)
    """
    out: Tables = []
    for block in tables:
        _check(block, column, time_column)
        columns = {k: block.columns[k] for k in block.key} | {"_time": "time", "_value": "float"}
        if with_min_sse:
            columns["minSSE"] = "float"
        cells: dict[str, list[Any]] = {"_time": [], "_value": [], "minSSE": [], TABLE: []}
        for number, table in enumerate(block.slice_tables()):
            _check_span(run, table, time_column, interval, n)
            values, start, stop = clean(table, column, time_column, interval)
            fit = Fit(run, values, n, seasonality, with_fit)
            time = start if with_fit else add_duration(stop, interval)
            for _ in fit.values:
                cells["_time"].append(time)
                time = add_duration(time, interval)
            cells["_value"] += fit.values
            cells["minSSE"] += [fit.error] * len(fit.values)
            cells[TABLE] += [number] * len(fit.values)
        schema: dict[str, Any] = {"_time": pl.Int64(), "_value": pl.Float64(), "minSSE": pl.Float64(),
                                  TABLE: block.tables.dtype}  # fmt: skip
        rows = pl.DataFrame(cells, schema=schema).select(*(c for c in columns if c not in block.key), TABLE)
        out.append(Block(columns, block.key, block.keys, rows))
    return out


def _check(block: Block, column: str, time_column: str) -> None:
    if block.columns.get(time_column) != "time":
        raise FluxError("failed precondition", f"cannot find time column {time_column}")
    kind = block.columns.get(column)
    if kind is None:
        raise FluxError("failed precondition", f"cannot find column {column}")
    if kind not in ("float", "int", "uint"):
        raise FluxError("failed precondition", f"holtWinters can work only on numerical types, got {kind}")


def _check_span(run: Run, block: Block, time_column: str, interval: Duration, n: int) -> None:
    """FluxError where there are more intervals between the first and the last time, and to come, than a query may."""
    times = block.column(time_column)
    first, last = times.min(), times.max()
    if isinstance(first, int) and isinstance(last, int) and interval.ns > 0:
        check_growth(run, (last - first) // interval.ns + max(n, 0), 4, listed=True)


def clean(block: Block, column: str, time_column: str, interval: Duration) -> tuple[list[float | None], int, int]:
    """One value per interval of a single table, null where there is none; the first and the last time.

    It begins with the first value that is not null. FluxError for NaN and infinities, and for an interval of no length.
    """
    length = interval.ns
    if length <= 0:
        raise invalid("holtWinters: interval must be a positive length of time without months")
    values: list[float | None] = []
    start = stop = end = 0
    filled = False
    for time, value in zip(block.column(time_column).to_list(), block.column(column).to_list(), strict=True):
        if time is None or (not values and value is None):
            continue
        if value is not None and not math.isfinite(value):
            raise invalid("NaN/Inf in input")
        rest = time % length
        here = time - rest if 2 * rest < length else time + length - rest
        if not values:
            values.append(float(value or 0.0))
            start, end, filled = time, here, True
            continue
        if here <= end and filled:
            continue
        end += length
        while here > end:
            values.append(None)
            end += length
        values.append(None if value is None else float(value))
        stop = time
    return values, start, stop


class Fit:
    """The best weights for some values, and what they make of them.

    The parameters are the weights of level, trend and season and the damping, each from 0 to 1, the first level, the
    first trend, and a factor for each part of a season.
    """

    def __init__(self, run: Run, given: list[float | None], n: int, season: int, with_fit: bool) -> None:
        """`values` are the forecast (after the fit where that is asked for), `error` is the fit's squared error."""
        self.run = run
        self.given = given
        self.season = season if season >= 2 else 0
        self.values: list[float] = []
        self.error = 0.0
        if len(given) < 2 or len(given) < self.season or n <= 0:
            return
        beginning = self._beginning()
        best: tuple[float, list[float]] | None = None
        starts = [[a, b, c, d] for a in GUESSES for b in GUESSES for c in GUESSES for d in GUESSES]
        for weights in starts:
            found = minimize(self.squared_error, [*weights, *beginning], tolerance=1e-4, patience=100)
            if best is None or found[0] < best[0]:
                best = found
        assert best is not None
        self.error = best[0]
        self.values = self.forecast(best[1], n)[0 if with_fit else len(given) :]

    def _beginning(self) -> list[float]:
        """The first level, trend and factors to begin the search with."""
        given, m = self.given, self.season
        if not m:
            level = 0.5 * (given[0] or 0.0)
            return [level, 0.5 * (given[1] - (given[0] or 0.0)) if given[1] is not None else 0.0]
        level = sum((1 / m) * v for v in given[:m] if v is not None)
        pairs = [(a, b) for a, b in zip(given[:m], given[m : 2 * m], strict=False) if a is not None and b is not None]
        trend = sum(1 / (m * m) * (b - a) for a, b in pairs)
        factors = [1.0 if v is None else float_arithmetic("/", v, level) for v in given[:m]]
        return [level, trend, *factors]

    def squared_error(self, parameters: list[float]) -> float:
        """How far the fit is off."""
        self.run.check()
        fitted = self.forecast(parameters, 0)
        return sum((a - b) * (a - b) for a, b in zip(fitted, self.given, strict=True) if b is not None)

    def forecast(self, parameters: list[float], n: int) -> list[float]:
        """The fitted values and `n` more. Each value follows from the one before it, not from the one given."""
        alpha, beta, gamma, phi = (min(max(p, 0.0), 1.0) for p in parameters[:4])
        level, trend = parameters[4:6]
        factors, m = list(parameters[6:]), self.season
        value = self.given[0] or 0.0
        out = [value]
        damping, now, ahead = phi, 1.0, 1.0
        for t in range(1, len(self.given) + n):
            if m:
                now = factors[(2 * t - 2) % m]
                ahead = factors[(2 * t - 2 + t % m) % m]
            old, pull = level, level + phi * trend
            level = alpha * _ratio(value, now) + (1 - alpha) * pull
            season = gamma * _ratio(value, pull) + (1 - gamma) * now
            trend = beta * (level - old) + (1 - beta) * phi * trend
            value = (level + damping * trend) * ahead
            damping += phi**t
            if m:
                factors[(2 * t - 2) % m] = season
            out.append(value)
        return out


def _ratio(a: float, b: float) -> float:
    return a / b if b else float_arithmetic("/", a, b)
