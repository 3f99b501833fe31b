"""Spans of time as task options write them: `1h30m`, `-5m`, `1mo`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from influxlite.flux import nodes
from influxlite.tasks.errors import OptionsError

UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 7 * 86_400_000_000_000,
    "mo": 30 * 86_400_000_000_000,
    "y": 365 * 86_400_000_000_000,
}
"""What a unit counts for where a span has to be one number; months and years are calendar ones only in `after`."""
CLOCK_UNITS = frozenset(("ns", "us", "ms", "s", "m", "h"))
LONGEST_NS = 2**63 - 1
_DIGITS, _LETTERS = re.compile(r"[0-9]+"), re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A span as it was written: its parts, and its sign."""

    parts: tuple[tuple[int, str], ...]
    negative: bool = False

    def __str__(self) -> str:
        """The form it was written in."""
        return ("-" if self.negative else "") + "".join(f"{count}{unit}" for count, unit in self.parts)

    @property
    def is_zero(self) -> bool:
        """Whether every part is nought."""
        return not any(count for count, _ in self.parts)

    @property
    def ns(self) -> int:
        """Its length in nanoseconds, a month 30 days and a year 365; OptionsError for what 64 bits do not hold."""
        total = sum(count * UNIT_NS[unit] for count, unit in self.parts)
        if total > LONGEST_NS:
            raise OptionsError(f"duration {self} is too long")
        return -total if self.negative else total

    def clock_ns(self) -> int:
        """Its length where only hours and less are allowed; OptionsError in Go's words otherwise."""
        for _, unit in self.parts:
            if unit not in CLOCK_UNITS:
                raise OptionsError(f'time: unknown unit "{unit}" in duration "{self}"')
        return self.ns

    def after(self, instant_s: int) -> int:
        """The instant one span later, in whole seconds: years, months, days by the calendar (UTC), then the rest."""
        counts = dict.fromkeys(("y", "mo", "d", "w"), 0)
        seconds = 0
        for count, unit in self.parts:
            if unit in counts:
                counts[unit] += count
            else:
                seconds += count * UNIT_NS[unit]
        start = datetime.fromtimestamp(instant_s, UTC)
        months = start.year * 12 + start.month - 1 + counts["y"] * 12 + counts["mo"]
        first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
        moved = first + timedelta(days=start.day - 1 + counts["d"] + 7 * counts["w"])
        return int(moved.timestamp()) + seconds // UNIT_NS["s"]


def read(text: str) -> Span:
    """The span that a text writes; OptionsError in InfluxDB's words where it writes none. Empty is no span at all."""
    negative = text.startswith("-")
    rest = text[negative:]
    parts: list[tuple[int, str]] = []
    while rest:
        digits = _DIGITS.match(rest)
        if digits is None:
            raise OptionsError(f"invalid duration {rest}")
        rest = rest[digits.end() :]
        letters = _LETTERS.match(rest)
        if letters is None:
            raise OptionsError(f"duration is missing a unit: {rest}")
        rest = rest[letters.end() :]
        unit = "us" if letters.group() == "µs" else letters.group()
        if unit not in UNIT_NS:
            raise OptionsError(f'unknown unit "{unit}" in duration {text}')
        parts.append((int(digits.group()), unit))
    return Span(tuple(parts), negative)


def of_literal(node: nodes.DurationLiteral, *, negative: bool = False) -> Span:
    """The span of a literal in a script."""
    return Span(tuple((part.magnitude, part.unit) for part in node.values), negative)


def shown(seconds: int) -> str:
    """Whole seconds as InfluxDB shows an offset: 1h30m, -5m; nothing for nought."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count]
    return sign + "".join(parts) if parts else ""
