"""iox.sqlInterval: a duration in words."""

from __future__ import annotations

import re

from influxlite.flux.stdlib.registry import function
from influxlite.flux.values import Duration

WORDS = {
    "ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours",
    "d": "days", "w": "weeks", "mo": "months", "y": "years",
}  # fmt: skip


@function("(d: A) => string")
def sql_interval(d: Duration) -> str:
    """A duration as an interval of SQL.

    import "experimental/iox"
    array.from(rows: [{v: iox.sqlInterval(d: 1h30m)}])
    """
    return re.sub(r"(\D+)", lambda unit: f" {WORDS.get(unit[1], unit[1])} ", str(d)).strip()
