"""`distinct` and `unique`: the first row of each different value of each series is enough; of a tag, one row.

Exact for `_value` (which is never null here), and for columns that all rows of a series share.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.reductions import Different, Ends
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def push_distinct(run: Run, step: Step, scan: Scan) -> Scan | None:  # noqa: ARG001 - as all rules
    """Take a distinct or unique of any column but `_time`, over whole series, however they are grouped."""
    column = step.arguments.get("column", "_value")
    if not scan.open or step.name not in ("distinct", "unique") or column == "_time":
        return None
    shown = Ends(last=step.name == "distinct")  # distinct shows the column alone: the row that costs least will do
    reduction = Different() if column == "_value" else shown
    return replace(scan, reduction=reduction, after=(*scan.after, step))
