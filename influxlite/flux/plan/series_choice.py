"""Conditions on series as Python functions of a series, for the forms that nearly all queries use.

A comparison of one column with a constant by `==`, `!=`, `=~`, `!~`, and such comparisons joined by `and` and `or`,
mean the same here as in Flux: a series that lacks the tag never matches. All else is left to the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError
from influxlite.flux.functions import Closure
from influxlite.flux.plan.predicates import column_of, mentions
from influxlite.flux.values import Regexp

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.storage.series import Series

Choice = Callable[["Series"], bool]


def choice(run: Run, node: nodes.Node, row: str, fn: Closure) -> Choice | None:
    """The condition as a Python function, None where it has another form."""
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if isinstance(node, nodes.LogicalExpression):
        left, right = choice(run, node.left, row, fn), choice(run, node.right, row, fn)
        if left is None or right is None:
            return None
        if node.operator == "and":
            return lambda s: left(s) and right(s)
        return lambda s: left(s) or right(s)
    if not isinstance(node, nodes.BinaryExpression) or node.operator not in ("==", "!=", "=~", "!~"):
        return None
    column = column_of(node.left, row)
    if column is None or mentions(node.right, row):
        return None
    try:
        constant = run.interpreter.evaluate(node.right, fn.scope)
    except FluxError:
        return None
    if node.operator in ("==", "!="):
        return _equal(column, constant, node.operator == "==") if isinstance(constant, str) else None
    return _matching(column, constant, node.operator == "=~") if isinstance(constant, Regexp) else None


def _equal(column: str, text: str, wanted: bool) -> Choice:
    if column == "_measurement":
        return lambda s: (s.measurement == text) is wanted
    if column == "_field":
        return lambda s: (s.field == text) is wanted
    if wanted:
        pair = (column, text)
        return lambda s: pair in s.tags
    return lambda s: (found := tag(s, column)) is not None and found != text


def _matching(column: str, pattern: Regexp, wanted: bool) -> Choice:
    known: dict[str | None, bool] = {None: False}

    def matches(series: Series) -> bool:
        text = tag(series, column)
        answer = known.get(text)
        if answer is None:
            answer = known[text] = pattern.matches(text) is wanted  # type: ignore[arg-type]
        return answer

    return matches


def tag(series: Series, column: str) -> str | None:
    """What all rows of a series hold in a column, None where they lack it."""
    if column == "_measurement":
        return series.measurement
    if column == "_field":
        return series.field
    for name, text in series.tags:
        if name == column:
            return text
    return None
