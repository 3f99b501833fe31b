"""Texts of values and values of texts, as Go writes and reads them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from influxlite.flux.errors import invalid
from influxlite.flux.values import (
    INFINITE,
    MONTHS,
    NANOSECONDS,
    Duration,
    Dynamic,
    Time,
    is_null,
    type_name,
    wrap_int,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """The date of a day counted from 1970-01-01: `2026-01-10`."""
    return (EPOCH + timedelta(days=day)).strftime("%Y-%m-%d").zfill(10)


@lru_cache(maxsize=8192)
def _clock_text(second: int) -> str:
    minutes, seconds = divmod(second, 60)
    return f"T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def time_text(ns: int) -> str:
    """RFC 3339 in UTC, the fraction without trailing zeros: `2026-01-10T22:00:00.5Z`."""
    seconds, rest = divmod(ns, 1_000_000_000)
    day, second = divmod(seconds, 86_400)
    whole = day_text(day) + _clock_text(second)
    return f"{whole}.{rest:09d}".rstrip("0") + "Z" if rest else whole + "Z"


def long_time_text(ns: int) -> str:
    """RFC 3339 in UTC with all nine digits of the fraction, as `string(v: time)` writes it."""
    whole, rest = divmod(ns, 1_000_000_000)
    return f"{time_text(whole * 1_000_000_000)[:-1]}.{rest:09d}Z"


def float_text(number: float) -> str:
    """The shortest text that reads back as the same number, without an exponent (Go's 'f', -1)."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    text = repr(number)
    if "e" not in text:
        return text[:-2] if text.endswith(".0") else text
    mantissa, exponent = text.split("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    shift = int(exponent)
    digits = whole + (fraction if fraction != "0" else "")
    if shift >= 0:
        return sign + digits.ljust(shift + 1, "0")
    return sign + "0." + "0" * (-shift - 1) + digits


def short_float_text(number: float) -> str:
    """The shortest text that reads back as the same number, with an exponent from a million on (Go's %v)."""
    if not math.isfinite(number) or number == 0 or 1e-4 <= abs(number) < 1e6:
        return float_text(number)
    parts = Decimal(repr(number)).normalize()
    first, rest = str(parts.as_tuple().digits[0]), "".join(map(str, parts.as_tuple().digits[1:]))
    return f"{'-' * (number < 0)}{first}{'.' * bool(rest)}{rest}e{parts.adjusted():+03d}"


def to_text(value: Any) -> str:
    """`string(v: value)`; FluxError for what has no text."""
    kind = type_name(value)
    if isinstance(value, str):
        return value
    if kind in ("int", "uint"):
        return str(int(value))
    if kind == "float":
        return float_text(value)
    if kind == "bool":
        return "true" if value else "false"
    if kind == "time":
        return long_time_text(value)
    if kind == "duration":
        return str(value)
    if kind == "bytes":
        return value.decode("utf-8", "replace")
    if kind == "regexp":
        return value.source
    if isinstance(value, Dynamic):
        return to_text(value.inner)
    raise invalid(f"cannot convert {kind} to string")


_DURATION = re.compile(r"(-?)((?:\d+(?:ns|us|µs|μs|mo|ms|s|m|h|d|w|y))+)")
_PART = re.compile(r"(\d+)(ns|us|µs|μs|mo|ms|s|m|h|d|w|y)")


def parse_duration(text: str) -> Duration:
    """`-1mo2d` as a duration; FluxError where it is none."""
    match = _DURATION.fullmatch(text)
    if text == "inf":
        return INFINITE
    if text == "":
        return Duration()
    if match is None:
        raise invalid(f"error parsing duration {text}: invalid duration")
    months = ns = 0
    for count, unit in _PART.findall(match[2]):
        if int(count) >= 1 << 63:
            raise invalid(f"error parsing duration {text}: value out of range")
        if unit in MONTHS:
            months += int(count) * MONTHS[unit]
        else:
            ns += int(count) * NANOSECONDS[unit]
    found = Duration(wrap_int(months), wrap_int(ns))
    return -found if match[1] else found


def as_time(value: Any, now_ns: int) -> int:
    """An instant, a duration from now, or seconds since 1970 (as `range` takes them) as nanoseconds."""
    if isinstance(value, Time):
        return int(value)
    if isinstance(value, Duration):
        from influxlite.flux.windows import shifted

        return shifted(now_ns, value)
    if type(value) is int:
        return value * 1_000_000_000
    if is_null(value):
        raise invalid("expected a time, got null")
    raise invalid(f"value is not a time, got {type_name(value)}")
