"""Names and values of tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from influxlite.flux.execute.block import Tables, make_block
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
        names: set[str] = set()
        for tags in living_tags(run, scan):
            names.update(tags)
        if not names:
            return []
        return _table(["_start", "_stop", *sorted(names)])


@dataclass(frozen=True, slots=True)
class TagValues:
    """The values of one tag, sorted, in one table."""

    tag: str
    sorted = False

    def read(self, run: Run, scan: Scan) -> Tables:
        """The table; none where no series has the tag."""
        values = {tags[self.tag] for tags in living_tags(run, scan) if self.tag in tags}
        return _table(sorted(values)) if values else []


def _table(texts: list[str]) -> Tables:
    return [make_block({"_value": "string"}, (), pl.DataFrame({"_value": texts}, schema={"_value": pl.String()}))]


def living_tags(run: Run, scan: Scan) -> list[dict[str, str]]:
    """The tags, `_measurement` and `_field` among them, of each series that has a point in the range."""
    if scan.residue:
        return [
            {k: v for k, v in row.items() if k not in ("_start", "_stop") and v is not None}
            for block in scan.rows(run)
            for row in block.keys.to_dicts()
        ]
    return [{"_measurement": s.measurement, "_field": s.field, **dict(s.tags)} for s in living(run, scan)]


def living(run: Run, scan: Scan) -> list[Series]:
    """The series that have a point in the range; where the index knows the newest point, nothing is read."""
    assert scan.bounds is not None
    start, stop = scan.bounds
    out: list[Series] = []
    for kind, members in scan.by_kind(run).items():
        where = scan.where(kind)
        unsure: list[Series] = []
        for series in members:
            newest = run.storage.last_time(series.id)
            if newest is not None and newest < start:
                continue
            if newest is not None and newest < stop and not where.text:
                out.append(series)
            else:
                unsure.append(series)
        if unsure:
            source = run.snapshot.points_sql(kind, [s.id for s in unsure], start, stop)
            found = select(run, f"SELECT DISTINCT series FROM ({source}) {where.text}", where.parameters)  # noqa: S608
            alive = set(found["series"].to_list())
            out += [s for s in unsure if s.id in alive]
    return out
