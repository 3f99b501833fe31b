"""Answers that never arrive: the monitor cannot know whether it was heard, and sends again."""

from typing import ClassVar

from simulator.faults.fault import Fault, Loss


class Lost(Fault):
    """One answer in twelve is lost: half of them after the server sent it, half because the monitor hung up early."""

    name: ClassVar[str] = "lost"
    summary: ClassVar[str] = "answers get lost, and the monitor sends again"
    everywhere: ClassVar[bool] = True

    def lose(self) -> Loss:
        """One request in twenty-four loses its answer one way, as many the other."""
        fate = self.chance.random()
        return Loss.IGNORED if fate < 1 / 24 else Loss.CUT if fate < 1 / 12 else Loss.NONE
