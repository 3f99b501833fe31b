"""`group |> count`: InfluxDB's storage counts the points of each series, so that they need not be of one kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.shapes.group_count import GroupCount
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def hold_group_count(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take `count` of `_value` right after a group that the storage does; the points are counted on frames."""
    if step.name != "count" or scan.group is None or scan.shape is not None or scan.after:
        return None
    if step.arguments.get("column", "_value") != "_value" or id(step.parent()) in run.shared:
        return None
    return replace(scan, shape=GroupCount(step))
