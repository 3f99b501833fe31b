"""What a wall clock meant: times without an offset in a zone that changes its clock."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):  # noqa: N818 - reads as the fact that it states
    """A text is no time, or the clock on the wall never showed it."""


@dataclass
class WallClock:
    """Reads times of one series in a zone; `zone` None takes only times with an offset.

    In the hour that comes twice, a time is the first that is not before the time read before it: a series that was
    written as it happened is read as it happened. `ambiguous` counts the times for which that rule decided.
    """

    zone: ZoneInfo | None
    ambiguous: int = 0
    _before: datetime | None = None

    def read(self, text: str) -> datetime:
        """The instant in UTC. NoSuchTime says why there is none."""
        try:
            found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        except ValueError:
            raise NoSuchTime("is no time such as 2026-01-10T22:00:00Z") from None
        instant = found.astimezone(UTC) if found.tzinfo is not None else self._local(found)
        self._before = instant
        return instant

    def _local(self, found: datetime) -> datetime:
        if self.zone is None:
            raise NoSuchTime("has no offset from UTC: name the zone of such times with --timezone")
        first, second = (found.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(self.zone).replace(tzinfo=None) != found:
            raise NoSuchTime(f"was never shown by the clock of {self.zone}, which jumps over it")
        if first == second:
            return first
        self.ambiguous += 1
        before = self._before
        return first if before is None or first >= before or second < before else second


def rfc3339(instant: datetime) -> str:
    """An instant as the API takes it, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
