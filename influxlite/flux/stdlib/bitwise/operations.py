"""bitwise.sand, sor, sxor, snot, sclear, slshift, srshift, and with u: bits of integers with and without sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.arguments import refuse_nulls
from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.values import wrap_int, wrap_uint
from influxlite.flux.vectors import DTYPES, Vec

Two = Callable[[Any, Any], Any]


def _shift(a: int, b: int, call: Callable[[int, int], int]) -> int:
    if b < 0:
        raise FluxError("internal error", "panic: negative shift amount")
    return call(a, min(b, 64))


_TABLE: dict[str, tuple[Two, str, bool]] = {
    "and": (lambda a, b: a & b, "The bits that are set in both", True),
    "or": (lambda a, b: a | b, "The bits that are set in either", True),
    "xor": (lambda a, b: a ^ b, "The bits that are set in one alone", True),
    "clear": (lambda a, b: a & ~b, "The bits of a that are not set in b", True),
    "lshift": (lambda a, b: _shift(a, b, lambda x, n: x << n), "a moved by b bits to the left", False),
    "rshift": (lambda a, b: _shift(a, b, lambda x, n: x >> n), "a moved by b bits to the right", False),
}


def _made(lead: str, name: str, call: Two, doc: str, on_columns: bool) -> Builtin:
    kind, wrap = ("int", wrap_int) if lead == "s" else ("uint", wrap_uint)

    def python(a: int, b: int) -> int:
        refuse_nulls(a=a, b=b)
        return wrap(call(int(a), int(b)))

    def columns(a: Any, b: Any) -> Any:
        refuse_nulls(a=a, b=b)
        if not on_columns:
            return NotImplemented
        x, y = (v.series if isinstance(v, Vec) else pl.Series([v], dtype=DTYPES[kind]) for v in (a, b))
        return Vec(pl.DataFrame([x.alias("a")]).select(call(pl.col("a"), pl.lit(y)))["a"], kind)

    example = ", ".join(f"{p}: uint(v: {n})" if kind == "uint" else f"{p}: {n}" for p, n in (("a", 12), ("b", 2)))
    return _finished(f"{lead}{name}", f"(a: {kind}, b: {kind}) => {kind}", python, doc, example, columns)


def _finished(
    name: str, signature: str, python: Callable[..., Any], doc: str, example: str, columns: Callable[..., Any]
) -> Builtin:
    python.__name__ = name
    python.__doc__ = f'{doc}.\n\nimport "bitwise"\narray.from(rows: [{{v: bitwise.{name}({example})}}])\n'
    made = function(signature, name)(python)
    made.columns(columns)
    return made


def _inverted(lead: str) -> Builtin:
    kind, wrap = ("int", wrap_int) if lead == "s" else ("uint", wrap_uint)

    def python(a: int) -> int:
        refuse_nulls(a=a)
        return wrap(~int(a))

    def columns(a: Vec) -> Any:
        refuse_nulls(a=a)
        return Vec(~a.series, kind)

    example = "a: uint(v: 12)" if kind == "uint" else "a: 12"
    return _finished(f"{lead}not", f"(a: {kind}) => {kind}", python, "The bits of a turned over", example, columns)


FUNCTIONS = [_made(lead, name, *entry) for lead in "su" for name, entry in _TABLE.items()]
FUNCTIONS += [_inverted(lead) for lead in "su"]
"""One entry for each name; the registry finds them here."""
