"""Flux's unary and binary operators, on plain values and on whole columns.

Arithmetic is Go's: integers wrap at 64 bits, integer division truncates towards zero, a float divided by zero is
infinite. A null operand makes the answer null. Comparisons mix int, uint and float; arithmetic does not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import polars as pl
import pyarrow.compute as pc

from influxlite.flux.errors import FluxError, OperandsError, invalid
from influxlite.flux.texts import MAX_LENGTH, check_column, check_length
from influxlite.flux.values import (
    KINDS,
    Duration,
    Dynamic,
    Null,
    Record,
    Regexp,
    is_null,
    type_name,
    wrap_int,
    wrap_uint,
)
from influxlite.flux.vectors import NeedsRows, Vec, elementwise, repeat

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBERS = ("int", "uint", "float")
ARITHMETIC = ("+", "-", "*", "/", "%", "^")


def binary(op: str, left: Any, right: Any) -> Any:
    """`left op right`; FluxError where the types do not allow it."""
    if isinstance(left, Vec) or isinstance(right, Vec):
        return _vector(op, left, right)
    if is_null(left) or is_null(right):
        return _null(op, left, right)
    a, b = type_name(left), type_name(right)
    if op in ARITHMETIC:
        if a != b:
            raise _unsupported(op, a, b)
        return _arithmetic(op, a, left, right)
    if op in ("=~", "!~"):
        if a != "string" or b != "regexp":
            raise _unsupported(op, a, b)
        return right.matches(left) == (op == "=~")
    if not comparable(op, a, b):
        raise _unsupported(op, a, b)
    return COMPARE[op](left, right)


def in_storage(op: str, left: Any, right: Any) -> Any:
    """`left op right` as InfluxDB's storage decides a filter's comparison of a column with a constant.

    A tag that a series lacks is an empty text, unsigned integers equal no number, texts have no order, and values of
    other types do not match.
    """
    if is_null(left):
        left = ""
    elif isinstance(left, Vec) and left.kind == "string" and left.series.null_count():
        left = Vec(left.series.fill_null(""), "string")
    a, b = type_name(left), type_name(right)
    if (a == "uint" and b in NUMBERS) or (a == "string" and op in ORDERING):
        return False
    try:
        return binary(op, left, right)
    except OperandsError:
        return False


ORDERING = ("<", "<=", ">", ">=")


def _null(op: str, left: Any, right: Any) -> Null | None:
    """The answer where an operand is null: a null of the type that the other one tells, if any does."""
    if op not in ARITHMETIC:
        return Null("bool")
    kind = next((k for k in (type_name(v) for v in (left, right) if v is not None) if k in KINDS), None)
    return None if kind is None else Null("float" if op == "^" else kind)


def comparable(op: str, a: str, b: str) -> bool:
    """Whether values of types `a` and `b` can be compared by `op`."""
    if a in NUMBERS and b in NUMBERS:
        return True
    if a != b:
        return False
    if op in ("==", "!="):
        return a in ("string", "bool", "time") or (op == "==" and a in ("array", "object", "bytes"))
    return a in ("string", "time")


def result_kind(op: str, a: str, b: str) -> str:
    """The kind of `a op b` for two column kinds; FluxError where there is none."""
    if op in ARITHMETIC:
        if a != b or not (a in NUMBERS or (a == "string" and op == "+")):
            raise _unsupported(op, a, b)
        return "float" if op == "^" else a
    if op in ("=~", "!~"):
        raise _unsupported(op, a, b)
    if not comparable(op, a, b):
        raise _unsupported(op, a, b)
    return "bool"


def _unsupported(op: str, a: str, b: str) -> FluxError:
    return OperandsError(op, a, b)


def _arithmetic(op: str, kind: str, left: Any, right: Any) -> Any:
    if kind == "float":
        return float_arithmetic(op, left, right)
    if kind in ("int", "uint"):
        return _integer(op, kind, int(left), int(right))
    if kind == "string" and op == "+":
        check_length(len(left) + len(right), "+")
        return left + right
    if kind == "duration" and op in "+-":
        sign = 1 if op == "+" else -1
        return Duration(left.months + sign * right.months, left.ns + sign * right.ns)
    raise _unsupported(op, kind, kind)


def float_arithmetic(op: str, left: float, right: float) -> float:
    """IEEE 754 arithmetic without Python's exceptions."""
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "*":
        return left * right
    if op == "/":
        if right:
            return left / right
        if not left or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    if op == "%":
        if math.isinf(left) or not right or math.isnan(left) or math.isnan(right):
            return math.nan
        return math.fmod(left, right)
    return power(left, right)


def power(base: float, exponent: float) -> float:
    """base to the exponent, infinite or NaN where Python would raise."""
    return pc.power(float(base), float(exponent)).as_py()  # type: ignore[attr-defined]


def _integer(op: str, kind: str, left: int, right: int) -> Any:
    if op == "^":
        return power(left, right)
    if op == "+":
        whole = left + right
    elif op == "-":
        whole = left - right
    elif op == "*":
        whole = left * right
    elif not right:
        raise FluxError("failed precondition", "cannot divide by zero" if op == "/" else "cannot mod zero")
    else:
        quotient = abs(left) // abs(right)
        quotient = quotient if (left < 0) == (right < 0) else -quotient
        whole = quotient if op == "/" else left - quotient * right
    return wrap_int(whole) if kind == "int" else wrap_uint(whole)


def negate(value: Any) -> Any:
    """`-value`; FluxError for what has no negative."""
    if isinstance(value, Vec):
        if value.kind not in ("int", "float"):
            raise invalid(f"unsupported unary expression - {value.kind}")
        return Vec(-value.series, value.kind) if value.kind == "float" else Vec(0 - value.series, "int")
    if is_null(value):
        return None
    if isinstance(value, Duration):
        return -value
    kind = type_name(value)
    if kind == "float":
        return -value
    if kind == "int":
        return wrap_int(-value)
    raise invalid(f"unsupported unary expression - {kind}")


def logical_not(value: Any) -> Any:
    """`not value`; FluxError for anything but a boolean."""
    if isinstance(value, Vec):
        if value.kind != "bool":
            raise invalid(f"unsupported unary expression not {value.kind}")
        return Vec(~value.series, "bool")
    if is_null(value):
        return None
    if not isinstance(value, bool):
        raise invalid(f"unsupported unary expression not {type_name(value)}")
    return not value


def exists(value: Any) -> Any:
    """Whether a value is there, for each row of a column."""
    if isinstance(value, Vec):
        if value.kind == "object":
            return Vec(pl.Series([not is_null(v) for v in value.series], dtype=pl.Boolean()), "bool")
        return Vec(value.series.is_not_null(), "bool")
    return not is_null(value)


def _vector(op: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return _null(op, left, right)
    if (isinstance(left, Vec) and left.kind == "object") or (isinstance(right, Vec) and right.kind == "object"):
        return elementwise(lambda a: binary(op, a["l"], a["r"]), {"l": left, "r": right})
    if isinstance(left, (Dynamic, Record, list)) or isinstance(right, (Dynamic, Record, list)):
        raise NeedsRows
    a, b = type_name(left), type_name(right)
    if op in ("=~", "!~") and a == "string" and isinstance(right, Regexp):
        return _match(left, right, op == "=~")
    kind = result_kind(op, a, b)
    n = len(left) if isinstance(left, Vec) else len(right)
    if is_null(left) or is_null(right):
        return Null(kind)
    x, y = _operand(left), _operand(right)
    if op in COMPARE:
        return Vec(_compare(op, a, b, x, y), "bool")
    if kind == "string":
        joined = _series(x, n) + y if isinstance(x, pl.Series) else x + y
        if joined.estimated_size() > MAX_LENGTH:
            check_column(joined.str.len_chars(), "+")
        return Vec(joined, "string")
    if op == "^" or (kind == "float" and op == "%"):
        return elementwise(lambda v: _arithmetic(op, a, v["l"], v["r"]), {"l": left, "r": right}, pure=False)
    if op in "/%" and kind != "float":
        return _divide(op, kind, _series(x, n), _series(y, n))
    x = _series(x, n)
    y = _series(y, n) if op == "/" else y  # by a single value polars multiplies by its reciprocal
    return Vec(COMPUTE[op](x, y), kind)


COMPUTE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _operand(value: Any) -> Any:
    """A column as its series, a constant as one that polars types as we do."""
    if isinstance(value, Vec):
        return value.series
    column = repeat(value, 1)
    assert column is not None
    return column.series


def _series(value: pl.Series, n: int) -> pl.Series:
    """A one-row operand stretched to n rows."""
    return value if len(value) == n else value.new_from_index(0, n)


def _compare(op: str, a: str, b: str, x: pl.Series, y: pl.Series) -> pl.Series:
    if a != b:
        return _compare_mixed(op, a, b, x, y)
    answer = COMPARE[op](x, y)
    if a != "float":
        return answer
    strange = x.is_nan().any() or y.is_nan().any()  # polars calls NaN equal to itself and greater than all
    if not strange:
        return answer
    nan = x.is_nan() | y.is_nan()
    return answer | nan if op == "!=" else answer & ~nan


def _compare_mixed(op: str, a: str, b: str, x: pl.Series, y: pl.Series) -> pl.Series:
    if "float" in (a, b):
        return _compare(op, "float", "float", x.cast(pl.Float64()), y.cast(pl.Float64()))
    return COMPARE[op](x.cast(pl.Int128()), y.cast(pl.Int128()))


def _divide(op: str, kind: str, x: pl.Series, y: pl.Series) -> Vec:
    if ((y == 0) & x.is_not_null()).any():
        raise FluxError("failed precondition", "cannot divide by zero" if op == "/" else "cannot mod zero")
    if kind == "uint":
        return Vec(x // y if op == "/" else x % y, kind)
    low = -(1 << 63)
    if ((x == low) & (y == -1)).any():
        return elementwise(lambda v: _integer(op, kind, v["l"], v["r"]), {"l": Vec(x, kind), "r": Vec(y, kind)})
    floor, remainder = x // y, x % y
    uneven = (remainder != 0) & ((x < 0) != (y < 0))
    if op == "/":
        return Vec(floor + uneven.cast(pl.Int64()), kind)
    return Vec(remainder - y * uneven.cast(pl.Int64()), kind)


def _match(left: Any, right: Regexp, wanted: bool) -> Any:
    """A regular expression over a column: asked once for each different text."""
    if not isinstance(left, Vec):
        raise NeedsRows
    texts = left.series.unique()
    hits = [t for t in texts if t is not None and right.matches(t) == wanted]
    answer = left.series.is_in(pl.Series(hits, dtype=pl.String()).implode())
    return Vec(
        answer & left.series.is_not_null() if not left.series.null_count() else _with_nulls(answer, left), "bool"
    )


def _with_nulls(answer: pl.Series, left: Vec) -> pl.Series:
    frame = pl.select(pl.when(left.series.is_not_null()).then(answer))
    return frame.to_series()
