"""A clock that is wrong and gets more so: the device says what it believes; `sent_at` lets the server correct it."""

from typing import ClassVar

from simulator.faults.fault import Fault
from simulator.times import DAY_MS


class Drift(Fault):
    """45 seconds to 20 minutes off to either side at first, and up to 20 seconds more or less each day.

    A crystal of 200 parts per million loses 17 seconds a day; minutes are what an operator's hand leaves behind.
    """

    name: ClassVar[str] = "drift"
    summary: ClassVar[str] = "a device's clock is minutes off and drifts"

    def __init__(self, seed: int, room: str) -> None:
        """The clock of that room's device, wrong from its first reading on."""
        super().__init__(seed, room)
        self._base_ms = self.chance.choice([-1, 1]) * self.chance.randrange(45_000, 1_200_000)
        self._per_day_ms = self.chance.choice([-1, 1]) * self.chance.randrange(2_000, 20_000)
        self._start_ms: int | None = None

    def offset_ms(self, at_ms: int) -> int:
        """The offset at first and what has come on top since."""
        if self._start_ms is None:
            self._start_ms = at_ms
        return self._base_ms + (at_ms - self._start_ms) * self._per_day_ms // DAY_MS
