"""What the functions of this package say of nulls."""

from __future__ import annotations

from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.stdlib.universe.display import displayed
from influxlite.flux.values import is_null, type_name

KINDS = {"r": "regexp", "v": "string", "t": "string", "i": "int"}


def refuse(**arguments: Any) -> None:
    """FluxError in InfluxDB's words, which list all arguments, where one of them is null."""
    if not any(map(is_null, arguments.values())):
        return
    told = [f"argument {name} of type {_kind(name, v)} value {_text(v)}" for name, v in arguments.items()]
    listed = " and ".join(told) if len(told) < 3 else f"{', '.join(told[:-1])}, and {told[-1]}"
    raise invalid(f"cannot execute function containing {listed}")


def _kind(name: str, value: Any) -> str:
    return KINDS[name] if value is None else type_name(value)


def _text(value: Any) -> str:
    return "<nil>" if is_null(value) else displayed(value, 0)
