"""Whether an error says where in the script the call stands, as InfluxDB's does.

There each step is told of rows by messages. An error while it handles one gets the step's place; but some steps hand on
rows without saying that a table is complete, and the step after such tables, where it is one that takes whole tables,
looks at them when all is over, and an error of that moment gets no place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.functions import Closure
from influxlite.flux.whole_columns import runs_on_columns

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.flux.plan.steps import Step

INCOMPLETE = frozenset({"group", "map", "timeShift"})
"""Functions of `universe` that make new keys and do not say when a table is complete."""
HANDED_THROUGH = frozenset({"cumulativeSum", "derivative", "filter", "limit", "movingAverage", "stateTracking"})
"""Those that say it where they were told."""


def place_of_error(run: Run, step: Step) -> str:
    """What InfluxDB puts before the words of an error of a step; empty where it puts nothing there."""
    ours = step.name if step.package == "universe" else ""
    if ours == "aggregateWindow" and run.is_one_step(step):
        return "runtime error: "  # the planner makes it of several steps, which stand nowhere
    if ours not in INCOMPLETE | HANDED_THROUGH and _is_incomplete(run, step.parent()):
        return ""
    return f"runtime error {step.location}: {step.called}: "


def place_of_reader(run: Run, step: Step) -> str:
    """What InfluxDB puts before the words of an error of the storage that a step finds as it reads; None of its own
    where the storage does the step, and for a yield, which reads nothing."""
    if step.package == "universe" and (step.name in ("group", "yield") or run.reads_storage(step)):
        return ""
    fn = step.arguments.get("fn") if (step.package, step.name) == ("universe", "map") else None
    if isinstance(fn, Closure) and runs_on_columns(fn.node):
        return "runtime error: "  # the planner puts another step in the place of this one
    return place_of_error(run, step) or f"runtime error {step.location}: {step.called}: "


def _is_incomplete(run: Run, step: Step | None) -> bool:
    """Whether a step hands on tables without saying when they are complete."""
    while step is not None and step.package == "universe" and step.name in HANDED_THROUGH:
        step = step.parent()
    if step is None or step.package != "universe" or step.name not in INCOMPLETE:
        return False
    scan = run.planner.scan_of(step)
    return scan is None or scan.group is None or not scan.like_storage
