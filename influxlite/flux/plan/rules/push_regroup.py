"""`group`, `keep` and `drop` before what the database can do: they only put rows into other tables.

Exact where they look at neither `_time` nor `_value`: then all rows of a series go the same way, and fewer rows of each
(`influxlite.flux.plan.reductions`) make the same tables. They are run on frames, on the rows that came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def push_regroup(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take a group by tags, or a keep or drop by name that leaves `_value`, where nobody else reads the tables."""
    if not scan.open or id(step.parent()) in run.shared or not _harmless(step):
        return None
    return replace(scan, after=(*scan.after, step))


def _harmless(step: Step) -> bool:
    columns = step.arguments.get("columns")
    if step.name == "group":
        return step.arguments.get("mode", "by") == "by" and {"_time", "_value"}.isdisjoint(columns or ())
    if step.name not in ("keep", "drop") or columns is None or "fn" in step.arguments:
        return False
    return ("_value" in columns) == (step.name == "keep")
