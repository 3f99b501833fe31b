"""types.isType, isNumeric: of what type a value is."""

from __future__ import annotations

from typing import Any

from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.registry import flux, function
from influxlite.flux.values import type_name
from influxlite.flux.vectors import Vec

BASIC = ("string", "bytes", "int", "uint", "float", "bool", "time", "duration", "regexp")


@function("(v: A, type: string) => bool where A: Basic")
def is_type(v: Any, type: str) -> bool:  # noqa: A002 - Flux's name
    """Whether `v`, which may be a null of a type, is of a basic type.

    import "types"
    array.from(rows: [{a: types.isType(v: 1, type: "int")}])
    """
    refuse_nulls(type=type)
    return type in BASIC and type_name(v) == type


@is_type.columns
def is_type_columns(v: Any, type: Any) -> Any:  # noqa: A002
    """A column has one type."""
    if not isinstance(v, Vec) or v.kind == "object" or not isinstance(type, str):
        return NotImplemented
    return type in BASIC and v.kind == type


is_numeric = flux(
    "(v: A) => bool where A: Basic",
    """(v) => isType(v: v, type: "int") or isType(v: v, type: "uint") or isType(v: v, type: "float")""",
    """Whether `v` is an int, a uint or a float.

    import "types"
    array.from(rows: [{a: types.isNumeric(v: 1)}])
    """,
)
