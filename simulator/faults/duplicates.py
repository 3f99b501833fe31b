"""Readings sent more than once: a gateway that forgets what it sent, and an oximeter whose part comes a second time."""

from collections import deque
from typing import ClassVar

from simulator.faults.fault import Fault
from simulator.reading import Reading


class Duplicates(Fault):
    """One reading in ten is sent again up to 60 readings later; one in twenty comes in two parts, other fields each."""

    name: ClassVar[str] = "duplicates"
    summary: ClassVar[str] = "readings are sent more than once, or in parts"

    def __init__(self, seed: int, room: str) -> None:
        """Nothing was sent yet."""
        super().__init__(seed, room)
        self._history: deque[Reading] = deque(maxlen=60)
        self._parts: list[Reading] = []

    def hand_over(self, reading: Reading) -> list[Reading]:
        """The reading, sometimes with an older one again, sometimes only a part of it."""
        fate = self.chance.random()
        sending = [reading]
        if fate < 0.05 and "spo2" in reading.fields:
            sending = [*self._parts, reading.only(set(reading.fields) - {"spo2"})]
            self._parts = [reading.only({"spo2"})]
        elif fate < 0.15 and self._history:
            sending = [reading, self.chance.choice(self._history)]
        self._history.append(sending[-1])
        return sending

    def empty(self) -> list[Reading]:
        """The part that is still owed."""
        rest, self._parts = self._parts, []
        return rest
