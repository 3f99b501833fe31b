"""Times: milliseconds since 1970 (UTC) inside, RFC 3339 outside.

Inside, every instant is an `int` of milliseconds; its name ends in `_ms`. Text is read only by a pattern, so that what
`datetime` happens to accept (week dates, missing offsets, odd separators) never becomes part of the contract.
"""

import re
import time
from datetime import date
from functools import lru_cache

MINUTE_MS = 60_000
DAY_MS = 86_400_000
EARLIEST_MS = -9_223_372_036_854  # InfluxDB's own first instant, 1677-09-21, in whole milliseconds
LATEST_MS = 9_223_372_036_854
LAST_WRITTEN_MS = 253_402_300_799_999  # the end of 9999: an offset can name a later instant, which UTC cannot write
PATTERN = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}")
_RFC3339 = re.compile(
    rf"({_MINUTE.pattern}):([0-5][0-9])(?:\.([0-9]{{1,9}}))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_PLAIN_LENGTH = len("2026-01-10T22:00:00Z")
_SECONDS = {f"{second:02d}": second for second in range(60)}
_SECOND_TEXTS = tuple(f":{second:02d}" for second in range(60))
_NO_TIME = "must be an RFC 3339 time with an offset, such as 2026-01-10T22:00:00Z"
_UNIX_DAY = date(1970, 1, 1).toordinal()


def now_ms() -> int:
    """The server's clock."""
    return time.time_ns() // 1_000_000


def parse_ms(text: str) -> int:
    """The instant that an RFC 3339 text with an offset names, truncated to milliseconds.

    Raises `ValueError` (its message fit for a client, without the text) when the text is anything else.
    """
    if len(text) == _PLAIN_LENGTH and text[16] == ":" and text[19] == "Z":
        second = _SECONDS.get(text[17:19])
        if second is not None:
            return _minute_ms(text[:16]) + second * 1000
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(_NO_TIME)
    minute, second, fraction, sign, hours, minutes = match.groups()
    instant = _minute_ms(minute) + int(second) * 1000
    if fraction:
        instant += int(fraction[:3].ljust(3, "0"))
    if sign:
        offset = (int(hours) * 60 + int(minutes)) * MINUTE_MS
        instant += offset if sign == "-" else -offset
    return instant


def format_ms(instant_ms: int) -> str:
    """RFC 3339 in UTC, with three digits of milliseconds where there are any."""
    minute, rest = divmod(instant_ms, MINUTE_MS)
    second, milli = divmod(rest, 1000)
    text = _minute_text(minute) + _SECOND_TEXTS[second]
    return f"{text}.{milli:03d}Z" if milli else text + "Z"


@lru_cache(maxsize=65_536)
def _minute_ms(text: str) -> int:
    """Milliseconds of `YYYY-MM-DDTHH:MM`; readings of a ward share their minutes, so most are known already."""
    if _MINUTE.fullmatch(text) is None:
        raise ValueError(_NO_TIME)
    try:
        day = date(int(text[:4]), int(text[5:7]), int(text[8:10])).toordinal() - _UNIX_DAY
    except ValueError:
        raise ValueError("names a day that the calendar does not have") from None
    hour, minute = int(text[11:13]), int(text[14:16])
    if hour > 23 or minute > 59:
        raise ValueError("names an hour or minute that the clock does not have")
    return day * DAY_MS + (hour * 60 + minute) * MINUTE_MS


@lru_cache(maxsize=65_536)
def _minute_text(minute: int) -> str:
    day, rest = divmod(minute, 1440)
    return f"{date.fromordinal(day + _UNIX_DAY).isoformat()}T{rest // 60:02d}:{rest % 60:02d}"
