"""RFC 3339 to nanoseconds since 1970: with the nine digits that Python's datetime does not have."""

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS = 1_000_000_000


def parse_instant(text: str) -> int:
    """Nanoseconds since 1970 UTC of an RFC 3339 date-time, or of a date alone (midnight UTC); else ValueError.

    Digits beyond the ninth are cut off; a leap second (`:60`) counts as the second after `:59`.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no RFC 3339 date-time with an offset")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if int(second or 0) > 60 or (offset and len(offset) == 6 and (int(offset[1:3]) > 23 or int(offset[4:]) > 59)):
        raise ValueError(f"{text} is out of range")
    whole_minutes = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
    seconds = (whole_minutes - _EPOCH) // timedelta(seconds=1) + int(second or 0)
    if offset and len(offset) == 6:
        ahead = int(offset[1:3]) * 3600 + int(offset[4:]) * 60
        seconds -= ahead if offset[0] == "+" else -ahead
    return seconds * _SECOND_NS + int((fraction or "0")[:9].ljust(9, "0"))
