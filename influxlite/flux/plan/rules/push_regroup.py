"""`group` before what the database can do: it only puts rows into other tables.

Exact where it looks at neither `_time` nor `_value`: then all rows of a series go the same way, and fewer rows of each
(`influxlite.flux.plan.reductions`) make the same tables. It is run on frames, on the rows that came. `keep` and `drop`
are not taken: tables that they make one may hold values of two types, which is an error that must stay one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def push_regroup(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take a group by tags where nobody else reads the tables."""
    if not scan.open or id(step.parent()) in run.shared or not _harmless(step):
        return None
    return replace(scan, group=None, after=(step,))  # of groups that follow one another the last counts


def _harmless(step: Step) -> bool:
    columns = step.arguments.get("columns")
    return (
        step.name == "group"
        and step.arguments.get("mode", "by") == "by"
        and {"_time", "_value"}.isdisjoint(columns or ())
    )
