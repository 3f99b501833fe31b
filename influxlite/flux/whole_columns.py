"""Which functions InfluxDB runs on whole columns, as its compiler decides, and what differs when it does.

Such a function has one parameter, `r`, and gives a record whose values are made of `r`'s properties, literals,
operators, `if` and `float(v:)` alone. In it both sides of `and`, `or` and `if` are always computed, nulls are unknown
truths rather than false, and the columns of `{r with …}` keep their order.
"""

from __future__ import annotations

from influxlite.flux import nodes

LITERALS = (nodes.IntegerLiteral, nodes.FloatLiteral, nodes.StringLiteral, nodes.DateTimeLiteral, nodes.BooleanLiteral)
OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">="})
ROW = "r"


def runs_on_columns(function: nodes.FunctionExpression) -> bool:
    """Whether InfluxDB computes this function of a row for all rows at once."""
    parameters = function.params
    key = parameters[0].key if len(parameters) == 1 else None
    if not isinstance(key, nodes.Identifier) or key.name != ROW:
        return False
    body = _answer(function.body)
    if not isinstance(body, nodes.ObjectExpression):
        return False
    if body.with_ is not None and body.with_.name != ROW:
        return False
    return all(p.value is not None and _computable(p.value) for p in body.properties)


def extends_row(function: nodes.FunctionExpression) -> bool:
    """Whether the answer is `{r with …}`."""
    body = _answer(function.body)
    return isinstance(body, nodes.ObjectExpression) and body.with_ is not None


def _answer(body: nodes.Node) -> nodes.Node | None:
    if isinstance(body, nodes.Block):
        (only, *more) = body.body
        return _bare(only.argument) if not more and isinstance(only, nodes.ReturnStatement) else None
    return _bare(body)


def _bare(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.ParenExpression):
        node = node.expression
    return node


def _computable(node: nodes.Node) -> bool:
    node = _bare(node)
    if isinstance(node, nodes.Identifier):
        return node.name in ("true", "false")
    if isinstance(node, nodes.MemberExpression):
        row = _bare(node.object)
        return isinstance(row, nodes.Identifier) and row.name == ROW
    if isinstance(node, nodes.UnaryExpression):
        return _computable(node.argument)
    if isinstance(node, nodes.BinaryExpression):
        return node.operator in OPERATORS and _computable(node.left) and _computable(node.right)
    if isinstance(node, nodes.LogicalExpression):
        return _computable(node.left) and _computable(node.right)
    if isinstance(node, nodes.ConditionalExpression):
        return _computable(node.test) and _computable(node.consequent) and _computable(node.alternate)
    if isinstance(node, nodes.CallExpression):
        return _is_float(node)
    return isinstance(node, LITERALS)


def _is_float(call: nodes.CallExpression) -> bool:
    """Whether it is `float(v: …)` of something computable, the one call there is."""
    if not isinstance(call.callee, nodes.Identifier) or call.callee.name != "float" or len(call.arguments) != 1:
        return False
    (given,) = call.arguments
    properties = given.properties if isinstance(given, nodes.ObjectExpression) else []
    if len(properties) != 1 or properties[0].value is None:
        return False
    key = properties[0].key
    return isinstance(key, nodes.Identifier) and key.name == "v" and _computable(properties[0].value)
