"""`group |> first` and `group |> last`: InfluxDB's storage takes the row of the first or last time of a group.

Without this the first row of a group would be that of its first series.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.reductions import Ends
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.shapes.group_end import GroupEnd
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def hold_group_end(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take `first` or `last` of `_value` right after a group that the storage does."""
    if step.name not in ("first", "last") or scan.group is None or scan.shape is not None or scan.after:
        return None
    if step.arguments.get("column", "_value") != "_value" or id(step.parent()) in run.shared:
        return None
    return replace(scan, shape=GroupEnd(step.name == "last"))


def push_group_end(run: Run, step: Step, scan: Scan) -> Scan | None:
    """The same, reading of each series only the row that may be chosen."""
    held = hold_group_end(run, step, scan)
    return None if held is None else replace(held, reduction=Ends(step.name == "last"))
