"""Conditions on series as Python functions of a series, for the forms that nearly all queries use.

A comparison of one column with a constant by `==`, `!=`, `=~`, `!~`, `exists`, what looks at no column, and such ones
joined by `and` and `or`, mean the same here as in Flux: a series that lacks the tag matches no comparison. All else is
left to the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError
from influxlite.flux.functions import Closure
from influxlite.flux.plan.predicates import column_of, mentions
from influxlite.flux.plan.series_lookup import tag
from influxlite.flux.values import Regexp

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run
    from influxlite.storage.series import Series

Choice = Callable[["Series"], bool]


def choice(run: Run, node: nodes.Node, row: str, fn: Closure, in_storage: bool) -> Choice | None:
    """The condition as a Python function, None where it has another form.

    Where InfluxDB's storage decides it (`in_storage`), a tag that a series lacks is an empty text.
    """
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if isinstance(node, nodes.LogicalExpression):
        left, right = (choice(run, side, row, fn, in_storage) for side in (node.left, node.right))
        if left is None or right is None:
            return None
        if node.operator == "and":
            return lambda s: left(s) and right(s)
        return lambda s: left(s) or right(s)
    if not mentions(node, row):
        answer = _constant(run, node, row, fn)
        return (lambda _: answer) if isinstance(answer, bool) else None
    if isinstance(node, nodes.UnaryExpression) and node.operator == "exists":
        there = column_of(node.argument, row)
        return None if there is None else lambda s: tag(s, there) is not None
    if not isinstance(node, nodes.BinaryExpression) or node.operator not in ("==", "!=", "=~", "!~"):
        return None
    column = column_of(node.left, row)
    if column is None:
        return None
    constant = _constant(run, node.right, row, fn)
    if node.operator in ("==", "!="):
        wanted = node.operator == "=="
        return _equal(column, constant, wanted, in_storage) if isinstance(constant, str) else None
    return _matching(column, constant, node.operator == "=~", in_storage) if isinstance(constant, Regexp) else None


def texts_wanted(run: Run, node: nodes.Node, row: str, fn: Closure) -> tuple[str, list[str]] | None:
    """The column and its texts that a condition asks for, where it is `==` with a text or such ones joined by `or`."""
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if isinstance(node, nodes.LogicalExpression) and node.operator == "or":
        left, right = texts_wanted(run, node.left, row, fn), texts_wanted(run, node.right, row, fn)
        if left is None or right is None or left[0] != right[0]:
            return None
        return left[0], left[1] + right[1]
    if not isinstance(node, nodes.BinaryExpression) or node.operator != "==":
        return None
    column = column_of(node.left, row)
    constant = _constant(run, node.right, row, fn) if column is not None else None
    return (column, [constant]) if column is not None and isinstance(constant, str) else None


def _constant(run: Run, node: nodes.Node, row: str, fn: Closure) -> object:
    """The value of an expression that looks at no row, None where it does or fails."""
    if mentions(node, row):
        return None
    try:
        return run.interpreter.evaluate(node, fn.scope)
    except FluxError:
        return None


def _equal(column: str, text: str, wanted: bool, in_storage: bool) -> Choice:
    if column == "_measurement":
        return lambda s: (s.measurement == text) is wanted
    if column == "_field":
        return lambda s: (s.field == text) is wanted
    if wanted:
        pair = (column, text)
        return lambda s: pair in s.tags
    if in_storage:
        return lambda s: (tag(s, column) or "") != text
    return lambda s: (found := tag(s, column)) is not None and found != text


def _matching(column: str, pattern: Regexp, wanted: bool, in_storage: bool) -> Choice:
    known: dict[str | None, bool] = {None: in_storage and pattern.matches("") is wanted}

    def matches(series: Series) -> bool:
        text = tag(series, column)
        answer = known.get(text)
        if answer is None:
            answer = known[text] = pattern.matches(text) is wanted  # type: ignore[arg-type]
        return answer

    return matches
