"""math's functions that take floats apart and put them together: bits, exponents, fractions, signs, infinity."""

from __future__ import annotations

import math
import struct
from typing import Any

from influxlite.flux.stdlib.math.numbers import number_function
from influxlite.flux.values import UInt

MAX_EXPONENT, MIN_EXPONENT = (1 << 31) - 1, -(1 << 31)
"""The exponents that ilogb gives for infinity and NaN, and for 0."""
GO_NAN = 0x7FF8000000000001
"""The bits of what Go's math.NaN() is."""


def _exponent(x: float) -> int:
    """The power of two of x; not for 0, NaN, infinity."""
    return math.frexp(x)[1] - 1


def _ilogb(x: float) -> int:
    if not math.isfinite(x):
        return MAX_EXPONENT
    return _exponent(x) if x else MIN_EXPONENT


def _logb(x: float) -> float:
    if math.isnan(x):
        return x
    if math.isinf(x):
        return math.inf
    return float(_exponent(x)) if x else -math.inf


def _ldexp(fraction: float, exponent: int) -> float:
    try:
        return math.ldexp(fraction, exponent)
    except OverflowError:
        return math.copysign(math.inf, fraction)


def _frexp(f: float) -> dict[str, Any]:
    fraction, exponent = math.frexp(f)
    return {"frac": fraction, "exp": exponent}


def _modf(f: float) -> dict[str, float]:
    fraction, whole = math.modf(f)
    return {"int": whole, "frac": math.nan if math.isinf(f) else fraction}


def _sincos(x: float) -> dict[str, float]:
    if math.isinf(x):
        return {"sin": math.nan, "cos": math.nan}
    return {"sin": math.sin(x), "cos": math.cos(x)}


def _float64bits(f: float) -> UInt:
    return UInt(GO_NAN if math.isnan(f) else struct.unpack("<Q", struct.pack("<d", f))[0])


def _pow10(n: int) -> float:
    return float(f"1e{n}") if -323 <= n <= 308 else 0.0 if n < 0 else math.inf


def _is_inf(f: float, sign: int) -> bool:
    return math.isinf(f) and (sign == 0 or (f > 0) == (sign > 0))


_TABLE = [
    ("float64bits", "(f: float) => uint", _float64bits, "The 64 bits of a float", "f: 1.5"),
    (
        "float64frombits",
        "(b: uint) => float",
        lambda b: struct.unpack("<d", struct.pack("<Q", b))[0],
        "The float that 64 bits mean",
        "b: uint(v: 1)",
    ),
    (
        "frexp",
        "(f: float) => {frac: float, exp: int}",
        _frexp,
        "f as frac times 2 to the exp",
        "f: 22.0).exp + int(v: 0.0",
    ),
    ("ilogb", "(x: float) => int", _ilogb, "The binary exponent of x", "x: 10.5"),
    ("logb", "(x: float) => float", _logb, "The binary exponent of x, as a float", "x: 10.5"),
    ("ldexp", "(frac: float, exp: int) => float", _ldexp, "frac times 2 to the exp", "frac: 0.5, exp: 6"),
    (
        "modf",
        "(f: float) => {int: float, frac: float}",
        _modf,
        "The whole part and the rest",
        "f: 3.5).frac + float(v: 0",
    ),
    ("pow10", "(n: int) => float", _pow10, "10 to the n", "n: 3"),
    (
        "sincos",
        "(x: float) => {sin: float, cos: float}",
        _sincos,
        "Sine and cosine",
        "x: 1.0).sin + float(v: 0",
    ),
    ("signbit", "(x: float) => bool", lambda x: math.copysign(1.0, x) < 0, "Whether x is negative or -0", "x: 1.0"),
    ("isNaN", "(f: float) => bool", math.isnan, "Whether f is not a number", "f: 1.0"),
    (
        "isInf",
        "(f: float, sign: int) => bool",
        _is_inf,
        "Whether f is infinite: positively where sign is, negatively where it is, either way where it is 0",
        "f: 1.0, sign: 0",
    ),
    (
        "mInf",
        "(sign: int) => float",
        lambda sign: math.inf if sign >= 0 else -math.inf,
        "Infinity with a sign",
        "sign: 1",
    ),
    ("NaN", "() => float", lambda: math.nan, "Not a number", ""),
]

FUNCTIONS = [number_function(*entry) for entry in _TABLE]
"""One entry for each name; the registry finds them here."""
