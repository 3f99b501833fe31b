"""RFC 3339 to nanoseconds since 1970: with the nine digits and the leap second that Python's datetime lacks."""

import re

_RFC3339 = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2}))?", re.ASCII)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SECOND_NS = 1_000_000_000


def _parts(text: str) -> tuple[int, int, int, int, int, int, str, int]:
    """Year, month, day, hour, minute, second, the fraction's digits (at most nine), seconds east of UTC."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no RFC 3339 date-time with an offset")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    fraction, offset = (match.group(7) or "")[:9], match.group(8) or "Z"
    east_s = 0
    if offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:])
        east_s = (hours * 3600 + minutes * 60) * (-1 if offset[0] == "-" else 1)
        if hours > 23 or minutes > 59:
            raise ValueError(f"{text} has an offset of more than a day")
    if not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month) or hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{text} is on no calendar")
    return year, month, day, hour, minute, second, fraction, east_s


def _days_in(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _DAYS[month - 1]


def _day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, also before it began (the year is counted from March)."""
    year -= month <= 2
    return year * 365 + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469


def parse_instant(text: str) -> int:
    """Nanoseconds since 1970 UTC of an RFC 3339 date-time, or of a date alone (midnight UTC); else ValueError.

    Digits beyond the ninth are cut off; a leap second (`:60`) counts as the second after `:59`.
    """
    year, month, day, hour, minute, second, fraction, east_s = _parts(text)
    seconds = _day_number(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - east_s
    return seconds * _SECOND_NS + int(fraction.ljust(9, "0"))


def canonical_instant(text: str) -> str:
    """The same instant as InfluxDB's AST writes it: with its offset, and 0, 3, 6 or 9 digits of a second."""
    year, month, day, hour, minute, second, fraction, east_s = _parts(text)
    digits = fraction.ljust(9, "0")
    while digits.endswith("000"):
        digits = digits[:-3]
    offset = "Z"
    if east_s:
        offset = f"{'-' if east_s < 0 else '+'}{abs(east_s) // 3600:02}:{abs(east_s) % 3600 // 60:02}"
    clock = f"{hour:02}:{minute:02}:{second:02}" + ("." + digits if digits else "")
    return f"{year:04}-{month:02}-{day:02}T{clock}{offset}"
