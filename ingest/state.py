"""What is known of rooms, patients and devices: rows held in memory by the one thread that writes them.

`Known` is what is committed. It is filled from the database at start and by the committer after each commit, so a
reading of a room that it follows in time needs no look into the database at all.
"""

import sqlite3
from dataclasses import dataclass, field

import msgspec

FLAPPING_WINDOW_MS = 10 * 60_000
FLAPPING_MOVES = 3
PATIENTS_HELD = 50_000


@dataclass(slots=True)
class Room:
    """One room: its latest events, who lies in it now, and when readings last moved it."""

    room: str
    last_event_ms: int | None = None  # the latest accepted reading, admission or discharge
    last_reading_ms: int | None = None
    last_sent_ms: int | None = None  # the latest time as sent: what is later than this was never here before
    last_clock_ms: int | None = None  # the latest time that the server's clock gave
    mrn: str | None = None
    since_ms: int | None = None
    moves: tuple[int, ...] = ()
    dirty: bool = False

    def copy(self) -> "Room":
        """A copy to work on."""
        return Room(
            self.room,
            self.last_event_ms,
            self.last_reading_ms,
            self.last_sent_ms,
            self.last_clock_ms,
            self.mrn,
            self.since_ms,
            self.moves,
        )

    def moved(self, instant_ms: int) -> None:
        """A reading moved the room at that instant."""
        self.moves = (*self.moves[1 - FLAPPING_MOVES :], instant_ms)


def is_flapping(moves: tuple[int, ...], last_event_ms: int | None) -> bool:
    """Whether three moves lie within the ten minutes that end with the room's latest event."""
    if len(moves) < FLAPPING_MOVES or last_event_ms is None:
        return False
    return last_event_ms - moves[-FLAPPING_MOVES] <= FLAPPING_WINDOW_MS


def moves_of(text: str) -> tuple[int, ...]:
    """The moves as a row holds them."""
    return tuple(int(part) for part in text.split(",") if part)


@dataclass(slots=True)
class Patient:
    """One patient: the name and the time of the reading that gave it, and where the patient lies now."""

    mrn: str
    name: str | None = None
    name_ms: int | None = None
    therapy_start_ms: int | None = None
    room: str | None = None
    since_ms: int | None = None
    dirty: bool = False

    def copy(self) -> "Patient":
        """A copy to work on."""
        return Patient(self.mrn, self.name, self.name_ms, self.therapy_start_ms, self.room, self.since_ms)


class Receipt(msgspec.Struct, gc=False):
    """What was answered for one identity (room, MRN, time as sent), and the fields it has by now."""

    time_ms: int
    fields: str
    flags: int
    name_mac: bytes | None
    received_ms: int


@dataclass(slots=True)
class Known:
    """The committed state."""

    rooms: dict[str, Room] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)
    skews: dict[str, int] = field(default_factory=dict)
    corrected_rooms: set[str] = field(default_factory=set)  # rooms with points that are not at the time as sent
    outbox_lines: int = 0
    forgetting: set[str] = field(default_factory=set)  # patients who are being forgotten

    @classmethod
    def load(cls, db: sqlite3.Connection) -> "Known":
        """Read it from the database: all rooms and devices (both are bounded), no patient yet."""
        known = cls()
        for row in db.execute(
            "SELECT r.room, last_event_ms, last_reading_ms, last_sent_ms, last_clock_ms, s.mrn, s.from_ms, moves "
            "FROM rooms r LEFT JOIN stays s ON s.room = r.room AND s.to_ms IS NULL"
        ):
            known.rooms[row[0]] = Room(row[0], row[1], row[2], row[3], row[4], row[5], row[6], moves_of(row[7]))
        known.corrected_rooms.update(
            room for (room,) in db.execute("SELECT DISTINCT room FROM receipts WHERE time_ms != sent_ms")
        )
        known.skews.update(db.execute("SELECT device, skew_ms FROM skews"))
        known.forgetting.update(mrn for (mrn,) in db.execute("SELECT mrn FROM forgetting"))
        known.outbox_lines = db.execute("SELECT coalesce(sum(lines), 0) FROM outbox").fetchone()[0]
        return known

    def forget_some(self) -> None:
        """Keep the patients held in memory within their bound; the database has them all."""
        if len(self.patients) > PATIENTS_HELD:
            self.patients.clear()
