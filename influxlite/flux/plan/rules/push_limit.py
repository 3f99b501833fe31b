"""`limit`, `tail`, and `sort` with `limit` (which `top` and `bottom` are): only so many rows of each series are sent.

Exact because sorting is stable: of the rows that a table shows, those of one series are the first of that series in the
same order, and of equal ones the earlier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.plan.reductions import Foremost
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

MOST_ROWS = 10_000
"""For more rows of each series the database's sorting costs more than it spares."""


def push_limit(run: Run, step: Step, scan: Scan) -> Scan | None:  # noqa: ARG001 - as all rules
    """Take a limit or tail of rows as they are."""
    rows = _rows(step)
    if rows is None or not scan.open:
        return None
    order = "time" if step.name == "limit" else "time DESC"
    return replace(scan, reduction=Foremost(rows, order), after=(*scan.after, step))


def push_sorted_limit(run: Run, step: Step, scan_of: Callable[[Step], Scan | None]) -> Scan | None:
    """Take a sort by values, times or what a series' rows share, and the limit right after it."""
    sort = step.parent()
    rows = _rows(step)
    if rows is None or step.name != "limit" or sort is None or (sort.name, sort.package) != ("sort", "universe"):
        return None
    source = sort.parent()
    scan = scan_of(source) if source is not None and id(sort) not in run.shared else None
    if scan is None or not scan.open:
        return None
    direction = " DESC" if sort.arguments.get("desc") else ""
    columns = {"_value": "value", "_time": "time"}
    by = [columns[c] + direction for c in sort.arguments.get("columns", ["_value"]) if c in columns]
    return replace(scan, reduction=Foremost(rows, ", ".join([*by, "time"])), after=(*scan.after, sort, step))


def _rows(step: Step) -> int | None:
    """How many rows of a series a limit or tail can show, None where it is none or shows too many."""
    if step.name not in ("limit", "tail"):
        return None
    n, offset = step.arguments["n"], step.arguments.get("offset", 0)
    return n + offset if n >= 0 and offset >= 0 and 0 < n + offset <= MOST_ROWS else None
