"""math's functions from two floats to one."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pyarrow.compute as pc

from influxlite.flux.operators import float_arithmetic, power
from influxlite.flux.stdlib.math.elementary import safe
from influxlite.flux.stdlib.math.numbers import of_two
from influxlite.flux.values import is_null
from influxlite.flux.vectors import Vec


def _dim(x: float, y: float) -> float:
    rest = x - y
    return 0.0 if rest <= 0 else rest


def _greater(x: float, y: float) -> float:
    """Infinity is above NaN, NaN above all else, 0 above -0."""
    if math.inf in (x, y):
        return math.inf
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x == y == 0:
        return y if math.copysign(1.0, x) < 0 else x
    return max(x, y)


POW = of_two("pow", power, "x to the y")


@POW.columns
def pow_columns(x: Any, y: Any) -> Any:
    """At once."""
    base, exponent = (v.series.to_arrow() if isinstance(v, Vec) else v for v in (x, y))
    return NotImplemented if is_null(x) or is_null(y) else Vec(pl.Series(pc.power(base, exponent)), "float")  # type: ignore[attr-defined]


FUNCTIONS = [
    of_two(
        "atan2", math.atan2, "The angle of the point with the ordinate y and the abscissa x, in radians", ("y", "x")
    ),
    of_two("copysign", math.copysign, "x with the sign of y"),
    of_two("dim", _dim, "x - y, or 0 where that is negative"),
    of_two("hypot", math.hypot, "The length of (p, q)", ("p", "q")),
    of_two("mMax", _greater, "The greater of two"),
    of_two("mMin", lambda x, y: -_greater(-x, -y), "The smaller of two"),
    of_two("mod", lambda x, y: float_arithmetic("%", x, y), "The remainder of x / y, with the sign of x"),
    of_two("nextafter", lambda x, y: x if x == y else math.nextafter(x, y), "The next float after x towards y"),
    POW,
    of_two("remainder", lambda x, y: safe(math.remainder, x, y), "The IEEE 754 remainder of x / y"),
]
"""One entry for each name; the registry finds them here."""
