"""display: any value as text, to be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from influxlite.flux.conversions import long_time_text, short_float_text, to_text
from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Dict, Dynamic, is_null, type_name


@function("(v: A) => string")
def display(v: Any) -> str:
    """`v` as Flux writes it for people: also arrays, records, dictionaries and nulls.

    array.from(rows: [{_value: display(v: {a: 1, b: [1.5, 2.0]})}])
    """
    return displayed(v, 0)


def displayed(value: Any, depth: int) -> str:
    """The text of a value that stands `depth` levels inside others."""
    if isinstance(value, Dynamic):
        return f"dynamic({displayed(value.inner, depth)})"
    if is_null(value):
        return "<null>"
    if hasattr(value, "as_record"):
        value = value.as_record()
    if isinstance(value, list):
        return _several((displayed(v, depth + 1) for v in value), len(value), "[]", depth, ",")
    if isinstance(value, Dict):
        pairs = (f"{displayed(k, depth + 1)}: {displayed(v, depth + 1)}" for k, v in sorted(value.entries.items()))
        return _several(pairs, len(value.entries), "[]", depth, ", ") if value.entries else "[:]"
    if isinstance(value, dict):
        properties = (f"{name}: {displayed(value[name], depth + 1)}" for name in sorted(value))
        return _several(properties, len(value), "{}", depth, ",")
    return _plain(value)


def _plain(value: Any) -> str:
    kind = type_name(value)
    if kind == "bytes":
        return "0x" + value.hex()
    if kind == "float":
        return short_float_text(value)
    if kind == "time":
        return long_time_text(value)
    if kind == "function":
        return getattr(value, "signature", "<function>")
    return "<stream>" if kind == "stream" else to_text(value)


def _several(parts: Iterable[str], count: int, braces: str, depth: int, separator: str) -> str:
    """More than three parts take a line each."""
    if count <= 3:
        return braces[0] + ", ".join(parts) + braces[1]
    line = "\n" + "    " * (depth + 1)
    return braces[0] + line + (separator + line).join(parts) + "\n" + "    " * depth + braces[1]
