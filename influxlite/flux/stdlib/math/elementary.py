"""math's functions from one float to another: rounding, roots, powers, logarithms, angles; NaN where Go has it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import polars as pl
import pyarrow.compute as pc

from influxlite.flux.operators import power
from influxlite.flux.stdlib.math.numbers import of_one


def safe(call: Callable[..., float], *values: float) -> float:
    """A function of Python's math module, NaN or infinity where it would raise."""
    try:
        return call(*values)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def _wrapped(call: Callable[[float], float]) -> Callable[[float], float]:
    return lambda x: safe(call, x)


def _round(x: float) -> float:
    """Halves away from zero."""
    if not math.isfinite(x) or abs(x) >= 2**52:
        return x
    whole = math.floor(abs(x))
    return math.copysign(float(whole + (abs(x) - whole >= 0.5)), x)


def _round_column(x: pl.Series) -> pl.Series:
    size = x.abs()
    whole = size.floor()
    rounded = whole + (size - whole >= 0.5).cast(pl.Float64())
    return pl.select(pl.when(x == 0).then(x).when(x < 0).then(-rounded).otherwise(rounded)).to_series()


def _arrow(name: str) -> Callable[[pl.Series], pl.Series]:
    """A function of pyarrow's, which asks the same C library, on a column."""
    call = getattr(pc, name)
    return lambda x: pl.Series(call(x.to_arrow()))


def _log(base: Callable[[float], float]) -> Callable[[float], float]:
    return lambda x: -math.inf if x == 0 else safe(base, x)


def _whole(cut: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: math.copysign(float(cut(x)), x) if math.isfinite(x) else x


_TABLE: dict[str, tuple[Any, ...]] = {
    "abs": (abs, "The absolute value", lambda s: s.abs()),
    "acos": (_wrapped(math.acos), "The arc cosine, in radians"),
    "acosh": (_wrapped(math.acosh), "The inverse hyperbolic cosine"),
    "asin": (_wrapped(math.asin), "The arc sine, in radians"),
    "asinh": (math.asinh, "The inverse hyperbolic sine"),
    "atan": (math.atan, "The arc tangent, in radians"),
    "atanh": (
        lambda x: math.copysign(math.inf, x) if abs(x) == 1 else safe(math.atanh, x),
        "The inverse hyperbolic tangent",
    ),
    "cbrt": (math.cbrt, "The cube root"),
    "ceil": (_whole(math.ceil), "The least whole number not below x", lambda s: s.ceil()),
    "cos": (_wrapped(math.cos), "The cosine", lambda s: s.cos()),
    "cosh": (_wrapped(math.cosh), "The hyperbolic cosine"),
    "exp": (_wrapped(math.exp), "e to the x", lambda s: s.exp()),
    "exp2": (lambda x: power(2.0, x), "2 to the x"),
    "expm1": (_wrapped(math.expm1), "e to the x, minus 1"),
    "floor": (_whole(math.floor), "The greatest whole number not above x", lambda s: s.floor()),
    "log": (_log(math.log), "The natural logarithm", _arrow("ln")),
    "log10": (_log(math.log10), "The decimal logarithm", _arrow("log10")),
    "log1p": (lambda x: -math.inf if x == -1 else safe(math.log1p, x), "The natural logarithm of 1 + x"),
    "log2": (_log(math.log2), "The binary logarithm", _arrow("log2")),
    "round": (_round, "The nearest whole number, halves away from zero", _round_column),
    "roundtoeven": (lambda x: math.copysign(float(round(x)), x) if math.isfinite(x) else x, "Halves to even"),
    "sin": (_wrapped(math.sin), "The sine", lambda s: s.sin()),
    "sinh": (lambda x: math.copysign(safe(math.sinh, abs(x)), x), "The hyperbolic sine"),
    "sqrt": (_wrapped(math.sqrt), "The square root", lambda s: s.sqrt()),
    "tan": (_wrapped(math.tan), "The tangent"),
    "tanh": (math.tanh, "The hyperbolic tangent"),
    "trunc": (_whole(math.trunc), "x without its fraction"),
}

FUNCTIONS = [of_one(name, *entry) for name, entry in _TABLE.items()]
"""One entry for each name; the registry finds them here."""
