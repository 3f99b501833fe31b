"""Flux values as Python values.

| Flux | Python |
| --- | --- |
| string, bool, float, int | `str`, `bool`, `float`, `int` |
| uint, time | `UInt`, `Time` (both an `int`; a time counts nanoseconds since 1970) |
| duration | `Duration` (months and nanoseconds, which do not convert into each other) |
| regexp, bytes | `Regexp`, `bytes` |
| record, array, dictionary | `Record` (a `dict`), `list`, `Dict` |
| dynamic | `Dynamic` |
| null | `None`, or a `Null` that knows its type |
| function, stream of tables | `influxlite.flux.functions.Function`, `influxlite.flux.plan.steps.Stream` |

The kinds of columns are the words of `KINDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from influxlite.flux.errors import FluxError, invalid

KINDS = ("float", "int", "uint", "string", "bool", "time")
MASK = (1 << 64) - 1
NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
MONTHS = {"mo": 1, "y": 12}


class UInt(int):
    """An unsigned 64-bit integer."""

    __slots__ = ()


class Time(int):
    """An instant: nanoseconds since 1970-01-01T00:00:00Z, 64 bits with sign."""

    __slots__ = ()


class Record(dict[str, Any]):
    """A record: names to values, in the order they were written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time of `months` calendar months and `ns` nanoseconds, both of one sign."""

    months: int = 0
    ns: int = 0

    def __neg__(self) -> Duration:
        return Duration(-self.months, -self.ns)

    @property
    def is_zero(self) -> bool:
        """Whether it has no length at all."""
        return not self.months and not self.ns

    @property
    def negative(self) -> bool:
        """Whether it points to the past."""
        return self.months < 0 or self.ns < 0

    def times(self, n: int) -> Duration:
        """It, n times over."""
        return Duration(self.months * n, self.ns * n)

    def __str__(self) -> str:
        if self.is_zero:
            return "0ns"
        months, ns, parts = abs(self.months), abs(self.ns), []
        for unit, size in (("y", 12), ("mo", 1)):
            count, months = divmod(months, size)
            if count:
                parts.append(f"{count}{unit}")
        for unit in ("w", "d", "h", "m", "s", "ms", "us", "ns"):
            count, ns = divmod(ns, NANOSECONDS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return ("-" if self.negative else "") + "".join(parts)


ZERO = Duration()
SECOND = Duration(ns=1_000_000_000)
INFINITE = Duration(ns=(1 << 63) - 1)
"""The duration `inf`: as a window it means all of the range."""


@dataclass(frozen=True, slots=True)
class Null:
    """A null that knows its type, as `debug.null(type: "int")` makes it."""

    kind: str


class Regexp:
    """A regular expression in RE2's syntax."""

    __slots__ = ("compiled", "source")

    def __init__(self, source: str) -> None:
        """Compile `source`; FluxError when it is not RE2."""
        self.source = source
        self.compiled = _compile(source)

    def matches(self, text: str) -> bool:
        """Whether it is found anywhere in `text`."""
        return self.compiled.search(text) is not None

    def __str__(self) -> str:
        return self.source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regexp) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)


@lru_cache(maxsize=512)
def _compile(source: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as problem:
        told = problem.args[0] if problem.args else b""
        fault, _, place = (told.decode() if isinstance(told, bytes) else str(told)).rpartition(": ")
        raise invalid(f"error parsing regexp: {_GO_WORDS.get(fault, fault)}: `{place}`") from None


_GO_WORDS = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}
"""What RE2 says of a wrong regular expression, and what Go's package of the same syntax says."""


class Dict:
    """A Flux dictionary: keys of one basic type to values of one type. Never changed once made."""

    __slots__ = ("entries",)

    def __init__(self, entries: dict[Any, Any]) -> None:
        self.entries = entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dict) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]


class Dynamic:
    """A value whose type is only known when it is used, such as parsed JSON."""

    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dynamic) and self.inner == other.inner

    __hash__ = None  # type: ignore[assignment]


def is_null(value: Any) -> bool:
    """Whether `value` is null, of whatever type."""
    return value is None or type(value) is Null or (type(value) is Dynamic and is_null(value.inner))


def type_name(value: Any) -> str:
    """The Flux type of a value in one word, as InfluxDB's messages have it."""
    kind = _NAMES.get(type(value))
    if kind:
        return kind
    if isinstance(value, Null):
        return value.kind
    if isinstance(value, dict) or hasattr(value, "get_property"):
        return "object"
    if hasattr(value, "kind"):
        return value.kind
    if callable(value) or hasattr(value, "call"):
        return "function"
    return "stream" if hasattr(value, "step") else type(value).__name__


_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "float",
    str: "string",
    Time: "time",
    Duration: "duration",
    Regexp: "regexp",
    bytes: "bytes",
    Record: "object",
    list: "array",
    Dict: "dictionary",
    Dynamic: "dynamic",
    type(None): "null",
}


def wrap_int(number: int) -> int:
    """The signed 64-bit integer that Go's arithmetic would have left."""
    number &= MASK
    return number - (1 << 64) if number >> 63 else number


def wrap_uint(number: int) -> UInt:
    """The unsigned 64-bit integer that Go's arithmetic would have left."""
    return UInt(number & MASK)


def column_kind(value: Any) -> str:
    """The kind of column that can hold `value`; FluxError when a table cannot hold it."""
    name = type_name(value)
    if name in KINDS:
        return name
    raise FluxError("invalid", f"values of type {name} are not supported in a flux table")
