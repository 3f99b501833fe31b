"""Instants as whole milliseconds since 1970 UTC, which is what the wire keeps of them, and as RFC 3339 text."""

import time
from datetime import UTC, datetime

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def now_ms() -> int:
    """This machine's clock, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """An aware datetime as milliseconds since 1970 UTC, truncated; a naive one is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset from UTC, such as +00:00")
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def rfc3339(ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC with three decimals: `2026-01-10T22:00:00.000Z`."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def from_rfc3339(text: str) -> int:
    """RFC 3339 with an offset as milliseconds since 1970, truncated; ValueError for anything else."""
    return to_ms(datetime.fromisoformat(text))
