"""What is wrong with a program that was parsed: the errors in its nodes, in the order of the source."""

from __future__ import annotations

from typing import NamedTuple

from influxlite.flux import nodes
from influxlite.flux.parser.stream import TOO_DEEP

MAX_TREE_DEPTH = 180  # of nodes, counted from a package that holds the file, as in InfluxDB
MAX_MESSAGE = 50_000
MAX_REPORTED = 200  # faults in a message: a file in another language has one for each token
_NOT_LOOKED_INTO = frozenset({"TvarType", "NamedType"})


class Fault(NamedTuple):
    """One error and where it stands."""

    location: nodes.SourceLocation
    message: str

    def __str__(self) -> str:
        return f"error {self.location}: {self.message}"


def report(found: list[Fault]) -> str:
    """The message that lists these faults, as InfluxDB writes it; of very many, the first."""
    return "\n\n".join(str(fault) for fault in found[:MAX_REPORTED])[:MAX_MESSAGE]


def faults(file: nodes.File) -> list[Fault]:
    """All syntax errors of a file."""
    found: list[Fault] = []
    _visit(file, 2, found)
    return found


def _visit(node: nodes.Node, depth: int, found: list[Fault]) -> None:
    if depth > MAX_TREE_DEPTH:
        found.append(Fault(node.location, TOO_DEEP))
        return
    if node.errors:
        found.extend(Fault(node.location, message) for message in node.errors)
    if isinstance(node, nodes.BadStatement):
        found.append(Fault(node.location, f"invalid statement: {node.text}"))
    elif isinstance(node, nodes.BadExpression):
        if node.text:
            found.append(Fault(node.location, f"invalid expression: {node.text}"))
    elif isinstance(node, nodes.ObjectExpression):
        found.extend(_record_faults(node))
    for child in _children(node):
        _visit(child, depth + 1, found)


def _children(node: nodes.Node) -> list[nodes.Node]:
    if node.type in _NOT_LOOKED_INTO:
        return []
    if isinstance(node, nodes.TestCaseStatement):
        return [node.id, node.block]
    if isinstance(node, nodes.DictExpression):
        return [part for item in node.elements for part in (item.key, item.val)]
    return node.children()


def _record_faults(record: nodes.ObjectExpression) -> list[Fault]:
    found: list[Fault] = []
    sound = [item for item in record.properties if not item.errors]
    bare = [item for item in sound if item.value is None]
    for item in bare:
        if isinstance(item.key, nodes.StringLiteral):
            found.append(Fault(record.location, f"string literal key {item.key.value} must have a value"))
    if bare and len(bare) < len(sound):
        found.append(Fault(record.location, "cannot mix implicit and explicit properties"))
    return found
