"""What can go wrong with a Flux script, as InfluxDB names it.

FluxError               code "invalid" unless told otherwise
├── CancelledError      the client left, or a limit of the query was reached
├── SchemaCollision     columns of one name and different kinds in what should be one table
├── ReadError           groups of the storage that cannot be read
├── OperandsError       an operator between values of types that it does not take
└── NullError           a null where InfluxDB's own function fails on one
"""

from __future__ import annotations

from typing import Any

CALLED_INVALID = frozenset(
    {
        "aborted",
        "already exists",
        "cancelled",
        "failed precondition",
        "out of range",
        "resource exhausted",
        "unimplemented",
    }
)
"""Codes of Flux that InfluxDB's HTTP API calls "invalid"."""


class FluxError(Exception):
    """A script that cannot be compiled, planned or run.

    `code` is one of InfluxDB's own words ("invalid", "not found", "internal error", "unauthorized",
    "unprocessable entity" …), `message` is what InfluxDB would say. `placed`: the message says already where in the
    script it happened, or InfluxDB does not say it.
    """

    def __init__(self, code: str, message: str, *, placed: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.placed = placed

    @property
    def answer_code(self) -> str:
        """The code as InfluxDB's HTTP API words it, which knows fewer than Flux."""
        return "invalid" if self.code in CALLED_INVALID else self.code


class CancelledError(FluxError):
    """The query was stopped from outside or ran into one of its limits (`influxlite.flux.limits`)."""


class SchemaCollision(FluxError):  # noqa: N818 - so it is called there
    """Tables that should become one do not fit; `parts` are these tables, where they may stay apart."""

    def __init__(self, message: str, *, placed: bool = False) -> None:
        super().__init__("failed precondition", message, placed=placed)
        self.parts: list[Any] | None = None


class ReadError(FluxError):
    """What the storage finds when the tables of a group are read: InfluxDB says so where they are read."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid", message)


class OperandsError(FluxError):
    """An operator between types that it does not take: `operands` are the names of the types, a literal's first."""

    def __init__(self, operator: str, left: str, right: str) -> None:
        super().__init__("invalid", f"unsupported binary expression {left} {operator} {right}")
        self.operator = operator
        self.operands = (left, right)


class ConditionError(FluxError):
    """A condition of a type that is not bool: `kind` is its name."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__("invalid", f"{message}; expected boolean")
        self.kind = kind


class NullError(FluxError):
    """A null was given to a function of InfluxDB that does not expect one and panics; code "internal error"."""

    def __init__(self, argument: str) -> None:
        super().__init__("internal error", f"panic: argument {argument} is null")


def invalid(message: str) -> FluxError:
    """The most common of errors: what was asked makes no sense."""
    return FluxError("invalid", message)
