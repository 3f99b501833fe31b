"""The ward: which patient lies in which room when, decided by the seed and extended day by day as it is asked for."""

import threading
from bisect import bisect_right
from dataclasses import dataclass

from simulator.chance import dice
from simulator.physiology import noon_before
from simulator.times import DAY_MS

# fmt: off
GIVEN = [
    "Ada", "Alma", "Bela", "Cleo", "Dina", "Emil", "Enzo", "Faye", "Gust", "Hana", "Igor", "Jana", "Kai", "Lena",
    "Milo", "Nora", "Olaf", "Pina", "Quin", "Rosa", "Sven", "Tara", "Udo", "Vera", "Wim", "Yara", "Zeno",
]
FAMILY = [
    "Abel", "Berg", "Castro", "Dahl", "Egger", "Frey", "Gruber", "Haas", "Ito", "Jansen", "Kovac", "Lund", "Meyer",
    "Novak", "Okoye", "Park", "Quist", "Rossi", "Silva", "Tanaka", "Ueda", "Vogel", "Weiss", "Xu", "Young", "Zimmer",
]
# fmt: on


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody made up: an MRN as text and a name."""

    mrn: str
    name: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A patient in a room from `from_ms` until the room's next stay begins; `how` tells `first`,
    `turnover` or `transfer`.
    """

    room: str
    patient: Patient
    from_ms: int
    how: str


class Ward:
    """Rooms with one patient each, some of whom change at every noon.

    At each noon about a third of the rooms, and at least one, take a new patient; on a ward of four rooms or more one
    patient moves to a freed room instead of going home. The same seed and start make the same ward, however far it is
    asked for. Safe to ask from many threads.
    """

    def __init__(
        self, seed: int, rooms: int, start_ms: int, *, noon_hour: float = 12.0, turnover_after_noon_h: float = 0.0,
        first_room: int = 101, first_mrn: int = 5001,
    ) -> None:  # fmt: skip
        """A ward of `rooms` rooms, numbered from `first_room`, that opens at `start_ms`.

        `noon_hour` is the hour UTC of the ward's noon; patients change `turnover_after_noon_h` hours after it.
        """
        self.seed = seed
        self.noon_hour = noon_hour
        self._turnover_hour = (noon_hour + turnover_after_noon_h) % 24
        self.rooms = [str(first_room + index) for index in range(rooms)]
        self._next_mrn = first_mrn
        self._lock = threading.Lock()
        self._known_until_ms = noon_before(start_ms, self._turnover_hour) + DAY_MS
        self._stays = {room: [Stay(room, self._new_patient(), start_ms, "first")] for room in self.rooms}

    def stay_at(self, room: str, at_ms: int) -> Stay:
        """Who lies in that room at that instant, which is not before the ward opened."""
        with self._lock:
            while self._known_until_ms <= at_ms:
                self._turn_over(self._known_until_ms)
                self._known_until_ms += DAY_MS
            stays = self._stays[room]
            index = bisect_right(stays, at_ms, key=lambda stay: stay.from_ms) - 1
            if index < 0:
                raise ValueError("the ward was not open yet at that instant")
            return stays[index]

    def stray(self, room: str) -> Patient:
        """Somebody who lies in no room but whose monitor reports into this one: a gateway that is wired wrong."""
        chance = dice(self.seed, "stray", room)
        return Patient(f"S-{room}-{self.seed}"[:32], f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}")

    def turnovers(self, start_ms: int, end_ms: int) -> list[int]:
        """The instants after `start_ms` and before `end_ms` at which patients change, in order."""
        first = noon_before(start_ms, self._turnover_hour) + DAY_MS
        return list(range(first, end_ms, DAY_MS))

    def _turn_over(self, at_ms: int) -> None:
        """Change some rooms at that instant."""
        chance = dice(self.seed, "turnover", at_ms)
        leaving = [room for room in self.rooms if chance.random() < 0.3] or [chance.choice(self.rooms)]
        staying = [room for room in self.rooms if room not in leaving]
        arrivals = {room: (self._new_patient(), "turnover") for room in leaving}
        if len(self.rooms) >= 4 and staying:
            source, target = chance.choice(staying), chance.choice(leaving)
            arrivals[source] = (arrivals[target][0], "turnover")
            arrivals[target] = (self._stays[source][-1].patient, "transfer")
        for room, (patient, how) in arrivals.items():
            self._stays[room].append(Stay(room, patient, at_ms, how))

    def _new_patient(self) -> Patient:
        """The next patient through the door; every seventh has an MRN of another hospital, which is no number."""
        number = self._next_mrn
        self._next_mrn += 1
        chance = dice(self.seed, "patient", number)
        mrn = f"X-{number:06d}" if number % 7 == 0 else str(number)
        return Patient(mrn, f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}")
