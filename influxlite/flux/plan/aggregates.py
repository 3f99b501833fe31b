"""Aggregates that DuckDB computes as Flux does: for each kind of value their SQL, and what makes one of several parts.

Exact means: the same value as on frames, floats to the last digits (the order of a sum is nobody's promise). Line
protocol has no NaN and no infinities, so comparisons are those of numbers; where DuckDB finds a result out of range
(`InexactError`), frames compute it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influxlite.flux.execute.block import with_columns
from influxlite.flux.execute.tdigest import DEFAULT_COMPRESSION, quantile_of
from influxlite.flux.plan.statement import select
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

WRAP = "((({0} + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616)"
INT64 = f"({WRAP} - 9223372036854775808)::BIGINT"
UINT64 = "({0} % 18446744073709551616)::UBIGINT"
NUMBERS = ("float", "integer", "unsigned")
ALL = (*NUMBERS, "boolean", "string")
OfRuns = Callable[[pl.Series, np.ndarray], np.ndarray | pl.Series]
FLUX_KINDS = {"float": "float", "integer": "int", "unsigned": "uint", "boolean": "bool", "string": "string"}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate with its arguments."""

    sql: dict[str, str]
    """For each kind of value that it takes, its SQL over the column `value`."""
    result: str | None = None
    """The Flux kind of its answer, None for that of the values."""
    empty: object = None
    """Its answer for no rows."""
    selects: bool = False
    """Whether it gives a row rather than a value: then its table keeps all columns."""
    fold: Callable[[np.ndarray], float] | None = None
    """Makes the answer of the list of values that the SQL then gives, in any order."""
    of_runs: OfRuns | None = None
    """Makes the answers of points that were read: of their values, and where each run of a window's values starts.

    The same as the SQL makes of them; values are in the order of time. None where only SQL does it.
    """
    parts: tuple[str, ...] = ()
    """The sums (of `PARTS`) over several series that make the answer: the one, or the first divided by the second."""

    def kind(self, stored: str) -> str:
        """The Flux kind of the answer for values of a stored kind."""
        return self.result or FLUX_KINDS[stored]

    def answers(self, run: Run, sql: str, parameters: Sequence[Any], *, most: int) -> pl.DataFrame:
        """What a SELECT of its SQL as `value` gives, at most so many rows, with the answers as `value`."""
        if self.fold is None:
            return select(run, sql, parameters, expected=most)
        frame = select(run, sql, parameters, expected=None)
        lists = frame["value"].rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        values, ends = lists.values.to_numpy(), lists.offsets.to_numpy()
        folded = [self.fold(values[start:end]) for start, end in pairwise(ends.tolist())]
        return with_columns(frame, pl.Series("value", folded, dtype=pl.Float64()))


def _numbers(sql: str) -> dict[str, str]:
    return dict.fromkeys(NUMBERS, sql)


def _wrapped(sql: str) -> dict[str, str]:
    """Integers wrap round at 64 bits, as in Go."""
    return {"float": sql, "integer": INT64.format(sql), "unsigned": UINT64.format(sql)}


def _counts(values: pl.Series, starts: np.ndarray) -> np.ndarray:
    return np.diff(starts, append=len(values))


def _sums(values: pl.Series, starts: np.ndarray) -> np.ndarray:
    """Floats are added one by one, as InfluxDB does; integers wrap round."""
    if values.dtype != pl.Float64():
        return np.add.reduceat(values.to_numpy(), starts)
    return np.bincount(_runs(values, starts), weights=values.to_numpy())


def _means(values: pl.Series, starts: np.ndarray) -> np.ndarray:
    return _sums(values.cast(pl.Float64()), starts) / _counts(values, starts)


def _runs(values: pl.Series, starts: np.ndarray) -> np.ndarray:
    """The number of the run of each value."""
    return np.repeat(np.arange(len(starts)), _counts(values, starts))


def _extremes(ufunc: np.ufunc) -> OfRuns:
    def chosen(values: pl.Series, starts: np.ndarray) -> np.ndarray:
        """The first of the best values of each run: of 0 and -0, which are equal, the one that came first."""
        cells, runs = values.to_numpy(), _runs(values, starts)
        hits = np.flatnonzero(cells == ufunc.reduceat(cells, starts)[runs])
        return cells[hits[np.diff(runs[hits], prepend=-1) > 0]]

    return chosen


def _firsts(values: pl.Series, starts: np.ndarray) -> pl.Series:
    return values[starts]


def _lasts(values: pl.Series, starts: np.ndarray) -> pl.Series:
    return values[np.append(starts[1:], len(values)) - 1]


SUM = Aggregate(_wrapped("sum(value)"), of_runs=_sums, parts=("sum",))
COUNT = Aggregate(dict.fromkeys(ALL, "count(*)"), "int", 0, of_runs=_counts, parts=("count",))
MEAN = Aggregate(_numbers("avg(value::DOUBLE)"), "float", of_runs=_means, parts=("total", "count"))
SPREAD = Aggregate(
    {
        "float": "max(value) - min(value)",
        "integer": INT64.format("(max(value)::HUGEINT - min(value)::HUGEINT)"),
        "unsigned": "max(value) - min(value)",
    }
)
_LONELY = "CASE WHEN count(*) = 1 THEN 'nan'::DOUBLE ELSE stddev_samp(value::DOUBLE) END"
STDDEV = {
    "sample": Aggregate(_numbers(_LONELY), "float"),
    "population": Aggregate(_numbers("stddev_pop(value::DOUBLE)"), "float"),
}
MIN = Aggregate(_numbers("min(value)"), selects=True, of_runs=_extremes(np.minimum))
MAX = Aggregate(_numbers("max(value)"), selects=True, of_runs=_extremes(np.maximum))
FIRST = Aggregate(dict.fromkeys(ALL, "arg_min(value, time)"), selects=True, of_runs=_firsts)
LAST = Aggregate(dict.fromkeys(ALL, "arg_max(value, time)"), selects=True, of_runs=_lasts)
PARTS = {"sum": SUM, "count": COUNT, "total": Aggregate(_numbers("sum(value::DOUBLE)"), "float")}
"""What answers for several series are made of; all of them are added up."""
PLAIN = {
    "sum": SUM,
    "count": COUNT,
    "mean": MEAN,
    "spread": SPREAD,
    "min": MIN,
    "max": MAX,
    "first": FIRST,
    "last": LAST,
}


def aggregate_of(step: Step) -> Aggregate | None:
    """The aggregate that a call over `_value` makes, None where the database has none that is exact."""
    arguments = {k: v for k, v in step.arguments.items() if k not in ("tables", "column")}
    if step.package != "universe" or step.arguments.get("column", "_value") != "_value":
        return None
    if step.name == "stddev":
        return STDDEV.get(arguments.get("mode", "sample"))
    if step.name == "quantile":
        return _quantile(arguments)
    return PLAIN.get(step.name) if not arguments else None


def _quantile(arguments: dict[str, object]) -> Aggregate | None:
    q, method = arguments.get("q"), arguments.get("method", "estimate_tdigest")
    compression = arguments.get("compression", 0.0)
    if not isinstance(q, float) or not 0 <= q <= 1 or not isinstance(compression, float):
        return None
    if method == "exact_mean" and not compression:
        return Aggregate({"float": f"quantile_cont(value, {q!r})"}, "float")
    if method == "estimate_tdigest" and compression >= 0:
        fold = partial(quantile_of, compression=compression or DEFAULT_COMPRESSION, q=q)
        return Aggregate(_numbers("list(value::DOUBLE)"), "float", fold=fold)
    return None
