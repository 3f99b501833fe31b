"""Names and values of tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import Tables, make_block
from influxlite.flux.plan.series_lookup import tag
from influxlite.flux.plan.statement import select

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
        if scan.residue:
            rows = _rows(run, scan)
            names = {name for row in rows for name, text in row.items() if text is not None}
            names -= {"_start", "_stop"} if rows else set()
        else:
            alive = living(run, scan)
            names = {name for series in alive for name, _ in series.tags} | (
                {"_measurement", "_field"} if alive else set()
            )
        return _table(["_start", "_stop", *sorted(names)]) if names else []


@dataclass(frozen=True, slots=True)
class TagValues:
    """The values of one tag, sorted, in one table."""

    tag: str
    sorted = False

    def read(self, run: Run, scan: Scan) -> Tables:
        """The table; none where no series has the tag."""
        if scan.residue:
            found = {row.get(self.tag) for row in _rows(run, scan)}
        else:
            found = {tag(series, self.tag) for series in living(run, scan)}
        values = sorted(text for text in found if text is not None)
        return _table(values) if values else []


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
            source = run.snapshot.points_sql(kind, [s.id for s in unsure], start, stop)
            found = select(run, f"SELECT DISTINCT series FROM ({source}) {where.text}", where.parameters)  # noqa: S608
            alive = set(found["series"].to_list())
            out += [s for s in unsure if s.id in alive]
    return out
