"""`group`: InfluxDB's storage groups by tags, and then `_start` and `_stop` stay in the group key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def push_group(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take a group by columns other than `_time` and `_value` that stands right after what the storage does."""
    columns = step.arguments.get("columns", [])
    grouped = replace(scan, group=None)  # of groups that follow one another the last counts, as in InfluxDB
    if step.name != "group" or scan.bounds is None or not grouped.raw or not scan.like_storage:
        return None
    if (
        step.arguments.get("mode", "by") != "by"
        or {"_time", "_value"} & set(columns)
        or id(step.parent()) in run.shared
    ):
        return None
    return replace(scan, group=tuple(dict.fromkeys(columns)))
