"""What a fault can change about a monitor: its clock, what it sends when, whether answers arrive, who else talks."""

import enum
from typing import ClassVar

from simulator.chance import dice
from simulator.reading import Reading


class Loss(enum.Enum):
    """What becomes of the answer to one request."""

    NONE = "it arrives"
    IGNORED = "the server sent it, the monitor never saw it"
    CUT = "the monitor hung up while it waited"


class Fault:
    """A monitor without faults; each fault changes what it is about and leaves the rest.

    One instance belongs to one room, keeps its own state, and throws its own dice. Lengths are counted in readings, so
    that they mean the same at any interval.
    """

    name: ClassVar[str] = "none"
    summary: ClassVar[str] = ""
    everywhere: ClassVar[bool] = False
    """Whether it is the network's, and so every room's."""

    def __init__(self, seed: int, room: str) -> None:
        """The fault of that room."""
        self.chance = dice(seed, "fault", self.name, room)

    def offset_ms(self, at_ms: int) -> int:
        """How far the device's clock is ahead at that true instant, in milliseconds."""
        del at_ms
        return 0

    def hand_over(self, reading: Reading) -> list[Reading]:
        """What the monitor sends, in this order, now that it has measured this reading."""
        return [reading]

    def empty(self) -> list[Reading]:
        """What it still holds back when the simulation ends."""
        return []

    def lose(self) -> Loss:
        """What becomes of the answer to the request that is about to be sent."""
        return Loss.NONE

    def stray_now(self, index: int) -> bool:
        """Whether a second monitor reports into the room just before its reading number `index`."""
        del index
        return False
