"""math: functions of floats, as Go's package math has them, and its constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from influxlite.flux.operators import float_arithmetic, power
from influxlite.flux.stdlib.registry import Builtin, constant, function

X = "(x: float) => float"
XY = "(x: float, y: float) => float"


def _safe(call: Callable[..., float], *values: float) -> float:
    """A function of Python's math module, NaN or infinity where it would raise."""
    try:
        return call(*values)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def _round(x: float) -> float:
    if math.isnan(x) or math.isinf(x):
        return x
    whole = math.floor(abs(x) + 0.5) if abs(x) < 2**52 else abs(x)
    if abs(x) == 0.49999999999999994:
        whole = 0.0
    return math.copysign(float(whole), x)


def _log(base: Callable[[float], float], x: float) -> float:
    return -math.inf if x == 0 else _safe(base, x)


def _whole(cut: Callable[[float], int], x: float) -> float:
    return x if math.isnan(x) or math.isinf(x) or x == 0 else math.copysign(float(cut(x)), x)


def _cbrt(x: float) -> float:
    return math.cbrt(x)


def _gamma(x: float) -> float:
    if x == 0:
        return math.copysign(math.inf, x)
    return _safe(math.gamma, x)


_ONE: dict[str, tuple[Callable[[float], float], str]] = {
    "abs": (abs, "The absolute value"),
    "acos": (lambda x: _safe(math.acos, x), "The arc cosine, in radians"),
    "acosh": (lambda x: _safe(math.acosh, x), "The inverse hyperbolic cosine"),
    "asin": (lambda x: _safe(math.asin, x), "The arc sine, in radians"),
    "asinh": (math.asinh, "The inverse hyperbolic sine"),
    "atan": (math.atan, "The arc tangent, in radians"),
    "atanh": (
        lambda x: math.copysign(math.inf, x) if abs(x) == 1 else _safe(math.atanh, x),
        "Inverse hyperbolic tangent",
    ),
    "cbrt": (_cbrt, "The cube root"),
    "ceil": (lambda x: _whole(math.ceil, x), "The least whole number not below x"),
    "cos": (lambda x: _safe(math.cos, x), "The cosine"),
    "cosh": (lambda x: _safe(math.cosh, x), "The hyperbolic cosine"),
    "erf": (math.erf, "The error function"),
    "erfc": (math.erfc, "The complementary error function"),
    "exp": (lambda x: _safe(math.exp, x), "e to the x"),
    "exp2": (lambda x: power(2.0, x), "2 to the x"),
    "expm1": (lambda x: _safe(math.expm1, x), "e to the x, minus 1"),
    "floor": (lambda x: _whole(math.floor, x), "The greatest whole number not above x"),
    "gamma": (_gamma, "The gamma function"),
    "log": (lambda x: _log(math.log, x), "The natural logarithm"),
    "log10": (lambda x: _log(math.log10, x), "The decimal logarithm"),
    "log1p": (lambda x: -math.inf if x == -1 else _safe(math.log1p, x), "The natural logarithm of 1 + x"),
    "log2": (lambda x: _log(math.log2, x), "The binary logarithm"),
    "round": (_round, "The nearest whole number, halves away from zero"),
    "roundtoeven": (lambda x: x if not math.isfinite(x) else math.copysign(float(round(x)), x), "Halves to even"),
    "sin": (lambda x: _safe(math.sin, x), "The sine"),
    "sinh": (lambda x: math.copysign(_safe(math.sinh, abs(x)), x), "The hyperbolic sine"),
    "sqrt": (lambda x: _safe(math.sqrt, x), "The square root"),
    "tan": (lambda x: _safe(math.tan, x), "The tangent"),
    "tanh": (math.tanh, "The hyperbolic tangent"),
    "trunc": (lambda x: _whole(math.trunc, x), "x without its fraction"),
}
_TWO: dict[str, tuple[Callable[[float, float], float], str]] = {
    "atan2": (lambda x, y: math.atan2(x, y), "The angle of the point (y, x), in radians"),
    "copysign": (math.copysign, "x with the sign of y"),
    "dim": (lambda x, y: max(x - y, 0.0) if not math.isnan(x - y) else math.nan, "x - y, or 0 where that is negative"),
    "hypot": (math.hypot, "The length of (x, y)"),
    "mod": (lambda x, y: float_arithmetic("%", x, y), "The remainder of x / y, with the sign of x"),
    "nextafter": (math.nextafter, "The next float after x towards y"),
    "pow": (power, "x to the y"),
    "remainder": (lambda x, y: _safe(math.remainder, x, y), "The IEEE 754 remainder of x / y"),
}


def _made(name: str, call: Callable[..., float], doc: str, signature: str) -> Builtin:
    example = f"math.{name}(x: 0.5)" if signature is X else f"math.{name}(x: 2.0, y: 3.0)"
    arguments = ("x",) if signature is X else ("x", "y")

    def python(**given: Any) -> float | None:
        values = [given[a] for a in arguments]
        return None if any(v is None for v in values) else call(*(float(v) for v in values))

    python.__name__ = name
    python.__doc__ = f'{doc}.\n\n    import "math"\n    array.from(rows: [{{v: {example}}}])\n'
    return function(signature, name)(python)


FUNCTIONS = [_made(n, c, d, X) for n, (c, d) in _ONE.items()] + [_made(n, c, d, XY) for n, (c, d) in _TWO.items()]
"""One entry for each name; the registry finds them here."""


@function("(x: float, y: float) => float", "mMax")
def m_max(x: float, y: float) -> float:
    """The greater of two.

    import "math"
    array.from(rows: [{v: math.mMax(x: 1.0, y: 2.0)}])
    """
    return math.nan if math.isnan(x) or math.isnan(y) else max(x, y)


@function("(x: float, y: float) => float", "mMin")
def m_min(x: float, y: float) -> float:
    """The smaller of two.

    import "math"
    array.from(rows: [{v: math.mMin(x: 1.0, y: 2.0)}])
    """
    return math.nan if math.isnan(x) or math.isnan(y) else min(x, y)


@function("(f: float, sign: int) => bool", "isInf")
def is_inf(f: float, sign: int) -> bool:
    """Whether `f` is infinite: positively where `sign` is, negatively where it is, either way where it is 0.

    import "math"
    array.from(rows: [{v: math.isInf(f: 1.0, sign: 0)}])
    """
    return math.isinf(f) and (sign == 0 or (f > 0) == (sign > 0))


@function("(f: float) => bool", "isNaN")
def is_nan(f: float) -> bool:
    """Whether `f` is not a number.

    import "math"
    array.from(rows: [{v: math.isNaN(f: 1.0)}])
    """
    return math.isnan(f)


@function("() => float", "NaN")
def nan() -> float:
    """Not a number.

    import "math"
    array.from(rows: [{v: math.isNaN(f: math.NaN())}])
    """
    return math.nan


@function("(sign: int) => float", "mInf")
def m_inf(sign: int) -> float:
    """Infinity with a sign.

    import "math"
    array.from(rows: [{v: math.mInf(sign: 1)}])
    """
    return math.inf if sign >= 0 else -math.inf


pi = constant("float", math.pi)
e = constant("float", math.e)
phi = constant("float", (1 + math.sqrt(5)) / 2)
sqrt2 = constant("float", math.sqrt(2))
sqrte = constant("float", math.sqrt(math.e))
sqrtpi = constant("float", math.sqrt(math.pi))
sqrtphi = constant("float", math.sqrt((1 + math.sqrt(5)) / 2))
ln2 = constant("float", math.log(2))
ln10 = constant("float", math.log(10))
log2e = constant("float", 1 / math.log(2))
log10e = constant("float", 1 / math.log(10))
maxfloat = constant("float", 1.7976931348623157e308)
smallest_nonzero_float = constant("float", 5e-324)
maxint = constant("int", (1 << 63) - 1)
minint = constant("int", -(1 << 63))
maxuint = constant("uint", (1 << 64) - 1)
