"""A reference of stays that is nothing but a calendar: who lies where in each minute, and what was answered.

Tests run the same steps on it and on what they test. `replay` reads the other side back: the outbox.
"""

import copy
import json
import sqlite3

from ingest.outbox import WRITE

ROOMS, MRNS, MINUTES = ("1", "2", "3"), ("a", "b", "c", "d"), 24
START_MS, MINUTE_MS = 1_767_000_000_000, 60_000
CONFLICT = "conflict"
Shown = set[tuple[str, str, int, int | None]]
"""Stays as room, MRN, first minute, and the minute in which it ended (None: it lasts)."""


def at(minute: int) -> int:
    """The instant of a minute."""
    return START_MS + minute * MINUTE_MS


def minute_of(instant_ms: int) -> int:
    """The minute of an instant."""
    return (instant_ms - START_MS) // MINUTE_MS


class Calendar:
    """Who lies where, minute by minute; the last minute stands for all that come after."""

    def __init__(self) -> None:
        self.beds: dict[str, list[str | None]] = {room: [None] * (MINUTES + 1) for room in ROOMS}
        self.latest = dict.fromkeys(ROOMS, -1)
        self.answered: dict[tuple[str, str, int], tuple[float, tuple[str, ...]]] = {}

    def copy(self) -> "Calendar":
        """One to try a step on."""
        return copy.deepcopy(self)

    def state(self) -> tuple:
        """All that decides what comes next."""
        beds = tuple(tuple(bed) for bed in self.beds.values())
        return beds, tuple(self.latest.values()), frozenset(self.answered.items())

    def where(self, mrn: str, minute: int) -> str | None:
        """The room that the patient lies in."""
        return next((room for room in ROOMS if self.beds[room][minute] == mrn), None)

    def end(self, room: str, minute: int) -> int:
        """The first minute in which the room's patient of that minute is no longer there."""
        bed = self.beds[room]
        return next((m for m in range(minute, MINUTES + 1) if bed[m] != bed[minute]), MINUTES + 1)

    def clear(self, room: str, minute: int) -> None:
        """The patient who lies there leaves."""
        end = self.end(room, minute)
        self.beds[room][minute:end] = [None] * (end - minute)

    def next_of(self, mrn: str, minute: int) -> int:
        """The first later minute in which the patient is known to lie somewhere."""
        return next((m for m in range(minute + 1, MINUTES + 1) if self.where(mrn, m)), MINUTES + 1)

    def fill(self, room: str, mrn: str, minute: int, end: int) -> None:
        """The patient lies there."""
        self.beds[room][minute:end] = [mrn] * (end - minute)

    def begins(self, room: str, minute: int) -> bool:
        """Whether the stay of that minute begins in it."""
        bed = self.beds[room]
        return minute == 0 or bed[minute - 1] != bed[minute]

    def stays(self) -> Shown:
        """Every stay."""
        found = set()
        for room, bed in self.beds.items():
            minute = 0
            while minute <= MINUTES:
                end = self.end(room, minute)
                mrn = bed[minute]
                if mrn is not None:
                    found.add((room, mrn, minute, None if end > MINUTES else end))
                minute = end
        return found

    def reading(self, room: str, mrn: str, minute: int, spo2: float) -> tuple[str, ...] | str:
        """A reading moves its room if it is later than everything there, else nobody; its flags, or CONFLICT.

        One that is known is answered as before, and refused where its value is another.
        """
        known = self.answered.get((room, mrn, minute))
        if known is not None:
            return known[1] if known[0] == spo2 else CONFLICT
        flags = self._flags(room, mrn, minute)
        self.answered[room, mrn, minute] = (spo2, flags)
        if minute > self.latest[room]:
            if self.beds[room][minute] != mrn:
                self.clear(room, minute)
                elsewhere = self.where(mrn, minute)
                if elsewhere:
                    self.clear(elsewhere, minute)
                self.fill(room, mrn, minute, self.next_of(mrn, minute))
            self.latest[room] = minute
        return flags

    def _flags(self, room: str, mrn: str, minute: int) -> tuple[str, ...]:
        there = self.beds[room][minute]
        if minute > self.latest[room] or (there == mrn and minute == self.latest[room]):
            return ()
        return ("late",) if there in (None, mrn) else ("late", "mismatch")

    def admit(self, room: str, mrn: str, minute: int) -> bool:
        """An admission takes an empty room, corrects a beginning, or is refused."""
        there, elsewhere = self.beds[room][minute], self.where(mrn, minute)
        following = next((m for m in range(minute, MINUTES + 1) if self.beds[room][m]), None)
        if there is not None:
            made = there == mrn
        elif following is not None:
            own = self.beds[room][following] == mrn and self.next_of(mrn, minute) == following
            made = own and elsewhere is None
            if made:
                self.fill(room, mrn, minute, following)
        elif elsewhere is None:
            made = self.next_of(mrn, minute) > MINUTES
            if made:
                self.fill(room, mrn, minute, MINUTES + 1)
        else:
            made = self.end(elsewhere, minute) > MINUTES and not self.begins(elsewhere, minute)
            if made:
                self.clear(elsewhere, minute)
                self.fill(room, mrn, minute, MINUTES + 1)
        return self._made(made, minute, room)

    def discharge(self, room: str, mrn: str | None, minute: int) -> bool:
        """A discharge ends the stay of that instant, if there is one of some length and of that patient."""
        there = self.beds[room][minute]
        made = there is not None and mrn in (None, there) and not self.begins(room, minute)
        if made:
            self.clear(room, minute)
        return self._made(made, minute, room)

    def transfer(self, room: str, goal: str, mrn: str, minute: int) -> bool:
        """A transfer ends one stay and begins another in a room that is free from then on."""
        there = self.beds[room][minute]
        lasting = there is not None and self.end(room, minute) > MINUTES
        made = there == mrn and not self.begins(room, minute) and not any(self.beds[goal][minute:]) and lasting
        if made:
            self.clear(room, minute)
            self.fill(goal, mrn, minute, MINUTES + 1)
        return self._made(made, minute, room, goal)

    def _made(self, made: bool, minute: int, *rooms: str) -> bool:
        for room in rooms if made else ():
            self.latest[room] = max(self.latest[room], minute)
        return made


def boundaries(shown: Shown) -> tuple[set[tuple[str, str, int]], set[tuple[str, str, int]]]:
    """The instants at which stays begin, and those at which they end: room, MRN, milliseconds."""
    begins = {(room, mrn, at(begin)) for room, mrn, begin, _ in shown}
    return begins, {(room, mrn, at(end)) for room, mrn, _, end in shown if end is not None}


def replay(
    db: sqlite3.Connection, after: int = 0
) -> tuple[dict[tuple[str, str, int], str], list[tuple[str, str, int]]]:
    """What InfluxDB holds once it has the outbox behind that row: stay points, and the series and time of readings."""
    points: dict[tuple[str, str, int], str] = {}
    readings: list[tuple[str, str, int]] = []
    for kind, body in db.execute("SELECT kind, body FROM outbox WHERE seq > ? ORDER BY seq", (after,)):
        if kind == WRITE:
            for line in body.split("\n"):
                series, fields, time = line.split(" ")
                name, mrn, room = series.split(",")
                key = room[5:], mrn[4:], int(time)
                if name == "stay":
                    points[key] = fields[7:-1]
                else:
                    readings.append(key)
        else:
            point = json.loads(body)
            points.pop((point["room"], point["mrn"], point["time_ms"]), None)
    return points, readings
