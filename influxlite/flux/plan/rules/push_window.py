"""`aggregateWindow`: GROUP BY series and window.

Exact where windows follow each other without gaps (no period of its own), of one length or by the calendar and the
clock of a place, `fn` is one of the aggregates or selectors that the database has, and a row's time is its window's
start or end: then of a selector's row nothing is left but the value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from influxlite.flux.errors import FluxError
from influxlite.flux.functions import Function, Native
from influxlite.flux.plan.aggregates import PLAIN, Aggregate, aggregate_of
from influxlite.flux.plan.grid import Grid, grid_of
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.shapes.windowed import Windowed
from influxlite.flux.plan.steps import Step, Stream
from influxlite.flux.values import ZERO
from influxlite.flux.windows import Window

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

_PROBE = Native(list, "probe", "() => stream[A]", "transformation")
"""Stands for the tables of a window, to see what a function would do with them."""


def push_window(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take an aggregateWindow over each series."""
    if step.name != "aggregateWindow" or not scan.open or scan.group is not None or scan.after:
        return None
    arguments = step.arguments
    if arguments.get("column", "_value") != "_value" or arguments.get("timeDst", "_time") != "_time":
        return None
    grid = _grid(run, step, scan)
    aggregate = called(run, arguments["fn"]) if grid is not None else None
    if grid is None or aggregate is None:
        return None
    return replace(scan, shape=Windowed(step, aggregate, grid, arguments.get("createEmpty", True)))


def _grid(run: Run, step: Step, scan: Scan) -> Grid | None:
    """The windows, None where they are of another sort."""
    assert scan.bounds is not None
    arguments = step.arguments
    every, period, source = arguments["every"], arguments.get("period", ZERO), arguments.get("timeSrc", "_stop")
    if source not in ("_start", "_stop") or not (period.is_zero or period == every):
        return None
    try:
        window = Window(every, every, arguments.get("offset", ZERO), run.location(arguments.get("location")))
        return grid_of(window, scan.bounds, source == "_stop")
    except FluxError:
        return None


def plain_name(run: Run, fn: Function) -> str | None:
    """The name of the function of `universe` without arguments of its own that `fn` is or calls, None where none is."""
    if isinstance(fn, Native):
        return fn.name if fn.package == "universe" else None
    found = called(run, fn)
    return next((name for name, aggregate in PLAIN.items() if aggregate is found), None)


def called(run: Run, fn: Function) -> Aggregate | None:
    """The aggregate that a function makes of the tables piped into it, where it is that and nothing else."""
    probe = Step(_PROBE, {})
    effects = run.interpreter.side_effects
    before = len(effects)
    try:
        answer = run.call(fn, {fn.pipe_name(): Stream(probe), "column": "_value"})
    except FluxError:
        return None
    if len(effects) > before:
        del effects[before:]
        return None
    if not isinstance(answer, Stream) or answer.step.parent() is not probe:
        return None
    return aggregate_of(answer.step)
