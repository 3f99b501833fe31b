"""When a night begins and ends: night D is noon of day D to noon of the next, by the clock on the ward's wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NOON = time(12)
ONE_DAY = timedelta(days=1)


def night_bounds(night: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants `[from, to)` of that night in UTC: 23, 24 or 25 hours apart.

    Where the clock skips noon (no zone does today) the instant is the one that the offset before the jump gives.
    """
    start, stop = (datetime.combine(day, NOON, zone).astimezone(UTC) for day in (night, night + ONE_DAY))
    return start, stop


def night_of(instant: datetime, zone: ZoneInfo) -> date:
    """The night that an instant belongs to: what the wall's calendar shows, or the day before until noon."""
    local = instant.astimezone(zone)
    return local.date() if local.time() >= NOON else local.date() - ONE_DAY
