"""`from |> range`: only the points of the range are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def push_range(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Set the bounds of a scan that has none yet."""
    standard = {"timeColumn", "startColumn", "stopColumn"}.isdisjoint(step.arguments)
    if step.name != "range" or scan.bounds is not None or not standard:
        return None
    bounds = run.bounds(step)
    assert bounds is not None
    return replace(scan, bounds=bounds)
