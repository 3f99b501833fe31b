"""Two monitors that report into one room in turn: a gateway wired to the wrong socket, seen as a room that flaps."""

from typing import ClassVar

from simulator.faults.fault import Fault


class TwoMonitors(Fault):
    """From the room's 30th reading on, another patient's monitor reports before each of 40; then so once a day.

    Every reading names its own patient, so each belongs where it says; the room goes back and forth and must be
    flagged.
    """

    name: ClassVar[str] = "two-monitors"
    summary: ClassVar[str] = "two devices name different patients in one room"

    def stray_now(self, index: int) -> bool:
        """Whether reading number `index` lies in one of the stretches."""
        return index >= 30 and (index - 30) % 1440 < 40
