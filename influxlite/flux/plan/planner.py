"""Which steps the database does itself.

A chain `from |> range |> filter |> …` is a `Scan`; each rule of `RULES` lets a scan swallow one more step of its kind.
The first step that no rule takes, and all after it, run on frames (`influxlite.flux.execute`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from influxlite.flux.execute.writing import check_target
from influxlite.flux.plan.rules import CHAIN_RULES, NEEDED_CHAIN_RULES, NEEDED_RULES, RULES
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step
from influxlite.flux.values import Duration
from influxlite.flux.windows import shifted

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

Bounds = tuple[int, int]
EMPTY: Bounds = (0, 0)


class Planner:
    """Plans the steps of one run, each once."""

    def __init__(self, run: Run, pushdown: bool) -> None:
        self.run = run
        self.rules = RULES if pushdown else NEEDED_RULES
        self.chain_rules = CHAIN_RULES if pushdown else NEEDED_CHAIN_RULES
        self._scans: dict[int, tuple[Step, Scan | None]] = {}
        self._bounds: dict[int, tuple[Step, Bounds | None]] = {}

    def scan_of(self, step: Step) -> Scan | None:
        """The scan that makes the tables of `step`, None where the database cannot."""
        known = self._scans.get(id(step))
        if known is not None:
            return known[1]
        scan = self._scan(step)
        self._scans[id(step)] = (step, scan)
        return scan

    def _scan(self, step: Step) -> Scan | None:
        if step.name == "from" and step.package == "influxdata/influxdb":
            return Scan.of_bucket(self.run, step)
        parent = step.parent()
        if parent is None or step.package not in PLANNED:
            return None
        for chain_rule in self.chain_rules:
            whole = chain_rule(self.run, step, self.scan_of)
            if whole is not None:
                return whole
        while (
            step.name == "group" == parent.name and parent.package == "universe" and id(parent) not in self.run.shared
        ):
            before = parent.parent()  # of groups that follow one another the last counts
            if before is None:
                break
            parent = before
        below = self.scan_of(parent)
        if below is None:
            return None
        for rule in self.rules:
            grown = rule(self.run, step, below)
            if grown is not None:
                return grown
        return None

    def forget(self) -> None:
        """Plan anew: which steps are read by several is known by now."""
        self._scans.clear()

    def check(self, step: Step, seen: set[int]) -> None:
        """FluxError where a bucket is read without bounds, does not exist, or may not be read or written."""
        if id(step) in seen:
            return
        seen.add(id(step))
        scan = self.scan_of(step)
        if scan is not None:
            scan.check()
            return
        check_target(self.run, step)
        for parent in step.parents():
            self.check(parent, seen)

    def bounds(self, step: Step) -> Bounds | None:
        """The range that the tables of a step lie in, None where `range` was never called."""
        known = self._bounds.get(id(step))
        if known is None:
            known = self._bounds[id(step)] = (step, self._find_bounds(step))
        return known[1]

    def remember_bounds(self, step: Step, bounds: Bounds | None) -> None:
        """Give a step bounds that its arguments do not tell."""
        self._bounds[id(step)] = (step, bounds)

    def collation(self, step: Step) -> tuple[str, ...] | None:
        """The columns by which a step's tables are known to be sorted, None where nothing is known."""
        scan = self.scan_of(step)
        if scan is not None and scan.like_storage and not scan.after:
            return ("_time",) if scan.sorted and id(step) not in self.run.shared else None
        if step.name == "sort" and step.package == "universe" and not step.arguments.get("desc"):
            return tuple(step.arguments.get("columns", ["_value"]))
        parent = step.parent()
        if step.name in SORTED_AFTER and parent is not None:
            return self.collation(parent)
        return None

    def _find_bounds(self, step: Step) -> Bounds | None:
        found: Bounds | None = None
        for parent in step.parents():
            other = self.bounds(parent)
            if other is not None:
                found = other if found is None else _union(found, other)
        if step.name == "range" and step.package == "universe":
            own = time_range(self.run, step)
            return own if found is None else _intersection(found, own)
        if step.name == "timeShift" and found is not None:
            shift = step.arguments["duration"]
            if isinstance(shift, Duration):
                return shifted(found[0], shift), shifted(found[1], shift)
        return found


SORTED_AFTER = frozenset({"filter", "range", "limit", "map", "yield"})
"""Steps that leave rows in their order, and of which InfluxDB's planner knows it."""

PLANNED = frozenset({"universe"})
"""The packages whose steps rules look at."""


def time_range(run: Run, step: Step) -> Bounds:
    """The bounds that a call of `range` names; FluxError where they hold nothing."""
    from influxlite.flux.execute.run import run_time_range

    return run_time_range(run, step.arguments["start"], step.arguments.get("stop"))


def _union(a: Bounds, b: Bounds) -> Bounds:
    if a[0] >= a[1] or b[0] >= b[1]:
        return EMPTY
    return min(a[0], b[0]), max(a[1], b[1])


def _intersection(a: Bounds, b: Bounds) -> Bounds:
    start, stop = max(a[0], b[0]), min(a[1], b[1])
    return (start, stop) if start < stop else EMPTY
