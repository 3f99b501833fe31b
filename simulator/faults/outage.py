"""A network that is away for a while: the monitor buffers, and sends everything in one burst when it is back."""

from typing import ClassVar

from simulator.faults.fault import Fault
from simulator.reading import Reading


class Outage(Fault):
    """About twice in 24 hours of readings a minute, 20 to 180 readings are held back, then come at once, in order."""

    name: ClassVar[str] = "outage"
    summary: ClassVar[str] = "the network is away, then a buffered burst"

    def __init__(self, seed: int, room: str) -> None:
        """No outage in a room's first hour: its first patient arrives undisturbed."""
        super().__init__(seed, room)
        self._buffer: list[Reading] = []
        self._until_next = 60 + self.chance.randrange(600)
        self._length = self.chance.randrange(20, 180)

    def hand_over(self, reading: Reading) -> list[Reading]:
        """Nothing during an outage; the whole buffer with its last reading; the reading itself otherwise."""
        if self._until_next > 0:
            self._until_next -= 1
            return [reading]
        self._buffer.append(reading)
        if len(self._buffer) < self._length:
            return []
        self._until_next = self.chance.randrange(300, 1100)
        self._length = self.chance.randrange(20, 180)
        return self.empty()

    def empty(self) -> list[Reading]:
        """What an outage still holds when the simulation ends."""
        burst, self._buffer = self._buffer, []
        return burst
