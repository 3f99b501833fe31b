"""debug.null: a null of a type."""

from __future__ import annotations

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Null

TYPES = ("string", "bytes", "int", "uint", "float", "bool", "time", "duration", "regexp")


@function("(?type: string) => A where A: Basic")
def null(type: str | None = None) -> Null | None:  # noqa: A002 - Flux's name
    """A null of a type; without one a null that has none.

    import "internal/debug"
    array.from(rows: [{a: 1, b: debug.null(type: "float")}])
    """
    if type is None:
        return None
    if type not in TYPES:
        raise invalid(f"Invalid null type `{type}`")
    return Null(type)
