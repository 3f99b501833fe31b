"""math's special functions: the error function and its inverse, gamma, Bessel's functions."""

from __future__ import annotations

import ctypes
import math
from functools import cache
from statistics import NormalDist
from typing import Any

from influxlite.flux.errors import FluxError
from influxlite.flux.stdlib.math.elementary import safe
from influxlite.flux.stdlib.math.numbers import number_function, of_one


def _erfinv(x: float) -> float:
    """The inverse of erf: a normal quantile, made exact by Newton's method."""
    if math.isnan(x) or abs(x) > 1:
        return math.nan
    if abs(x) == 1:
        return math.copysign(math.inf, x)
    if x == 0:
        return x
    y = NormalDist().inv_cdf((abs(x) + 1) / 2) / math.sqrt(2) if abs(x) < 1 - 1e-16 else 5.9
    for _ in range(3):
        y -= (math.erf(y) - abs(x)) / (2 / math.sqrt(math.pi) * math.exp(-y * y))
    return math.copysign(y, x)


def _gamma(x: float) -> float:
    return math.copysign(math.inf, x) if x == 0 else safe(math.gamma, x)


def _lgamma(x: float) -> dict[str, Any]:
    """The logarithm of |gamma(x)|, and the sign of gamma(x)."""
    if x == -math.inf:
        return {"lgamma": x, "sign": 1}
    if x <= 0 and x == math.floor(x):
        return {"lgamma": math.inf, "sign": 1}
    negative = x < 0 and math.floor(x) % 2 == 1
    return {"lgamma": math.lgamma(x), "sign": -1 if negative else 1}


@cache
def _bessel(name: str) -> Any:
    """A function of the C library; FluxError where it has none of that name."""
    try:
        found = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        raise FluxError("not implemented", f"this system's C library has no Bessel function {name}") from None
    found.restype = ctypes.c_double
    found.argtypes = [ctypes.c_int, ctypes.c_double] if name.endswith("n") else [ctypes.c_double]
    return found


def _second_kind(order: int | None, x: float) -> float:
    """y0, y1 or yn, NaN below 0 as Go has it, -infinity (by the order's sign and parity) at 0."""
    if x < 0 or math.isnan(x):
        return math.nan
    if x == 0:
        return math.inf if order is not None and order < 0 and order % 2 else -math.inf
    if x == math.inf:
        return 0.0
    return _bessel("yn")(_order(order or 0), x)


def _order(n: int) -> int:
    if abs(n) >= 1 << 31:
        raise FluxError("invalid", "the order of a Bessel function is below 2147483648")
    return n


def _first_kind(n: int, x: float) -> float:
    if not math.isfinite(x):
        return x if math.isnan(x) else 0.0
    if x == 0:
        return 1.0 if n == 0 else 0.0
    return _bessel("jn")(_order(n), x)


FUNCTIONS = [
    of_one("erf", math.erf, "The error function"),
    of_one("erfc", math.erfc, "The complementary error function"),
    of_one("erfinv", _erfinv, "The inverse error function"),
    of_one("erfcinv", lambda x: _erfinv(1 - x), "The inverse complementary error function"),
    of_one("gamma", _gamma, "The gamma function"),
    of_one("j0", lambda x: _first_kind(0, x), "Bessel's function of the first kind, order 0"),
    of_one("j1", lambda x: _first_kind(1, x), "Bessel's function of the first kind, order 1"),
    of_one("y0", lambda x: _second_kind(0, x), "Bessel's function of the second kind, order 0"),
    of_one("y1", lambda x: _second_kind(1, x), "Bessel's function of the second kind, order 1"),
    number_function(
        "jn", "(n: int, x: float) => float", _first_kind, "Bessel's function of the first kind", "n: 2, x: 0.5"
    ),
    number_function(
        "yn", "(n: int, x: float) => float", _second_kind, "Bessel's function of the second kind", "n: 2, x: 0.5"
    ),
    number_function(
        "lgamma",
        "(x: float) => {lgamma: float, sign: int}",
        _lgamma,
        "The logarithm of the gamma function, and its sign",
        "x: 0.5).lgamma + float(v: math.lgamma(x: 0.5).sign",
    ),
]
"""One entry for each name; the registry finds them here."""
