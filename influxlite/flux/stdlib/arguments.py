"""Arguments that must not be null, or must be records."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import NullError, invalid
from influxlite.flux.values import is_null, type_name
from influxlite.flux.vectors import Vec


def has_null(value: Any) -> bool:
    """Whether a value is null, or a column holds a null."""
    if isinstance(value, Vec):
        return any(map(is_null, value.series)) if value.kind == "object" else bool(value.series.null_count())
    return is_null(value)


def refuse_nulls(**arguments: Any) -> None:
    """NullError where one of the arguments, given by their names, is null or a column that holds a null."""
    for name, value in arguments.items():
        if has_null(value):
            raise NullError(name.rstrip("_"))


def require_records(**arguments: Any) -> None:
    """FluxError where one of the arguments, given by their names, is a null in place of a record."""
    for name, value in arguments.items():
        if is_null(value):
            raise invalid(f'keyword argument "{name}" should be of kind object, but got {type_name(value)}')
