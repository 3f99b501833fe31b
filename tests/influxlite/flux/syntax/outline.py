"""Syntax trees in one line, to be read in a table: `a + f(x: 1)` is `(+ a (call f x: 1))`."""

import json
from collections.abc import Callable
from typing import Any

from influxlite.flux import nodes, type_nodes


def outline(node: nodes.Node | None) -> str:
    """The tree below a node in one line."""
    if node is None:
        return "()"
    write = _WRITERS.get(type(node))
    return write(node) if write else f"({' '.join([node.type, *map(outline, node.children())])})"


def _all(items: list[Any]) -> str:
    return " ".join(map(outline, items))


def _properties(items: list[nodes.Property]) -> str:
    return " ".join(outline(i.key) + (f": {outline(i.value)}" if i.value is not None else "") for i in items)


def _arguments(call: nodes.CallExpression) -> str:
    return "".join(f" {_properties(a.properties)}" for a in call.arguments if isinstance(a, nodes.ObjectExpression))


def _operation(node: Any) -> str:
    return f"({node.operator} {outline(node.left)} {outline(node.right)})"


def _parameter_type(node: type_nodes.ParameterType) -> str:
    mark = {"Required": "", "Optional": "?", "Pipe": "<-"}[node.kind]
    default = f" = {outline(node.default)}" if node.default else ""
    return f"{mark}{node.name.name if node.name else ''}: {outline(node.monotype)}{default}"


def _type_expression(node: type_nodes.TypeExpression) -> str:
    wheres = [f"{c.tvar.name}: {' + '.join(k.name for k in c.kinds)}" for c in node.constraints]
    return outline(node.monotype) + (f" where {', '.join(wheres)}" if wheres else "")


_WRITERS: dict[type, Callable[[Any], str]] = {
    nodes.File: lambda n: " ; ".join(map(outline, [*([n.package] if n.package else []), *n.imports, *n.body])),
    nodes.PackageClause: lambda n: f"(package {n.name.name})",
    nodes.ImportDeclaration: lambda n: f"(import {n.as_.name + ' ' if n.as_ else ''}{outline(n.path)})",
    nodes.ExpressionStatement: lambda n: outline(n.expression),
    nodes.VariableAssignment: lambda n: f"(= {n.id.name} {outline(n.init)})",
    nodes.MemberAssignment: lambda n: f"(= {outline(n.member)} {outline(n.init)})",
    nodes.OptionStatement: lambda n: f"(option {outline(n.assignment)})",
    nodes.ReturnStatement: lambda n: f"(return {outline(n.argument)})",
    nodes.BuiltinStatement: lambda n: f"(builtin {n.id.name} {outline(n.ty)})",
    nodes.Block: lambda n: f"{{{_all(n.body)}}}",
    nodes.Identifier: lambda n: n.name,
    nodes.StringLiteral: lambda n: json.dumps(n.value, ensure_ascii=False),
    nodes.IntegerLiteral: lambda n: str(n.value),
    nodes.FloatLiteral: lambda n: str(n.value),
    nodes.RegexpLiteral: lambda n: f"/{n.value}/",
    nodes.DateTimeLiteral: lambda n: n.value,
    nodes.DurationLiteral: lambda n: "".join(f"{v.magnitude}{v.unit}" for v in n.values),
    nodes.PipeLiteral: lambda _: "<-",
    nodes.LabelLiteral: lambda n: f".{n.value}",
    nodes.StringExpression: lambda n: f"(string {_all(n.parts)})",
    nodes.TextPart: lambda n: json.dumps(n.value, ensure_ascii=False),
    nodes.InterpolatedPart: lambda n: f"${{{outline(n.expression)}}}",
    nodes.BinaryExpression: _operation,
    nodes.LogicalExpression: _operation,
    nodes.UnaryExpression: lambda n: f"({n.operator} {outline(n.argument)})",
    nodes.ParenExpression: lambda n: f"(paren {outline(n.expression)})",
    nodes.MemberExpression: lambda n: f"(member {outline(n.object)} {outline(n.property)})",
    nodes.IndexExpression: lambda n: f"(index {outline(n.array)} {outline(n.index)})",
    nodes.CallExpression: lambda n: f"(call {outline(n.callee)}{_arguments(n)})",
    nodes.PipeExpression: lambda n: f"(|> {outline(n.argument)} {outline(n.call)})",
    nodes.ConditionalExpression: lambda n: f"(if {outline(n.test)} {outline(n.consequent)} {outline(n.alternate)})",
    nodes.ArrayExpression: lambda n: f"[{_all(n.elements)}]",
    nodes.DictExpression: lambda n: (
        "[" + (" ".join(f"{outline(i.key)}: {outline(i.val)}" for i in n.elements) or ":") + "]"
    ),
    nodes.ObjectExpression: lambda n: f"{{{n.with_.name + ' with ' if n.with_ else ''}{_properties(n.properties)}}}",
    nodes.FunctionExpression: lambda n: f"(fn ({_properties(n.params)}) {outline(n.body)})",
    type_nodes.TypeExpression: _type_expression,
    type_nodes.NamedType: lambda n: n.name.name,
    type_nodes.TvarType: lambda n: n.name.name,
    type_nodes.ArrayType: lambda n: f"[{outline(n.element)}]",
    type_nodes.StreamType: lambda n: f"stream[{outline(n.element)}]",
    type_nodes.VectorType: lambda n: f"vector[{outline(n.element)}]",
    type_nodes.DictType: lambda n: f"[{outline(n.key)}: {outline(n.val)}]",
    type_nodes.DynamicType: lambda _: "dynamic",
    type_nodes.LabelType: lambda n: f".{n.value}",
    type_nodes.RecordType: lambda n: f"{{{n.tvar.name + ' with ' if n.tvar else ''}{_all(n.properties)}}}",
    type_nodes.PropertyType: lambda n: f"{outline(n.name)}: {outline(n.monotype)}",
    type_nodes.FunctionType: lambda n: f"(({_all(n.parameters)}) => {outline(n.monotype)})",
    type_nodes.ParameterType: _parameter_type,
}
