"""Names and values of tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.functions import Closure
from influxlite.flux.plan.predicates import columns_of_row
from influxlite.flux.plan.series_lookup import tag
from influxlite.flux.plan.statement import select
from influxlite.storage.shards import whole_shards
from influxlite.storage.snapshot import MAX_NS, MIN_NS

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.scan import Scan
    from influxlite.storage.series import Series


@dataclass(frozen=True, slots=True)
class TagKeys:
    """The names of the tags, `_start`, `_stop`, `_field` and `_measurement` first, in one table."""

    sorted = False

    def read(self, run: Run, scan: Scan) -> Tables:
        """The table."""
        scan = as_far_as_told(scan, {"_field"})
        if scan.residue:
            rows = _rows(run, scan)
            names = {name for row in rows for name, text in row.items() if text is not None}
            names -= {"_start", "_stop"} if rows else set()
        else:
            alive = living(run, scan)
            names = {name for series in alive for name, _ in series.tags} | (
                {"_measurement", "_field"} if alive else set()
            )
        return _table(["_start", "_stop", *sorted(names)] if names else [])


@dataclass(frozen=True, slots=True)
class TagValues:
    """The values of one tag, sorted, in one table."""

    tag: str
    sorted = False

    def read(self, run: Run, scan: Scan) -> Tables:
        """The table."""
        if self.tag == "_measurement" and "_field" not in asked_columns(scan):
            scan = replace(scan, bounds=(MIN_NS, MAX_NS))
        else:
            exact = {"_field"} if self.tag != "_field" else asked_columns(scan) - {"_measurement"}
            scan = as_far_as_told(scan, exact)
        if scan.residue:
            found = {row.get(self.tag) for row in _rows(run, scan)}
        else:
            found = {tag(series, self.tag) for series in living(run, scan)}
        return _table(sorted(text for text in found if text is not None))


def as_far_as_told(scan: Scan, exact: set[str]) -> Scan:
    """The scan over the time that InfluxDB looks at: whole shards, unless a condition asks for a column of `exact`."""
    if scan.conditions or asked_columns(scan) & exact:
        return scan
    assert scan.bounds is not None
    return replace(scan, bounds=whole_shards(scan.bucket, *scan.bounds))


def asked_columns(scan: Scan) -> set[str]:
    """The columns that the conditions of a scan ask for."""
    parts = [(part, fn) for fn, part, _ in scan.choices]
    parts += [(fn.node.body, fn) for fn in scan.residue if isinstance(fn, Closure)]
    return {name for part, fn in parts for name in columns_of_row(part, fn.parameters[0].name)}


def _table(texts: list[str]) -> Tables:
    return [make_block({"_value": "string"}, (), pl.DataFrame({"_value": texts}, schema={"_value": pl.String()}))]


def _rows(run: Run, scan: Scan) -> list[dict[str, str | None]]:
    """The group keys of what a scan finds with a filter that is run on frames."""
    return [row for block in scan.rows(run) for row in block.keys.to_dicts()]


def living(run: Run, scan: Scan) -> list[Series]:
    """The series that have a point in the range; where the index knows the newest point, nothing is read."""
    assert scan.bounds is not None
    start, stop = scan.bounds
    out: list[Series] = []
    for kind, members in scan.by_kind(run).items():
        where = scan.where(kind)
        unsure: list[Series] = []
        points = run.storage.last_values([series.id for series in members])
        for series in members:
            newest = points.get(series.id)
            if newest is not None and newest[0] < start:
                continue
            if newest is not None and newest[0] < stop and not where.text:
                out.append(series)
            else:
                unsure.append(series)
        if unsure:
            source = run.snapshot.points_sql(kind, [s.id for s in unsure], start, stop, time="time" in where.text)
            found = select(run, f"SELECT DISTINCT series FROM ({source}) {where.text}", where.parameters)  # noqa: S608
            alive = set(found["series"].to_list())
            out += [s for s in unsure if s.id in alive]
    return out
