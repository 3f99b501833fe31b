"""The type of a value as Flux writes types."""

from __future__ import annotations

from typing import Any

from influxlite.flux.values import Dict, type_name


def type_of(value: Any) -> str:
    """`{b: [int], a: string}` and the like; the first element tells for an array, `{}` for a record of none."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {type_of(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return f"[{type_of(value[0])}]" if value else "[]"
    if isinstance(value, Dict):
        return "[" + "".join(f"{type_of(k)}:{type_of(v)}" for k, v in list(value.entries.items())[:1]) + "]"
    return type_name(value)
