"""Readings that arrive after newer ones: held in a gateway, and sent when the room is hours further on."""

from typing import ClassVar

from simulator.faults.fault import Fault
from simulator.reading import Reading


class Late(Fault):
    """About once in 60 readings, 1 to 12 of them are kept back until 20 to 400 newer ones have gone."""

    name: ClassVar[str] = "late"
    summary: ClassVar[str] = "readings come after newer ones"

    def __init__(self, seed: int, room: str) -> None:
        """Nothing is held yet."""
        super().__init__(seed, room)
        self._held: list[tuple[int, Reading]] = []
        self._seen = 0
        self._catch = 0
        self._due = 0

    def hand_over(self, reading: Reading) -> list[Reading]:
        """The reading, then what has been held long enough."""
        self._seen += 1
        if self._catch == 0 and self.chance.random() < 1 / 60:
            self._catch = self.chance.randrange(1, 12)
            self._due = self._seen + self._catch + self.chance.randrange(20, 400)
        if self._catch > 0:
            self._catch -= 1
            self._held.append((self._due, reading))
            return []
        ready = [held for due, held in self._held if due <= self._seen]
        self._held = [(due, held) for due, held in self._held if due > self._seen]
        return [reading, *ready]

    def empty(self) -> list[Reading]:
        """What is still held when the simulation ends."""
        rest = [held for _, held in self._held]
        self._held = []
        return rest
