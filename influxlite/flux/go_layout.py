"""Times read by a layout of Go's package time, which shows how 2006-01-02 15:04:05 would be written."""

from __future__ import annotations

import re
from functools import lru_cache

from influxlite.flux.instants import parse_instant

# Like Go, a number takes as many digits as it can and gives none back.
_PARTS = {
    "2006": r"(?P<year>\d{4})",
    "01": r"(?P<month>\d{2})",
    "1": r"(?P<month>\d{1,2}+)",
    "02": r"(?P<day>\d{2})",
    "2": r"(?P<day>\d{1,2}+)",
    "15": r"(?P<hour>\d{2})",
    "04": r"(?P<minute>\d{2})",
    "4": r"(?P<minute>\d{1,2}+)",
    "05": r"(?P<second>\d{2})(?:\.(?P<fraction>\d++))?",
    "5": r"(?P<second>\d{1,2}+)(?:\.(?P<fraction>\d++))?",
    "Z07:00": r"(?P<offset>Z|[+-]\d{2}:\d{2})",
    "-07:00": r"(?P<offset>[+-]\d{2}:\d{2})",
}
_TOKEN = re.compile(r"2006|Z07:00|-07:00|[.,](?:0+|9+)(?!\d)|01|02|15|04|05|1|2|4|5")
RFC3339 = ("RFC3339", "RFC3339Nano")


def parse_by_layout(text: str, layout: str) -> int:
    """Nanoseconds since 1970; `layout` is one of Go's, or the name RFC3339 or RFC3339Nano. ValueError as Go says it."""
    try:
        if layout in RFC3339:
            if "T" not in text:
                raise ValueError
            return parse_instant(text)
        match = _pattern(layout).fullmatch(text)
        if match is None:
            raise ValueError
        found = {"year": "0000", "month": "1", "day": "1", "hour": "0", "minute": "0", "second": "0"}
        for name, part in match.groupdict().items():
            if part is not None:  # of a part that stands twice the last one counts
                found[name.partition("_")[0]] = part
        day = "-".join((found["year"], found["month"].zfill(2), found["day"].zfill(2)))
        clock = ":".join(found[name].zfill(2) for name in ("hour", "minute", "second"))
        fraction = "." + found["fraction"] if "fraction" in found else ""
        return parse_instant(f"{day}T{clock}{fraction}{found.get('offset', 'Z')}")
    except ValueError:
        written = "2006-01-02T15:04:05Z07:00" if layout in RFC3339 else layout
        raise ValueError(f'parsing time "{text}" as "{written}": cannot parse "{text}"') from None


@lru_cache(maxsize=256)
def _pattern(layout: str) -> re.Pattern[str]:
    parts, position = [], 0
    for number, token in enumerate(_TOKEN.finditer(layout)):
        parts.append(re.escape(layout[position : token.start()]))
        parts.append(_PARTS.get(token[0], "").replace(">", f"_{number}>"))
        position = token.end()
    return re.compile("".join(parts) + re.escape(layout[position:]), re.ASCII)
