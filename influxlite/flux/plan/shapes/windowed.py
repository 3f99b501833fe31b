"""aggregateWindow by the database: one value for each series and window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import INDEX, TABLE, Block, Tables, key_order
from influxlite.flux.plan.aggregates import Aggregate
from influxlite.flux.plan.scan import InexactError, by_tags, columns_of, select, table_numbers
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.steps import Step
    from influxlite.storage.series import Series


@dataclass(frozen=True, slots=True)
class Grid:
    """Windows without gaps or overlaps: the i-th is `[base + i·every, base + (i + 1)·every)`, cut to the range."""

    base: int
    every: int
    count: int
    by_stop: bool
    """Whether a row's time is the end of its window, else its start."""

    def times(self, numbers: pl.Series, bounds: tuple[int, int]) -> pl.Series:
        """The times of the rows of some windows."""
        edges = (numbers + int(self.by_stop)) * self.every + self.base
        return edges.clip(*bounds)


@dataclass(frozen=True, slots=True)
class Windowed:
    """The answer of `step`, an aggregateWindow, for the series of a scan."""

    step: Step
    aggregate: Aggregate
    grid: Grid
    create_empty: bool

    def read(self, run: Run, scan: Scan) -> Tables:
        """The tables. Where values have a kind that the aggregate cannot take, frames say so."""
        kinds = scan.by_kind(run)
        if all(kind in self.aggregate.sql for kind in kinds):
            try:
                return key_order([block for kind, of in kinds.items() for block in self._kind(run, scan, kind, of)])
            except InexactError:
                pass
        plain = replace(scan, shape=None)
        return run.apply(self.step, {**self.step.arguments, "tables": plain.read(run)})

    def sql(self, source: str, kind: str) -> str:
        """The SELECT for one kind of values."""
        number = f"(time - {self.grid.base}) // {self.grid.every}"
        value = self.aggregate.sql[kind]
        by_place = "" if self.create_empty else " ORDER BY series, number"
        return f"SELECT series, {number} AS number, {value} AS value FROM ({source}) GROUP BY series, number{by_place}"  # noqa: S608

    def _kind(self, run: Run, scan: Scan, kind: str, members: Sequence[Series]) -> Tables:
        source = scan.source(run, kind, members)
        answers = select(run, self.sql(source.text, kind), source.parameters)
        if not answers.height:
            return []
        shapes = by_tags(members, answers["series"])
        return [self._block(scan, tags, group, answers, kind) for tags, group in shapes.items()]

    def _block(
        self, scan: Scan, tags: Sequence[str], group: Sequence[Series], answers: pl.DataFrame, kind: str
    ) -> Block:
        assert scan.bounds is not None
        result = self.aggregate.kind(kind)
        tables = table_numbers(group, answers["series"])
        if tables.null_count():
            mine = tables.is_not_null()
            answers, tables = answers.filter(mine), tables.filter(mine)
        n = self.grid.count
        place = tables.cast(pl.Int64()) * n + answers["number"]
        values = answers["value"].cast(DTYPES[result])
        if self.create_empty:
            everywhere = pl.Series([self.aggregate.empty], dtype=DTYPES[result]).new_from_index(0, len(group) * n)
            values = _scatter(everywhere, place, values)
            numbers = pl.int_range(0, n, dtype=pl.Int64(), eager=True)
            times = self.grid.times(numbers, scan.bounds)
            tables = pl.Series([0], dtype=INDEX).new_from_index(0, n)
            if len(group) > 1:
                place = pl.int_range(0, len(group) * n, dtype=pl.Int64(), eager=True)
                times, tables = times.gather(place % n), (place // n).cast(INDEX)
        else:
            times = self.grid.times(answers["number"], scan.bounds)
            if not place.is_sorted():
                order = place.arg_sort()
                times, values, tables = times.gather(order), values.gather(order), tables.gather(order)
        keys = scan.keys(tags, group)
        rows = pl.DataFrame([values.alias("_value"), times.alias("_time"), tables.alias(TABLE)])
        columns = columns_of(result, tags)
        if not self.aggregate.selects:
            columns = {k: columns[k] for k in keys.columns} | {"_value": result, "_time": "time"}
        return Block(columns, tuple(keys.columns), keys, rows)


def _scatter(everywhere: pl.Series, place: pl.Series, values: pl.Series) -> pl.Series:
    if everywhere.dtype == pl.String():
        at = pl.DataFrame({"place": place, "value": values})
        grid = pl.DataFrame({"place": pl.int_range(0, len(everywhere), dtype=pl.Int64(), eager=True)})
        return grid.join(at, on="place", how="left", maintain_order="left")["value"]
    return everywhere.scatter(place, values)
