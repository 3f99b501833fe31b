"""The types of a question's parameters: what Python and a command line may give, and the Flux literal it becomes.

A literal is made from a value that was checked, character by character where it is text: no input can end it early,
so no input can change a query. There is no regular expression among the types: a pattern is code.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

LONGEST_TEXT = 10_000
LONGEST_LIST = 10_000
UNITS_NS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9,
    "d": 86_400 * 10**9, "w": 604_800 * 10**9,
}  # fmt: skip
MAGNITUDE = re.compile(r"(\d{1,18})(mo|ms|us|µs|ns|y|w|d|h|m|s)")
DURATION = re.compile(rf"-?(?:{MAGNITUDE.pattern})+")
RELATIVE = re.compile(r"-(?:\d{1,9}(?:ms|[wdhms]))+")
INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?\s?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
EARLIEST, LATEST = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
ESCAPES = {'"': '\\"', "\\": "\\\\", "$": "\\x24", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Unfit(ValueError):  # noqa: N818 - never leaves this package: the binder adds the parameter's name
    """A value is not of its type; the message says what is expected."""


@dataclass(frozen=True)
class Context:
    """What a value is read against: the zone of a time without an offset, and the instant called now."""

    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True)
class Type:
    """A type of parameter. `check` turns what Python or a command line gives into the value, or raises Unfit;
    `literal` writes that value in Flux; `expects` describes it for people.
    """

    name: str
    expects: str
    check: Callable[[Any, Context], Any]
    literal: Callable[[Any], str]


def text_literal(text: str) -> str:
    """A Flux string literal of that text, with everything escaped that means something within quotes.

    `$` is written as the byte 0x24, so that no `${…}` can begin; control characters are written as bytes, too.
    """
    return (
        '"' + "".join(ESCAPES.get(c) or (f"\\x{ord(c):02x}" if ord(c) < 0x20 or c == "\x7f" else c) for c in text) + '"'
    )


def time_literal(value: datetime) -> str:
    """A Flux time literal, in UTC, to the microsecond where it has one."""
    text = value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    return f"{text.removesuffix('.000000')}Z"


def _string(value: Any, context: Context) -> str:  # noqa: ARG001
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a room or an MRN that is all digits
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unfit("text of at most 10,000 characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("text that is valid Unicode (this holds half a surrogate pair)") from None
    return value


def _strings(value: Any, context: Context) -> list[str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")] if value else []
    if not isinstance(value, list | tuple | set | frozenset) or len(value) > LONGEST_LIST:
        raise Unfit("a list of texts, on a command line with commas between them")
    return [_string(part, context) for part in value]


def _time(value: Any, context: Context) -> datetime:
    if isinstance(value, timedelta):
        value = context.now + value
    if isinstance(value, str):
        value = _instant(value.strip(), context)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the ward's zone follows
    if not isinstance(value, datetime):
        raise Unfit("a time: 2026-01-10T22:00:00Z, or 2026-01-10 22:00 in the ward's zone, now, or -6h before now")
    value = value if value.tzinfo else value.replace(tzinfo=context.zone)
    if not EARLIEST <= value.astimezone(UTC) <= LATEST:
        raise Unfit("a time between the years 1678 and 2262")
    return value.astimezone(UTC)


def _instant(text: str, context: Context) -> datetime | None:
    """The instant that a text names, None where it names none; naive where the ward's zone is meant."""
    if text in ("now", "now()"):
        return context.now
    if RELATIVE.fullmatch(text):
        return context.now - timedelta(microseconds=nanoseconds(text[1:]) // 1_000)
    if not (found := INSTANT.fullmatch(text)):
        return None
    day, minute, second, fraction, offset = found.groups()
    iso = f"{day}T{minute or '00:00'}:{second or '00'}.{(fraction or '0').ljust(6, '0')}{(offset or '').upper()}"
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        raise Unfit("a time that the calendar knows") from None


def nanoseconds(duration: str) -> int:
    """How long a duration of fixed units is; months and years have no fixed length and raise Unfit."""
    parts = MAGNITUDE.findall(duration)
    if any(unit in ("mo", "y") for _, unit in parts):
        raise Unfit("a duration of weeks or shorter units: months and years have no fixed length")
    return sum(int(count) * UNITS_NS[unit] for count, unit in parts)


def _duration(value: Any, context: Context) -> str:  # noqa: ARG001
    if isinstance(value, timedelta):
        microseconds = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
        return f"{microseconds}us"
    if not isinstance(value, str) or not DURATION.fullmatch(value.strip()):
        raise Unfit("a duration: 5m, 1h30m, 1d")
    parts = MAGNITUDE.findall(value)
    if sum(int(count) * UNITS_NS.get(unit, 366 * 86_400 * 10**9) for count, unit in parts) >= 2**63:
        raise Unfit("a duration of less than 292 years")
    return value.strip()


def _int(value: Any, context: Context) -> int:  # noqa: ARG001
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,19}", value.strip(), re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) < value < 2**63:
        raise Unfit("a whole number")
    return value


def _float(value: Any, context: Context) -> float:  # noqa: ARG001
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", value.strip(), re.ASCII):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or float(value) - float(value) != 0:
        raise Unfit("a finite number")
    return float(value)


def _float_literal(value: float) -> str:
    """Flux knows no exponent: every digit that makes the number is written out."""
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def _bool(value: Any, context: Context) -> bool:  # noqa: ARG001
    if isinstance(value, str):
        value = {"true": True, "yes": True, "false": False, "no": False}.get(value.strip().lower())
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


TYPES: Mapping[str, Type] = {
    kind.name: kind
    for kind in (
        Type("string", "text", _string, text_literal),
        Type("[string]", "a list of texts", _strings, lambda parts: f"[{', '.join(map(text_literal, parts))}]"),
        Type("time", "a time", _time, time_literal),
        Type("duration", "a duration", _duration, str),
        Type("int", "a whole number", _int, str),
        Type("float", "a number", _float, _float_literal),
        Type("bool", "true or false", _bool, lambda value: "true" if value else "false"),
    )
}
