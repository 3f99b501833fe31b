"""Flux's text to its syntax tree: recursive descent, one method a production, the grammar above it (see `GRAMMAR.md`).

    parse(source)            a `File` without faults, or `SyntaxFault`
    parse_with_faults(…)     a `File` whatever is wrong with it, and what is
    parse_type(source)       a type expression: `(<-tables: stream[A], n: int) => stream[A] where A: Record`

The classes build on each other: stream (tokens) < literals < types < composites (brackets) < expressions < statements.
"""

from __future__ import annotations

from influxlite.flux import nodes, type_nodes
from influxlite.flux.parser.faults import Fault, faults, report
from influxlite.flux.parser.statements import Parser
from influxlite.flux.parser.stream import TOO_DEEP
from influxlite.flux.tokens import EOF

__all__ = ["TOO_DEEP", "Fault", "SyntaxFault", "parse", "parse_type", "parse_with_faults", "report"]


class SyntaxFault(Exception):  # noqa: N818 - the name says what it is: a program's fault, not ours
    """A program that is not Flux. `message` is what InfluxDB says (`error @1:30-1:43: expected RPAREN, got EOF`)."""

    def __init__(self, message: str, errors: list[Fault]) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors

    @classmethod
    def of(cls, errors: list[Fault]) -> SyntaxFault:
        """The fault that reports these errors."""
        return cls(report(errors), errors)


def parse_with_faults(source: str) -> tuple[nodes.File, list[Fault]]:
    """The program as far as it can be read, and all that is wrong with its syntax."""
    try:
        file = Parser(source).file()
    except RecursionError:  # called from so deep that the bounds on nesting did not hold it
        return nodes.File(nodes.NOWHERE, None, [], [], text=source), [Fault(nodes.SourceLocation(1, 1, 1, 1), TOO_DEEP)]
    return file, faults(file)


def parse(source: str) -> nodes.File:
    """The program, or `SyntaxFault` when anything is wrong with its syntax."""
    file, errors = parse_with_faults(source)
    if errors:
        raise SyntaxFault.of(errors)
    return file


def parse_type(source: str) -> type_nodes.TypeExpression:
    """A type expression, or `SyntaxFault`."""
    parser = Parser(source)
    expression = parser.type_expression()
    end = parser.expect(EOF)
    statement = nodes.BuiltinStatement(
        expression.location, nodes.Identifier(nodes.NOWHERE, "_"), expression, errors=parser.take_errors()
    )
    errors = faults(nodes.File(nodes.NOWHERE, None, [], [statement]))
    if errors or end.kind is not EOF:
        raise SyntaxFault.of(errors)
    return expression
