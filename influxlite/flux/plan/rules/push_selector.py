"""`min`, `max`, `first`, `last`: the database sends the row of each series that they could choose.

Exact for `_value`, of which no row is null: of the rows of a table, which are those of one series after those of
another, a selector chooses the first of the best, and that is the first of the best of its series. `last` needs no
reading where the index knows the newest point.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.reductions import Ends, Extremes
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

REDUCTIONS = {
    "min": Extremes(low=True),
    "max": Extremes(high=True),
    "first": Ends(last=False),
    "last": Ends(last=True),
}


def push_selector(run: Run, step: Step, scan: Scan) -> Scan | None:  # noqa: ARG001 - as all rules
    """Take a selector of `_value` over whole series, however they are grouped."""
    if not scan.open or step.name not in REDUCTIONS or step.arguments.get("column", "_value") != "_value":
        return None
    return replace(scan, reduction=REDUCTIONS[step.name], after=(*scan.after, step))
