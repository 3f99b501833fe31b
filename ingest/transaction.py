"""One request's work inside the committer's transaction: what it may read, and what it leaves to be written.

Three layers hold what is known: the committed state (`Known`), what earlier requests of the same group changed
(`Group`), and what this request changes (`Transaction`). A request that fails leaves nothing: its layer is dropped, and
what it wrote at once is rolled back to a savepoint, which is set only when it does write at once.

Most of a reading's rows are not written at once: receipts, rooms, patients and lines gather in the group, and each kind
is written by few statements before the commit.
"""

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from ingest import outbox
from ingest.clock import now_ms
from ingest.errors import Unavailable
from ingest.state import Known, Patient, Receipt, Room
from ingest.upsert import Upsert

Identity = tuple[str, str, int]
IdempotentRow = tuple[str, str, bytes, int, bytes, int]


def _numbered(*columns: str) -> dict[str, int | str]:
    return {column: number for number, column in enumerate(columns)}


_RECEIPT = ("sent_ms", "room", "mrn", "fields", "time_ms", "flags", "name_mac", "received_ms")
_RECEIPTS = Upsert("receipts", _numbered(*_RECEIPT), _RECEIPT[:3], ("fields", "name_mac"))
# What most are: received now, its point at the time as sent, with nothing to remark.
_PLAIN_RECEIPTS = Upsert(
    "receipts",
    {**_numbered(*_RECEIPT[:4]), "time_ms": 0, "flags": "0", "name_mac": "NULL", "received_ms": "same"},
    _RECEIPT[:3],
    ("fields", "name_mac"),
)
_ROOM_TIMES = ("last_event_ms", "last_reading_ms", "last_sent_ms", "last_clock_ms", "moves")
_ROOMS = Upsert("rooms", _numbered("room", *_ROOM_TIMES), ("room",), _ROOM_TIMES)
_NAMED = ("name", "name_ms", "therapy_start_ms")
_PATIENTS = Upsert("patients", _numbered("mrn", *_NAMED), ("mrn",), _NAMED)
_SKEWS = Upsert("skews", _numbered("device", "skew_ms", "measured_ms"), ("device",), ("skew_ms", "measured_ms"))


class Layer:
    """Changes that are not committed yet."""

    __slots__ = (
        "after_commit",
        "corrected",
        "counts",
        "entries",
        "forgotten_devices",
        "idempotent",
        "patients",
        "receipts",
        "rooms",
        "skews",
    )

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.patients: dict[str, Patient] = {}
        self.receipts: dict[Identity, Receipt] = {}
        self.corrected: set[Identity] = set()  # room, MRN and time of the points that are not at the time as sent
        self.skews: dict[str, int] = {}
        self.forgotten_devices: list[str] = []
        self.entries: list[outbox.Entry] = []
        self.idempotent: list[IdempotentRow] = []
        self.after_commit: list[Callable[[], None]] = []
        self.counts: dict[tuple[str, str], int] = {}


class Group(Layer):
    """What all requests of one commit changed so far."""

    __slots__ = ("db", "known", "now_ms")

    def __init__(self, db: sqlite3.Connection, known: Known) -> None:
        super().__init__()
        self.db = db
        self.known = known
        self.now_ms = now_ms()

    def flush(self) -> None:
        """Write everything that was gathered; the commit follows."""
        db = self.db
        _ROOMS.write(
            db,
            [
                (
                    room.room,
                    room.last_event_ms,
                    room.last_reading_ms,
                    room.last_sent_ms,
                    room.last_clock_ms,
                    ",".join(map(str, room.moves)),
                )
                for room in self.rooms.values()
            ],
        )
        _PATIENTS.write(db, [(p.mrn, p.name, p.name_ms, p.therapy_start_ms) for p in self.patients.values()])
        self._write_receipts()
        _SKEWS.write(db, [(device, skew, self.now_ms) for device, skew in self.skews.items()])
        if self.idempotent:
            db.executemany("INSERT OR REPLACE INTO idempotency VALUES (?,?,?,?,?,?)", self.idempotent)
        outbox.append(db, self.entries, self.now_ms)

    def _write_receipts(self) -> None:
        """In the order of the table, so that neighbours lie on one page."""
        plain: list[tuple[Any, ...]] = []
        others: list[tuple[Any, ...]] = []
        now = self.now_ms
        for (room, mrn, sent_ms), r in self.receipts.items():
            time_ms, fields, flags, name_mac, received_ms = r.time_ms, r.fields, r.flags, r.name_mac, r.received_ms
            if time_ms == sent_ms and not flags and name_mac is None and received_ms == now:
                plain.append((sent_ms, room, mrn, fields))
            else:
                others.append((sent_ms, room, mrn, fields, time_ms, flags, name_mac, received_ms))
        plain.sort()
        others.sort()
        _PLAIN_RECEIPTS.write(self.db, plain, now)
        _RECEIPTS.write(self.db, others)

    def committed(self) -> None:
        """Make these changes what is known, then tell those who wait for them."""
        known = self.known
        known.rooms.update(self.rooms)
        known.patients.update(self.patients)
        for device in self.forgotten_devices:
            known.skews.pop(device, None)
        known.skews.update(self.skews)
        known.corrected_rooms.update(room for room, _, _ in self.corrected)
        known.outbox_lines += len(self.entries)
        known.forget_some()
        for room in self.rooms.values():
            room.dirty = False
        for patient in self.patients.values():
            patient.dirty = False
        for tell in self.after_commit:
            tell()


class Transaction(Layer):
    """One request's view and its changes; made by the committer, used in its thread alone."""

    __slots__ = ("_saved", "db", "group", "keeps", "now_ms", "stay_at")

    def __init__(self, group: Group) -> None:
        super().__init__()
        self.group = group
        self.db = group.db
        self.now_ms = group.now_ms
        self._saved = False
        self.keeps: tuple[int, int] | None = None  # the first and the last time that a reading may have now
        self.stay_at: dict[str, Any] = {}

    def room(self, room: str) -> Room:
        """The room, to read or to change (then set `dirty`); a new one when it was never used."""
        mine = self.rooms.get(room)
        if mine is None:
            before = self.group.rooms.get(room) or self.group.known.rooms.get(room)
            mine = self.rooms[room] = before.copy() if before is not None else Room(room)
        return mine

    def is_known_room(self, room: str) -> bool:
        """Whether anything was ever accepted for that room."""
        mine = self.rooms.get(room)
        if mine is not None and mine.dirty:
            return True
        return room in self.group.rooms or room in self.group.known.rooms

    def count_rooms(self) -> int:
        """How many rooms there are at least."""
        return len(self.group.known.rooms) + len(self.group.rooms)

    def patient(self, mrn: str) -> Patient:
        """The patient, to read or to change (then set `dirty`); a new one when never seen.

        Raises `Unavailable` for one who is being forgotten: what comes now would be forgotten in part.
        """
        mine = self.patients.get(mrn)
        if mine is None:
            if mrn in self.group.known.forgetting:
                raise Unavailable(
                    "being-forgotten", "That patient is being forgotten. Send it again when that is done."
                )
            before = self.group.patients.get(mrn) or self.group.known.patients.get(mrn)
            mine = self.patients[mrn] = before.copy() if before is not None else self._load_patient(mrn)
        return mine

    def _load_patient(self, mrn: str) -> Patient:
        row = self.db.execute(
            "SELECT name, name_ms, therapy_start_ms, room, from_ms FROM patients p "
            "LEFT JOIN stays s ON s.mrn = p.mrn AND s.to_ms IS NULL WHERE p.mrn = ?",
            (mrn,),
        ).fetchone()
        return Patient(mrn, *row) if row else Patient(mrn)

    def receipt(self, identity: Identity) -> Receipt | None:
        """What was answered for that identity, if it is known."""
        found = self.receipts.get(identity) or self.group.receipts.get(identity)
        if found is not None:
            return found
        row = self.db.execute(
            "SELECT time_ms, fields, flags, name_mac, received_ms FROM receipts WHERE room=? AND mrn=? AND sent_ms=?",
            identity,
        ).fetchone()
        return Receipt(*row) if row else None

    def point_taken(self, room: str, mrn: str, time_ms: int, *, as_sent: bool) -> bool:
        """Whether a receipt of that room and MRN put its point at that time already.

        `as_sent`: no reading was sent with that time, so that only a corrected one can have its point there.
        """
        point = (room, mrn, time_ms)
        if point in self.corrected or point in self.group.corrected:
            return True
        if not as_sent:
            own = self.receipt(point)
            if own is not None and own.time_ms == time_ms:
                return True
        if room not in self.group.known.corrected_rooms:
            return False
        found = self.db.execute(
            "SELECT 1 FROM receipts WHERE room=? AND mrn=? AND time_ms=? AND time_ms != sent_ms", (room, mrn, time_ms)
        )
        return found.fetchone() is not None

    def skew(self, device: str) -> int | None:
        """The remembered skew of a device's clock in milliseconds, positive when it is ahead."""
        for layer in (self.skews, self.group.skews, self.group.known.skews):
            if device in layer:
                return layer[device]
        return None

    def has_skews(self) -> bool:
        """Whether any device's clock is remembered."""
        return bool(self.skews or self.group.skews or self.group.known.skews)

    def count(self, metric: str, label: str = "", by: int = 1) -> None:
        """Count something that becomes true with the commit."""
        key = (metric, label)
        self.counts[key] = self.counts.get(key, 0) + by

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Read what is committed and what this group wrote at once."""
        return self.db.execute(sql, tuple(parameters))

    def write(self, sql: str, parameters: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Write at once, to be undone if this request fails."""
        if not self._saved:
            self.db.execute("SAVEPOINT request")
            self._saved = True
        return self.db.execute(sql, tuple(parameters))

    def undo(self) -> None:
        """Take back what was written at once; the rest is dropped with this object."""
        if self._saved:
            self.db.execute("ROLLBACK TO request")
            self.db.execute("RELEASE request")

    def merge(self) -> None:
        """The request succeeded: its changes become the group's."""
        if self._saved:
            self.db.execute("RELEASE request")
        group = self.group
        group.rooms.update((key, room) for key, room in self.rooms.items() if room.dirty)
        for mrn, patient in self.patients.items():
            if patient.dirty:
                group.patients[mrn] = patient
            elif mrn not in group.patients:
                group.known.patients[mrn] = patient  # as committed: read once, then known
        if group.receipts:
            group.receipts.update(self.receipts)
        else:
            group.receipts = self.receipts
        group.corrected |= self.corrected
        group.skews.update(self.skews)
        group.forgotten_devices.extend(self.forgotten_devices)
        group.entries.extend(self.entries)
        group.idempotent.extend(self.idempotent)
        group.after_commit.extend(self.after_commit)
        for key, by in self.counts.items():
            group.counts[key] = group.counts.get(key, 0) + by
