"""Fewer points that are enough: for each series those that the steps after can still choose, out of one SELECT.

A selector over tables that hold whole series gives the same row when it sees only the row that it would choose in each
series, whatever groups the series are put into. So the database sends a row or two for each series, and the step itself
is run on frames as if all had come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.statement import select

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.storage.series import Series

NUMERIC = ("float", "integer", "unsigned")
HOUR = 3_600_000_000_000


class Reduction:
    """Chooses points; `sql` makes columns series, time, value out of a sub-query with the same columns."""

    __slots__ = ()

    def sql(self, source: str, kind: str) -> str:
        """The text of the SELECT."""
        raise NotImplementedError

    def points(self, run: Run, scan: Scan, kind: str, members: Sequence[Series]) -> pl.DataFrame:
        """The chosen points of some series of one kind."""
        source = scan.source(run, kind, members)
        text = self.sql(source.text, kind)
        parameters = source.parameters * self.sql("\0", kind).count("\0")
        return select(run, text, parameters, expected=self.most(len(members)))

    def most(self, series: int) -> int:
        """A guess how many points of so many series are chosen."""
        return 2 * series


@dataclass(frozen=True, slots=True)
class Extremes(Reduction):
    """The first point of the smallest value, of the greatest, or both; for kinds that have none, any point."""

    low: bool = False
    high: bool = False

    def sql(self, source: str, kind: str) -> str:
        """See `Reduction`."""
        if kind not in NUMERIC:
            return f"SELECT series, min(time) AS time, arg_min(value, time) AS value FROM ({source}) GROUP BY series"  # noqa: S608
        ends = [f"SELECT series, {f}(value) AS value FROM ({source}) GROUP BY series" for f in self._functions()]  # noqa: S608
        return (
            f"SELECT series, min(time) AS time, value FROM ({source}) JOIN ({' UNION '.join(ends)})"  # noqa: S608
            " USING (series, value) GROUP BY series, value"
        )

    def _functions(self) -> list[str]:
        return ["min"] * self.low + ["max"] * self.high


@dataclass(frozen=True, slots=True)
class Ends(Reduction):
    """The first or last point in time. The last is known in memory where nothing newer than the range was written."""

    last: bool

    def sql(self, source: str, kind: str) -> str:  # noqa: ARG002 - all kinds alike
        """See `Reduction`."""
        f = "max" if self.last else "min"
        return f"SELECT series, {f}(time) AS time, arg_{f}(value, time) AS value FROM ({source}) GROUP BY series"  # noqa: S608

    def points(self, run: Run, scan: Scan, kind: str, members: Sequence[Series]) -> pl.DataFrame:
        """See `Reduction`: from memory, else by looking at ever longer spans from that end of the range."""
        assert scan.bounds is not None
        start, stop = scan.bounds
        known, unsure = self._remembered(run, scan, kind, members)
        frames = [known] if known is not None else []
        length = max(HOUR, (stop - start) // 256)
        while unsure and start < stop:
            span = (max(start, stop - length), stop) if self.last else (start, min(stop, start + length))
            source = scan.source(run, kind, unsure, span)
            found = select(run, self.sql(source.text, kind), source.parameters)
            frames.append(found)
            seen = set(found["series"].to_list())
            unsure = [s for s in unsure if s.id not in seen]
            start, stop = (start, span[0]) if self.last else (span[1], stop)
            length *= 8
        return pl.concat(frames) if frames else _none(kind)

    def _remembered(
        self, run: Run, scan: Scan, kind: str, members: Sequence[Series]
    ) -> tuple[pl.DataFrame | None, list[Series]]:
        """The points that memory knows, and the series that must be read."""
        assert scan.bounds is not None
        start, stop = scan.bounds
        newest = run.storage.last_values([s.id for s in members])
        ids, times, values, unsure = [], [], [], []
        conditions = bool(scan.where(kind).text)
        for series in members:
            point = newest.get(series.id)
            if point is not None and point[0] < start:
                continue
            if point is None or not self.last or point[0] >= stop or conditions:
                unsure.append(series)
            else:
                ids.append(series.id)
                times.append(point[0])
                values.append(point[1])
        if not ids:
            return None, unsure
        series = pl.Series("series", ids, dtype=pl.UInt32())
        return pl.DataFrame([series, pl.Series("time", times, dtype=pl.Int64()), _values(values, kind)]), unsure


@dataclass(frozen=True, slots=True)
class Different(Reduction):
    """The first point of each different value."""

    def sql(self, source: str, kind: str) -> str:
        """See `Reduction`. Of 0 and -0, which are one value, the first in time is shown."""
        shown = "arg_min(value, time) AS value" if kind == "float" else "value"
        return f"SELECT series, min(time) AS time, {shown} FROM ({source}) GROUP BY series, value"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Foremost(Reduction):
    """The first `n` points in an order; of equal ones the earlier comes first."""

    n: int
    order: str

    def most(self, series: int) -> int:
        """See `Reduction`."""
        return self.n * series

    def sql(self, source: str, kind: str) -> str:
        """See `Reduction`. Floats are fetched after the choice: carried through it, DuckDB may make 0 of -0."""
        chosen = f"FROM ({source}) QUALIFY row_number() OVER (PARTITION BY series ORDER BY {self.order}) <= {self.n}"
        if kind != "float":
            return f"SELECT series, time, value {chosen}"
        places = f"SELECT series, time {chosen}"
        return f"SELECT series, time, value FROM ({source}) SEMI JOIN ({places}) USING (series, time)"  # noqa: S608


TYPES = {
    "float": pl.Float64(),
    "integer": pl.Int64(),
    "unsigned": pl.UInt64(),
    "boolean": pl.Boolean(),
    "string": pl.String(),
}


def _values(values: list[object], kind: str) -> pl.Series:
    return pl.Series("value", values, dtype=TYPES[kind])


def _none(kind: str) -> pl.DataFrame:
    return pl.DataFrame(schema={"series": pl.UInt32(), "time": pl.Int64(), "value": TYPES[kind]})
