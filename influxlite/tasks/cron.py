"""Cron lines as InfluxDB's tasks write them, always in UTC.

    minute hour day-of-month month day-of-week              five fields: at second 0
    second minute hour day-of-month month day-of-week       six
    second minute hour day-of-month month day-of-week year  seven
    @every 1h30m   @hourly @daily @midnight @weekly @monthly @yearly @annually @every_minute @every_second

A field is a list of `*`, `5`, `1-5`, `MON`, each with a step such as `*/10` or `5/10`. Unlike in Unix both the day of
the month and the day of the week must fit. A step among days of the week counts from Sunday.
"""

import bisect
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from influxlite.tasks import spans
from influxlite.tasks.errors import NeverDueError, OptionsError

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FIRST_YEAR, LAST_YEAR = 1970, 2099
MACROS = {
    "yearly": "0 0 0 1 1 * *",
    "annually": "0 0 0 1 1 * *",
    "monthly": "0 0 0 1 * * *",
    "weekly": "0 0 0 * * 0 *",
    "daily": "0 0 0 * * * *",
    "midnight": "0 0 0 * * * *",
    "hourly": "0 0 * * * * *",
    "every_minute": "0 * * * * * *",
    "every_second": "* * * * * * *",
}
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Kind:
    """A field of a cron line: its name in messages, its values, and the names that stand for some of them."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()


SECOND, MINUTE, HOUR = Kind("second", 0, 59), Kind("minute", 0, 59), Kind("hour", 0, 23)
DAY, MONTH = Kind("month", 1, 31), Kind("month", 1, 12, MONTHS)
WEEKDAY, YEAR = Kind("day of week", 0, 6, DAYS), Kind("year", FIRST_YEAR, LAST_YEAR)
KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR)
_ITEM = re.compile(r"(?P<first>\*|[0-9]+|[A-Za-z]{3})(?:-(?P<last>[0-9]+|[A-Za-z]{3}))?(?:/(?P<step>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Cron:
    """The instants of a cron line: the values that each field allows, sorted."""

    times_s: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]

    def after(self, instant_s: int) -> int:
        """The next instant after this one; NeverDueError where there is none before 2100."""
        day, time_s = divmod(instant_s + 1, DAY_S)
        place = bisect.bisect_left(self.times_s, time_s)
        date = datetime.fromtimestamp(day * DAY_S, UTC).date()
        if place == len(self.times_s):
            date, place = date + timedelta(days=1), 0
        while date.year <= LAST_YEAR:
            if date.year not in self.years or date.month not in self.months:
                date, place = (date.replace(day=1) + timedelta(days=31)).replace(day=1), 0
            elif date.day not in self.days or date.isoweekday() % 7 not in self.weekdays:
                date, place = date + timedelta(days=1), 0
            else:
                return int(datetime(date.year, date.month, date.day, tzinfo=UTC).timestamp()) + self.times_s[place]
        raise NeverDueError("could not fulfil schedule due to year")


def read(line: str) -> Cron | spans.Span:
    """What a cron line says; OptionsError where it says nothing."""
    text = line.strip()
    if text.startswith("@every "):
        span = spans.read(text.removeprefix("@every ").strip())
        if span.is_zero or span.negative:
            raise _unreadable(line)
        return span
    if text.startswith("@"):
        if text[1:] not in MACROS:
            raise _unreadable(line)
        text = MACROS[text[1:]]
    fields = text.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) == 6:
        fields.append("*")
    if len(fields) != len(KINDS):
        raise _unreadable(line)
    seconds, minutes, hours, *rest = (_values(kind, field, line) for kind, field in zip(KINDS, fields, strict=True))
    times = tuple(sorted(h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds))
    return Cron(times, *(frozenset(values) for values in rest))


def _values(kind: Kind, text: str, line: str) -> set[int]:
    """The values that a field allows."""
    found: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise _unreadable(line)
        found |= _item(kind, match, line)
    if not found:
        raise _unreadable(line)
    return found


def _item(kind: Kind, match: re.Match[str], line: str) -> set[int]:
    """The values of one item of a field."""
    first, last, step = match["first"], match["last"], int(match["step"]) if match["step"] else 0
    if step and step > kind.last - kind.first:
        raise OptionsError(f"invalid {kind.name} */{step}")
    if first == "*":
        if last:
            raise _unreadable(line)
        start, end = kind.first, kind.last
    else:
        start = _number(kind, first, line)
        if not last and not step:
            if kind is WEEKDAY and start == 7:
                raise OptionsError("invalid day of week range start must be before end")
            return {_allowed(kind, start, "start")}
        end = _number(kind, last, line) if last else kind.last
    if kind is WEEKDAY:
        end = 6 if end == 7 else end
        if _allowed(kind, start, "start") > _allowed(kind, end, "end"):
            raise OptionsError("invalid day of week range start must be before end")
        return {day for day in range(start, end + 1) if day % max(step, 1) == 0}
    return set(range(_allowed(kind, start, "start"), _allowed(kind, end, "end") + 1, max(step, 1)))


def _number(kind: Kind, text: str, line: str) -> int:
    """The value that a number or a name stands for."""
    if text.isdigit():
        return int(text)
    if text.upper() not in kind.names:
        raise _unreadable(line)
    return kind.first + kind.names.index(text.upper())


def _allowed(kind: Kind, value: int, which: str) -> int:
    """A value that a field may have; OptionsError in InfluxDB's words."""
    if not kind.first <= value <= kind.last + (kind is WEEKDAY):
        shown = value - 1 if kind is DAY else value
        raise OptionsError(f"invalid {which} {kind.name} {shown}")
    return value


def _unreadable(line: str) -> OptionsError:
    """InfluxDB's words for what is no cron line."""
    return OptionsError(f"failed to parse cron string '{line}' {{0 0 0 0 0 0 0 0 0 0 0 false}} 111111111111")
