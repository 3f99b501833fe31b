"""bool, bytes, duration, float, int, string, time, uint: values of one type as another; null stays null."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import polars as pl

from influxlite.flux.conversions import parse_duration, to_text
from influxlite.flux.errors import FluxError, invalid
from influxlite.flux.go_float import parse_float
from influxlite.flux.instants import parse_instant
from influxlite.flux.stdlib.registry import function
from influxlite.flux.stdlib.type_texts import type_of
from influxlite.flux.texts import quoted
from influxlite.flux.values import Duration, Dynamic, Null, Time, UInt, is_null, type_name, wrap_int, wrap_uint
from influxlite.flux.vectors import DTYPES, Vec

if TYPE_CHECKING:
    from collections.abc import Callable

INTEGER = re.compile(r"[+-]?[0-9]+")
TRUTHS = {"true": True, "false": False}
MONTH_NS = 2_629_800_000_000_000
"""What a month counts for as a number: a twelfth of 365.25 days."""


def _plain(value: Any) -> Any:
    return value.inner if isinstance(value, Dynamic) else value


def _fail(value: Any, target: str) -> Exception:
    if isinstance(value, str):
        return invalid(f"cannot convert string {quoted(value)} to {target} due to invalid syntax")
    return invalid(f"cannot convert {type_of(value)} to {target}")


def truncated(number: float) -> int:
    """A float as Go's int64 would hold it."""
    if math.isnan(number) or abs(number) >= 2**63:
        return -(1 << 63)
    return int(number)


@function("(v: A) => int")
def int_(v: Any) -> int | Null:
    """`v` as an integer: floats are cut towards zero, times and durations count nanoseconds, true is 1.

    array.from(rows: [{a: int(v: 1.9), b: int(v: "12")}])
    """
    v = _plain(v)
    kind = type_name(v)
    if is_null(v):
        return Null("int")
    if kind in ("int", "uint", "time", "bool"):
        return wrap_int(int(v))
    if kind == "float":
        return truncated(v)
    if kind == "duration":
        return wrap_int(v.months * MONTH_NS + v.ns)
    if kind == "string" and INTEGER.fullmatch(v) and -(1 << 63) <= int(v) < 1 << 63:
        return int(v)
    raise _fail(v, "int")


@int_.columns
def int_columns(v: Vec) -> Any:
    """Numbers and times at once."""
    if isinstance(v, Vec) and v.kind in ("int", "time", "bool"):
        return Vec(v.series.cast(pl.Int64()), "int")
    if (
        isinstance(v, Vec)
        and v.kind == "float"
        and bool((v.series.is_nan() | (v.series.abs() >= 2.0**63)).any()) is False
    ):
        return Vec(v.series.cast(pl.Int64()), "int")
    return NotImplemented


@function("(v: A) => uint")
def uint(v: Any) -> UInt | Null:
    """`v` as an unsigned integer.

    array.from(rows: [{a: uint(v: 7)}])
    """
    v = _plain(v)
    kind = type_name(v)
    if is_null(v):
        return Null("uint")
    if kind in ("int", "uint", "time", "bool"):
        return wrap_uint(int(v))
    if kind == "float":
        return wrap_uint(truncated(v)) if v < 2**63 else wrap_uint(int(v) if v < 2**64 else 1 << 63)
    if kind == "duration":
        return wrap_uint(v.months * MONTH_NS + v.ns)
    if kind == "string" and INTEGER.fullmatch(v) and 0 <= int(v) < 1 << 64 and v[0] not in "+-":
        return UInt(v)
    raise _fail(v, "uint")


@function("(v: A) => float")
def float_(v: Any) -> float | Null:
    """`v` as a float.

    array.from(rows: [{a: float(v: "2.5"), b: float(v: 1)}])
    """
    v = _plain(v)
    kind = type_name(v)
    if is_null(v):
        return Null("float")
    if kind in ("int", "uint", "bool", "float"):
        return float(v)
    if kind == "string":
        try:
            return parse_float(v)
        except ValueError:
            raise _fail(v, "float") from None
    raise _fail(v, "float")


@float_.columns
def float_columns(v: Vec) -> Any:
    """Numbers at once."""
    if isinstance(v, Vec) and v.kind in ("int", "uint", "bool", "float"):
        return Vec(v.series.cast(pl.Float64()), "float")
    return NotImplemented


def _text(v: Any) -> str:
    if isinstance(v, (list, dict)):
        raise _fail(v, "string")
    return to_text(v)


@function("(v: A) => string")
def string(v: Any) -> str | Null:
    """`v` as a text; times in RFC 3339.

    array.from(rows: [{a: string(v: 1.5), b: string(v: true)}])
    """
    return Null("string") if is_null(v) else _text(v)


@string.columns
def string_columns(v: Vec) -> Any:
    """Texts stay; integers at once."""
    if isinstance(v, Vec) and v.kind in ("string", "int", "uint"):
        return Vec(v.series.cast(pl.String()), "string")
    return NotImplemented


@function("(v: A) => bool")
def bool_(v: Any) -> bool | Null:
    """`v` as a boolean: "true", 1 and 1.0 are true, "false" and 0 false, anything else is an error.

    array.from(rows: [{a: bool(v: "true"), b: bool(v: 0)}])
    """
    v = _plain(v)
    kind = type_name(v)
    if is_null(v):
        return Null("bool")
    if kind == "bool":
        return v
    if kind == "string" and v in TRUTHS:
        return TRUTHS[v]
    if kind in ("int", "uint", "float"):
        if v not in (0, 1):
            number = ("NaN" if math.isnan(v) else f"{v:f}") if kind == "float" else str(int(v))
            raise invalid(f"cannot convert {kind} {number} to bool, must be 0 or 1")
        return v == 1
    if kind == "string":
        raise invalid(f"cannot convert string {quoted(v)} to bool")
    raise _fail(v, "bool")


@function("(v: A) => time")
def time(v: Any) -> Time | Null:
    """`v` as a time: RFC 3339, or nanoseconds since 1970.

    array.from(rows: [{a: time(v: "2026-01-01T00:00:00Z"), b: time(v: 0)}])
    """
    v = _plain(v)
    kind = type_name(v)
    if is_null(v):
        return Null("time")
    if kind in ("int", "uint", "time"):
        return Time(wrap_int(int(v)))
    if kind == "string":
        try:
            return Time(wrap_int(parse_instant(v)))
        except ValueError:
            what = "date time" if "T" in v else "date"
            raise invalid(
                f"cannot convert string {quoted(v)} to time due to invalid syntax: cannot parse {what}"
            ) from None
    raise _fail(v, "time")


@time.columns
def time_columns(v: Vec) -> Any:
    """Integers at once."""
    if isinstance(v, Vec) and v.kind in ("int", "time"):
        return Vec(v.series, "time")
    return NotImplemented


@function("(v: A) => duration")
def duration(v: Any) -> Duration | None:
    """`v` as a duration: a text such as "1h30m", or nanoseconds.

    array.from(rows: [{a: int(v: duration(v: "1h"))}])
    """
    v = _plain(v)
    kind = type_name(v)
    if is_null(v):
        return None
    if kind in ("int", "uint"):
        return Duration(ns=int(v))
    if kind == "duration":
        return v
    if kind == "string":
        try:
            return parse_duration(v)
        except FluxError:
            raise _fail(v, "duration") from None
    raise _fail(v, "duration")


@function("(v: A) => bytes")
def bytes_(v: Any) -> bytes | None:
    """A text as its UTF-8 bytes.

    array.from(rows: [{a: string(v: bytes(v: "abc"))}])
    """
    v = _plain(v)
    if is_null(v):
        return None
    if isinstance(v, bytes):
        return v
    if isinstance(v, str):
        return v.encode()
    raise _fail(v, "bytes")


def cast_column(series: pl.Series, kind: str, target: str, cast: Callable[[Any], Any]) -> pl.Series:
    """A column cast cell by cell where no faster way is known."""
    values = Vec(series, kind).values()
    return pl.Series([None if v is None else cast(v) for v in values], dtype=DTYPES[target])
