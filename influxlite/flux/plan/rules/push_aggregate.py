"""`mean`, `sum`, `count`, `spread`, `stddev`, exact `quantile`: computed by the database, one value for each series.

Exact for `_value` alone (see `influxlite.flux.plan.aggregates`). Of several series in one table sum, count and mean are
made out of sums and counts of each, where all values are of one kind; others read the points.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.aggregates import aggregate_of
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.shapes.aggregated import Aggregated
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def push_aggregate(run: Run, step: Step, scan: Scan) -> Scan | None:  # noqa: ARG001 - as all rules
    """Take an aggregate of `_value`, over each series or, where it can be put together, over groups of them."""
    found = aggregate_of(step) if scan.open else None
    if found is None or found.selects:
        return None
    alone = scan.group is None and not scan.after
    return replace(scan, shape=Aggregated(step, found)) if alone or found.parts else None
