"""When a task is due: by `every`, aligned to it, or by `cron`, and later by `offset`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from influxlite.tasks import cron, spans

if TYPE_CHECKING:
    from influxlite.tasks.model import Task

YEAR_ONE_S = 62_135_596_800
"""Seconds from the year 1 to 1970: `every` is aligned to the start of the year 1, so that weeks begin on Monday."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instants that a task's runs are for; each starts `offset_s` after (or before) the instant it is for."""

    rule: cron.Cron | spans.Span
    offset_s: int = 0

    @classmethod
    def of(cls, task: Task) -> Schedule:
        """A task's own; OptionsError where it has none."""
        return cls(spans.read(task.every) if task.every else cron.read(task.cron), task.offset_s)

    def aligned(self, instant_s: int) -> int:
        """The instant that counting begins from: with `every`, the multiple of it at or before this one."""
        if isinstance(self.rule, cron.Cron):
            return instant_s
        every_s = max(self.rule.ns // spans.UNIT_NS["s"], 1)
        return instant_s - (instant_s + YEAR_ONE_S) % every_s

    def after(self, instant_s: int) -> int:
        """The next instant after one of the schedule's own; NeverDueError where there is none."""
        return self.rule.after(instant_s)

    def is_late(self, following: int, now_s: int, most: int) -> bool:
        """Whether more than `most` runs are due, counted from the one that follows."""
        for _ in range(most):
            if following + self.offset_s > now_s:
                return False
            following = self.after(following)
        return following + self.offset_s <= now_s

    def missed(self, since_s: int, now_s: int, most: int) -> int:
        """Where to begin so that of the runs due between two instants no more than the newest `most` are made up for.

        An instant to give to `after`: `since_s`, aligned, where the runs since then are few enough.
        """
        begin = self.aligned(since_s)
        span_s = 60
        while now_s - span_s > begin and self._count(self.aligned(now_s - span_s), now_s, most) < most:
            span_s *= 2
        if now_s - span_s > begin:
            begin = self.aligned(now_s - span_s)
        due: list[int] = []
        instant = begin
        while True:
            following = self.after(instant)
            if following + self.offset_s > now_s:
                return due[-most - 1] if len(due) > most else begin
            due.append(following)
            instant = following

    def _count(self, since_s: int, now_s: int, most: int) -> int:
        """How many runs were due between two instants, counted to `most`."""
        count, instant = 0, self.after(since_s)
        while instant + self.offset_s <= now_s and count < most:
            count, instant = count + 1, self.after(instant)
        return count
