"""aggregateWindow by the database: one value for each series and window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.execute.block import TABLE, Block, Tables, key_order
from influxlite.flux.plan.aggregates import FLUX_KINDS, Aggregate, OfRuns
from influxlite.flux.plan.grid import Grid
from influxlite.flux.plan.scan import columns_of
from influxlite.flux.plan.series_rows import NONE, by_tags, of_numbers, table_numbers
from influxlite.flux.plan.statement import InexactError, ManyError
from influxlite.flux.vectors import DTYPES, constant

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.steps import Step
    from influxlite.storage.series import Series


FIXED = ("_start", "_stop", "_field", "_measurement")


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
        number = self.grid.number
        value = self.aggregate.sql[kind]
        return f"SELECT series, {number} AS number, {value} AS value FROM ({source}) GROUP BY series, number"  # noqa: S608

    def _kind(self, run: Run, scan: Scan, kind: str, members: Sequence[Series]) -> Tables:
        if self.aggregate.of_runs is not None:
            try:
                points = replace(scan, shape=None, few=True).points(run, kind, members)
            except ManyError:
                pass
            else:
                return self._of_points(scan, kind, members, points, self.aggregate.of_runs)
        source = scan.source(run, kind, members, uses=self.sql("", kind))
        most = len(members) * self.grid.count
        answers = self.aggregate.answers(run, self.sql(source.text, kind), source.parameters, most=most)
        if not answers.height:
            return []
        shapes = by_tags(members, answers["series"].to_numpy())
        return [self._block(scan, tags, group, answers, kind) for tags, group in shapes.items()]

    def _of_points(
        self, scan: Scan, kind: str, members: Sequence[Series], points: pl.DataFrame, of_runs: OfRuns
    ) -> Tables:
        """The answers of few points: reading them costs half of what having the database group them does."""
        out: Tables = []
        for block in scan.blocks(FLUX_KINDS[kind], members, points) if points.height else ():
            place = block.tables.to_numpy().astype(np.int64) * self.grid.count
            place += self.grid.numbers(block.rows["_time"].to_numpy())
            starts = np.flatnonzero(np.diff(place, prepend=-1))
            values = pl.Series(of_runs(block.rows["_value"], starts), dtype=DTYPES[self.aggregate.kind(kind)])
            tags = [name for name in block.key if name not in FIXED]
            out.append(self._placed(scan, tags, block.keys, place[starts], values, kind))
        return out

    def _block(
        self, scan: Scan, tags: Sequence[str], group: Sequence[Series], answers: pl.DataFrame, kind: str
    ) -> Block:
        tables = table_numbers(group, answers["series"].to_numpy())
        values, numbers = answers["value"].cast(DTYPES[self.aggregate.kind(kind)]), answers["number"].to_numpy()
        if (tables == NONE).any():
            mine = np.flatnonzero(tables != NONE)
            values, numbers, tables = values[mine], numbers[mine], tables[mine]
        place = tables.astype(np.int64) * self.grid.count + numbers
        return self._placed(scan, tags, scan.keys(tags, group), place, values, kind)

    def _placed(
        self, scan: Scan, tags: Sequence[str], keys: pl.DataFrame, place: np.ndarray, values: pl.Series, kind: str
    ) -> Block:
        """The tables of some keys out of the answers and their places among all windows of all of them."""
        assert scan.bounds is not None
        result, n = self.aggregate.kind(kind), self.grid.count
        if self.create_empty and len(place) < keys.height * n:
            everywhere = constant(self.aggregate.empty, keys.height * n, DTYPES[result])
            values = _scatter(everywhere, pl.Series(place), values)
            place = np.arange(keys.height * n)
        elif (place[1:] < place[:-1]).any():
            order = np.argsort(place)
            place, values = place[order], values[order]
        tables = place // n
        times = pl.Series("_time", self.grid.times(place - tables * n, scan.bounds))
        rows = pl.DataFrame([values.alias("_value"), times, of_numbers(tables).alias(TABLE)])
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
