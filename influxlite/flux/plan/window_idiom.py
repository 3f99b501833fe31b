"""`window |> count |> duplicate |> window(every: inf)`: what aggregateWindow was written as before there was one.

InfluxDB's planner makes one step of these four as of an aggregateWindow, which there is nothing but them; so here they
are taken for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from influxlite.flux.plan.steps import Step
from influxlite.flux.plan.storage_order import FOLDED
from influxlite.flux.values import INFINITE

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

USUAL: dict[str, Any] = {"timeColumn": "_time", "startColumn": "_start", "stopColumn": "_stop"}


def as_aggregate_window(run: Run, step: Step) -> Step | None:
    """The aggregateWindow that the steps up to this one amount to, None where they are something else."""
    joined, timed = step, _before(run, step)
    if not (_is(joined, "window") and _is(timed, "duplicate")) or timed is None or not _plain(joined):
        return None
    if joined.arguments.get("every") != INFINITE or set(joined.arguments) - {"tables", "every", "createEmpty", *USUAL}:
        return None
    source, folded = timed.arguments["column"], _before(run, timed)
    if joined.arguments.get("createEmpty") or timed.arguments["as"] != "_time" or source not in ("_start", "_stop"):
        return None
    cut = _before(run, folded) if folded is not None and folded.name in FOLDED and _is(folded, folded.name) else None
    if folded is None or cut is None or not _is(cut, "window") or not _plain(cut):
        return None
    given = {name: value for name, value in cut.arguments.items() if name not in USUAL}
    if given.get("every", INFINITE) == INFINITE:
        return None
    names = run.library.universe.names
    given |= {"fn": names[folded.name], "column": folded.arguments.get("column", "_value"), "timeSrc": source}
    given["createEmpty"] = cut.arguments.get("createEmpty", False)
    return Step(names["aggregateWindow"], given, step.location)


def _before(run: Run, step: Step) -> Step | None:
    """The step before, where no other reads it."""
    parent = step.parent()
    return parent if parent is not None and id(parent) not in run.shared else None


def _is(step: Step | None, name: str) -> bool:
    return step is not None and step.package == "universe" and step.name == name


def _plain(step: Step) -> bool:
    """Whether a window looks at and makes the usual columns."""
    return all(step.arguments.get(name, usual) == usual for name, usual in USUAL.items())
