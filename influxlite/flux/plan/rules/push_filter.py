"""`filter`: conditions on tags, measurement and field choose series in memory; those on values and times go to SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from influxlite.flux import nodes
from influxlite.flux.functions import Closure
from influxlite.flux.plan.predicates import Condition, column_of, conjuncts, of_series, storage_takes, value_condition
from influxlite.flux.plan.scan import Scan
from influxlite.flux.plan.steps import Step, Stream

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run


def _function(step: Step, scan: Scan) -> tuple[Closure, nodes.Expression] | None:
    """The filter's function and its body, None where the step is no filter that a scan could take."""
    if step.name != "filter" or scan.bounds is None or not scan.raw or step.arguments.get("onEmpty", "drop") != "drop":
        return None
    fn = step.arguments["fn"]
    if not isinstance(fn, Closure) or isinstance(fn.node.body, nodes.Block) or len(fn.parameters) != 1:
        return None
    return fn, fn.node.body


def _taken(
    run: Run, step: Step, scan: Scan, fn: Closure, body: nodes.Expression
) -> list[tuple[nodes.Expression, bool]]:
    """The parts of a filter that `and` joins, each with whether InfluxDB would push it."""
    row = fn.parameters[0].name
    open_to_all = scan.like_storage and id(step.parent()) not in run.shared
    return [(part, open_to_all and storage_takes(run, part, row, fn)) for part in conjuncts(body)]


def _judges(node: nodes.Node, row: str) -> bool:
    """Whether what `and`, `or` and `not` join are conditions, not columns alone: those have other types, mostly."""
    while isinstance(node, (nodes.ParenExpression, nodes.UnaryExpression)):
        if isinstance(node, nodes.UnaryExpression) and node.operator != "not":
            return True
        node = node.expression if isinstance(node, nodes.ParenExpression) else node.argument
    if isinstance(node, nodes.LogicalExpression):
        return _judges(node.left, row) and _judges(node.right, row)
    return column_of(node, row) is None


def push_filter(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Take a filter whose conditions, joined by `and`, can each be decided by series or in SQL."""
    found = _function(step, scan)
    if found is None:
        return None
    fn, body = found
    row = fn.parameters[0].name
    if not _judges(body, row):
        return hold_filter(run, step, scan)
    choices: list[tuple[Closure, nodes.Node, bool]] = []
    conditions: list[Condition] = []
    parts = _taken(run, step, scan, fn, body)
    for part, taken in parts:
        if of_series(part, row):
            choices.append((fn, part, taken))
            continue
        condition = value_condition(run, part, row, fn, strict=not taken)
        if condition is None:
            return hold_filter(run, step, scan)
        conditions.append(condition)
    return replace(
        scan,
        choices=(*scan.choices, *choices),
        conditions=(*scan.conditions, *conditions),
        like_storage=all(taken for _, taken in parts),
    )


def hold_filter(run: Run, step: Step, scan: Scan) -> Scan | None:
    """Where pushdown is off: a filter that InfluxDB's storage would do is kept with the scan, and done on frames."""
    found = _function(step, scan)
    if found is None or not all(taken for _, taken in _taken(run, step, scan, *found)):
        return None
    return replace(scan, residue=(*scan.residue, found[0]))


def split_filter(run: Run, step: Step) -> Step:
    """A filter that InfluxDB would push in part as two: what its storage decides, and the rest; others as they are."""
    parent = step.parent()
    scan = run.planner.scan_of(parent) if parent is not None and step.package == "universe" else None
    found = _function(step, scan) if scan is not None else None
    if scan is None or found is None:
        return step
    fn, body = found
    parts = _taken(run, step, scan, fn, body)
    pushed, left = ([part for part, taken in parts if taken is wanted] for wanted in (True, False))
    if not pushed or not left:
        return step
    below = Step(step.function, {**step.arguments, "fn": _joined(fn, pushed)}, step.location, step.called)
    given = {**step.arguments, "fn": _joined(fn, left), "tables": Stream(below)}
    return Step(step.function, given, step.location, step.called)


def _joined(fn: Closure, parts: Sequence[nodes.Expression]) -> Closure:
    """The function that asks for some of the conditions of another."""
    body = reduce(lambda left, right: nodes.LogicalExpression(left.location, "and", left, right), parts)
    return Closure(replace(fn.node, body=body), fn.parameters, fn.scope)
