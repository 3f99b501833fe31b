"""One value for each table: an aggregate computed by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influxlite.flux.execute.block import TABLE, Block, Tables, key_order, with_columns
from influxlite.flux.plan.aggregates import PARTS, Aggregate
from influxlite.flux.plan.series_rows import by_tags, of_numbers, table_numbers
from influxlite.flux.plan.statement import InexactError, select
from influxlite.flux.vectors import DTYPES

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan
    from influxlite.flux.plan.steps import Step
    from influxlite.storage.series import Series


@dataclass(frozen=True, slots=True)
class Aggregated:
    """The answer of `step` for each table of a scan. Where values have a kind that it cannot take, frames say so."""

    step: Step
    aggregate: Aggregate

    def read(self, run: Run, scan: Scan) -> Tables:
        """The tables."""
        kinds = scan.by_kind(run)
        whole = scan.group is None and not scan.after
        alike = len({part.kind(kind) for part in self._parts() for kind in kinds}) <= 1 or len(kinds) == 1
        if all(kind in self.aggregate.sql for kind in kinds) and (whole or alike):
            try:
                return key_order(self._whole(run, scan, kinds) if whole else self._joined(run, scan, kinds))
            except InexactError:
                pass
        plain = replace(scan, shape=None)
        return run.apply(self.step, {**self.step.arguments, "tables": plain.read(run)})

    def _parts(self) -> list[Aggregate]:
        """The aggregates of each series out of which that of a group is made."""
        return [PARTS[name] for name in self.aggregate.parts]

    def sql(self, source: str, kind: str) -> str:
        """The SELECT for one kind of values."""
        return per_series(self.aggregate, source, kind)

    def _whole(self, run: Run, scan: Scan, kinds: dict[str, list[Series]]) -> Tables:
        """A value for each series."""
        out: Tables = []
        for kind, members in kinds.items():
            source = scan.source(run, kind, members, uses=self.aggregate.sql[kind])
            answers = self.aggregate.answers(run, self.sql(source.text, kind), source.parameters, most=len(members))
            for tags, group in by_tags(members, answers["series"].to_numpy()).items() if answers.height else ():
                out.append(_block(scan, tags, group, answers, self.aggregate.kind(kind)))
        return out

    def _joined(self, run: Run, scan: Scan, kinds: dict[str, list[Series]]) -> Tables:
        """A value for each table of several series, out of those of each series."""
        assert scan.bounds is not None
        parts = self._parts()
        blocks: list[Tables] = [[] for _ in parts]
        for kind, members in kinds.items():
            columns = ", ".join(f"{part.sql[kind]} AS p{i}" for i, part in enumerate(parts))
            source = scan.source(run, kind, members, uses=columns)
            sql = f"SELECT series, {scan.bounds[0]}::BIGINT AS time, {columns} FROM ({source.text}) GROUP BY series"  # noqa: S608
            answers = select(run, sql, source.parameters, expected=len(members))
            for i, part in enumerate(parts) if answers.height else ():
                points = pl.DataFrame([answers["series"], answers["time"], answers[f"p{i}"].alias("value")])
                blocks[i] += scan.blocks(part.kind(kind), members, points)
        if not blocks[0]:
            return []
        streams = []
        for tables in blocks:
            grouped = scan.arranged(run, scan.grouped(tables))
            streams.append([_total(block, block.columns["_value"]) for block in grouped])
        return streams[0] if len(streams) == 1 else [_ratio(a, b) for a, b in zip(*streams, strict=True)]


def per_series(aggregate: Aggregate, source: str, kind: str) -> str:
    """The SELECT of an aggregate for each series."""
    return f"SELECT series, {aggregate.sql[kind]} AS value FROM ({source}) GROUP BY series"  # noqa: S608


def _block(scan: Scan, tags: Sequence[str], group: Sequence[Series], answers: pl.DataFrame, kind: str) -> Block:
    keys = scan.keys(tags, group)
    numbers = table_numbers(group, answers["series"].to_numpy())
    order = np.argsort(numbers)[: len(group)]  # those of no table are the last
    values = answers["value"][order].cast(DTYPES[kind]).alias("_value")
    rows = pl.DataFrame([values, of_numbers(numbers[order]).alias(TABLE)])
    columns = {name: "time" if name in ("_start", "_stop") else "string" for name in keys.columns}
    return Block({**columns, "_value": kind}, tuple(keys.columns), keys, rows)


def _total(block: Block, kind: str) -> Block:
    """The sums of the tables of a block."""
    sums = block.rows.group_by(TABLE, maintain_order=True).agg(pl.col("_value").sum())
    columns = {k: block.columns[k] for k in block.key} | {"_value": kind}
    return Block(columns, block.key, block.keys, sums)


def _ratio(total: Block, count: Block) -> Block:
    """Averages out of totals and counts of the same tables."""
    means = total.rows["_value"].cast(pl.Float64()) / count.rows["_value"]
    rows = with_columns(total.rows, means.alias("_value"))
    return replace(total, columns={**total.columns, "_value": "float"}, rows=rows)
