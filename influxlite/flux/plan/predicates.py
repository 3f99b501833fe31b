"""Conditions of a filter: which can be decided by looking at the series alone, and which can be asked in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from influxlite.flux import nodes
from influxlite.flux.errors import FluxError, OperandsError
from influxlite.flux.functions import Closure
from influxlite.flux.operators import COMPARE, NUMBERS, comparable
from influxlite.flux.values import Regexp, Time, type_name

if TYPE_CHECKING:
    from influxlite.flux.execute.run import Run

ROW_COLUMNS = frozenset({"_value", "_time", "_start", "_stop"})
Condition = Callable[[str], "Sql"]
"""Given the kind of a column `_value`, the condition in SQL."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL over columns `time` and `value`, and the parameters for its question marks."""

    text: str
    parameters: tuple[Any, ...] = ()


def conjuncts(node: nodes.Expression) -> Iterator[nodes.Expression]:
    """The parts of a condition that `and` joins."""
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if isinstance(node, nodes.LogicalExpression) and node.operator == "and":
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    else:
        yield node


def column_of(node: nodes.Node, row: str) -> str | None:
    """The column that `r.name` or `r["name"]` names, None for anything else."""
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if (
        isinstance(node, nodes.MemberExpression)
        and isinstance(node.object, nodes.Identifier)
        and node.object.name == row
    ):
        prop = node.property
        return prop.value if isinstance(prop, nodes.StringLiteral) else prop.name
    return None


def of_series(node: nodes.Node, row: str) -> bool:
    """Whether a condition looks at nothing of a row but what all rows of a series share."""
    if isinstance(node, nodes.Identifier):
        return node.name != row
    column = column_of(node, row)
    if column is not None:
        return column not in ROW_COLUMNS
    return all(of_series(child, row) for child in _expressions(node))


def _expressions(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.children():
        if isinstance(node, nodes.MemberExpression) and child is node.property:
            continue
        if isinstance(node, nodes.Property) and child is node.key:
            continue
        yield child


def columns_of_row(node: nodes.Node, row: str) -> set[str]:
    """The columns that a condition asks of the row."""
    column = column_of(node, row)
    if column is not None:
        return {column}
    return {name for child in _expressions(node) for name in columns_of_row(child, row)}


def mentions(node: nodes.Node, row: str) -> bool:
    """Whether a condition looks at the row at all."""
    if isinstance(node, nodes.Identifier):
        return node.name == row
    return any(mentions(child, row) for child in _expressions(node))


def storage_takes(run: Run, node: nodes.Node, row: str, fn: Closure) -> bool:
    """Whether InfluxDB hands a condition to its storage: columns against constants, `==`, `!=`, `=~`, `!~`, `exists`.

    Values may also be compared by order; times may not.
    """
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if isinstance(node, nodes.Identifier) and node.name == "true":
        return True
    if isinstance(node, nodes.LogicalExpression):
        return storage_takes(run, node.left, row, fn) and storage_takes(run, node.right, row, fn)
    if isinstance(node, nodes.UnaryExpression):
        if node.operator == "exists":
            return column_of(node.argument, row) not in (None, "_value")
        inner = node.argument
        while isinstance(inner, nodes.ParenExpression):
            inner = inner.expression
        double = node.operator == "not" and isinstance(inner, nodes.UnaryExpression)
        return double and storage_takes(run, inner, row, fn)
    if not isinstance(node, nodes.BinaryExpression):
        return False
    column = column_of(node.left, row)
    if column is None or not _is_constant(run, node.right, row, fn):
        return False
    if column == "_value":
        return node.operator in (*COMPARE, "=~", "!~")
    empty = node.operator == "==" and run.interpreter.evaluate(node.right, fn.scope) == ""
    return not empty and node.operator in ("==", "!=", "=~", "!~")


LITERALS = (nodes.StringLiteral, nodes.IntegerLiteral, nodes.BooleanLiteral, nodes.FloatLiteral, nodes.RegexpLiteral)


def _is_constant(run: Run, node: nodes.Node, row: str, fn: Closure) -> bool:
    """A literal, or a name or property whose value could be written as one."""
    if isinstance(node, LITERALS):
        return True
    if not isinstance(node, (nodes.Identifier, nodes.MemberExpression)) or mentions(node, row):
        return False
    try:
        value = run.interpreter.evaluate(node, fn.scope)
    except FluxError:
        return False
    return isinstance(value, (str, bool, float, Regexp)) or type(value) is int


def value_condition(run: Run, node: nodes.Node, row: str, fn: Closure, *, strict: bool) -> Condition | None:
    """A condition on `_value` or `_time` as SQL, None where SQL does not mean quite the same.

    Where types differ nothing matches, as in InfluxDB's storage; with `strict` that is an error, as in Flux.
    """
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    if isinstance(node, nodes.LogicalExpression):
        left = value_condition(run, node.left, row, fn, strict=strict)
        right = value_condition(run, node.right, row, fn, strict=strict)
        if left is None or right is None:
            return None
        return _joined(node.operator, left, right)
    if isinstance(node, nodes.UnaryExpression) and node.operator == "exists":
        return (lambda _: Sql("true")) if column_of(node.argument, row) in ROW_COLUMNS else None
    if not isinstance(node, nodes.BinaryExpression):
        return None
    column, operator, other = column_of(node.left, row), node.operator, node.right
    if column is None:
        column, operator, other = column_of(node.right, row), FLIPPED.get(node.operator, ""), node.left
    if column not in ("_value", "_time") or mentions(other, row) or operator not in (*COMPARE, "=~", "!~"):
        return None
    try:
        constant = run.interpreter.evaluate(other, fn.scope)
    except FluxError:
        return None
    if column == "_time":
        return _time_condition(operator, constant)
    return lambda kind: _value_sql(operator, kind, constant, strict)


FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SQL = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _joined(operator: str, left: Condition, right: Condition) -> Condition:
    def joined(kind: str) -> Sql:
        a, b = left(kind), right(kind)
        return Sql(f"({a.text} {operator.upper()} {b.text})", (*a.parameters, *b.parameters))

    return joined


def _time_condition(operator: str, constant: Any) -> Condition | None:
    if not isinstance(constant, Time) or operator not in _SQL:
        return None
    return lambda _: Sql(f"time {_SQL[operator]} {int(constant)}")


def _value_sql(operator: str, kind: str, constant: Any, strict: bool) -> Sql:
    other = type_name(constant)
    if strict and operator in COMPARE and not comparable(operator, kind, other):
        raise OperandsError(operator, kind, other)
    if strict and operator not in COMPARE and (kind, other) != ("string", "regexp"):
        raise OperandsError(operator, kind, other)
    if operator in ("=~", "!~"):
        if kind != "string" or not isinstance(constant, Regexp):
            return Sql("false")
        text = "regexp_matches(value, ?)"
        return Sql(text if operator == "=~" else f"NOT {text}", (constant.source,))
    if not strict and (kind == "uint" or (kind == "string" and operator not in ("==", "!="))):
        return Sql("false")  # so InfluxDB's storage decides it
    if kind in NUMBERS and other in NUMBERS:
        return _number_sql(operator, kind, constant, other)
    if kind != other or (kind == "bool" and operator not in ("==", "!=")):
        return Sql("false")
    return Sql(f"value {_SQL[operator]} ?", (constant,))


def _number_sql(operator: str, kind: str, constant: Any, other: str) -> Sql:
    if other == "float" and constant != constant:
        return Sql("true" if operator == "!=" else "false")
    cast = "::DOUBLE" if kind == "float" or other == "float" else "::HUGEINT"
    text = f"value{'' if kind == 'float' else cast} {_SQL[operator]} {_literal(constant, other)}{cast}"
    if kind == "float":  # DuckDB, unlike IEEE 754, calls NaN equal to itself and greater than all
        text = f"({text} OR isnan(value))" if operator == "!=" else f"({text} AND NOT isnan(value))"
    return Sql(text)


def _literal(constant: Any, kind: str) -> str:
    if kind != "float":
        return f"({int(constant)})"
    if constant in (float("inf"), float("-inf")):
        return f"('{constant}')"
    return f"({constant!r})"
