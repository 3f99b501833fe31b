"""promql.promqlHour, promqlMonth …: parts of an instant that is given in seconds since 1970."""

from __future__ import annotations

from collections.abc import Callable

from influxlite.flux.stdlib.registry import Builtin, function
from influxlite.flux.stdlib.universe.casts import truncated
from influxlite.flux.windows import civil, days_in_month

DAY_S = 86_400


def _civil(timestamp: float) -> tuple[int, int, int]:
    return civil(_second(timestamp) // DAY_S)


def _second(timestamp: float) -> int:
    return truncated(timestamp * 1e9) // 1_000_000_000


PARTS: dict[str, tuple[str, Callable[[float], int]]] = {
    "promqlDayOfMonth": ("The day of the month.", lambda t: _civil(t)[2]),
    "promqlDayOfWeek": ("The day of the week, Sunday being 0.", lambda t: (_second(t) // DAY_S + 4) % 7),
    "promqlDaysInMonth": ("How many days the month has.", lambda t: days_in_month(*_civil(t)[:2])),
    "promqlHour": ("The hour of the day.", lambda t: _second(t) // 3600 % 24),
    "promqlMinute": ("The minute of the hour.", lambda t: _second(t) // 60 % 60),
    "promqlMonth": ("The month, January being 1.", lambda t: _civil(t)[1]),
    "promqlYear": ("The year.", lambda t: _civil(t)[0]),
}
"""Names to promises and meanings; all in UTC, all as floats."""


def _part(name: str) -> Builtin:
    doc, part = PARTS[name]

    def call(timestamp: float) -> float:
        return float(part(timestamp))

    call.__doc__ = f"""{doc}

    import "internal/promql"
    array.from(rows: [{{_value: promql.{name}(timestamp: 1767225600.0)}}])
    """
    return function("(timestamp: float) => float", name, nulls=False)(call)


FUNCTIONS = [_part(name) for name in PARTS]
