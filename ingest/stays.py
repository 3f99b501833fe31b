"""Who lies where, decided by the time of measurement.

A stay is an interval `[from, to)` of one patient in one room, open while `to` is None. At any instant a room holds
one patient and a patient lies in one room; no stay has zero length, and two of one patient in one room that touch
are one. Every change writes its boundary to the outbox in the same transaction: `admitted` where a stay begins,
`left` or `transferred` where it ends; where a boundary is corrected, its old point is deleted first.

A reading moves its room only if it is later than everything accepted for that room (`accept` decides that). What it
says about the patient's other rooms may still be old news: then the new stay ends where the next one is known to begin.
"""

from dataclasses import dataclass

from ingest import outbox
from ingest.clock import format_ms
from ingest.errors import Conflict
from ingest.line_protocol import stay_line
from ingest.state import Room
from ingest.transaction import Transaction

ADMITTED, LEFT, TRANSFERRED = "admitted", "left", "transferred"
_COLUMNS = "SELECT id, room, mrn, from_ms, to_ms FROM stays WHERE "


@dataclass(slots=True)
class Stay:
    """One row of `stays`."""

    id: int
    room: str
    mrn: str
    from_ms: int
    to_ms: int | None

    def document(self) -> dict[str, str | None]:
        """The stay as the API shows it."""
        to = None if self.to_ms is None else format_ms(self.to_ms)
        return {"room": self.room, "mrn": self.mrn, "from": format_ms(self.from_ms), "to": to}


def in_room_at(tx: Transaction, room: str, time_ms: int) -> Stay | None:
    """The stay of whoever lies in the room at that instant; late batches ask it for each reading of one stay."""
    last = tx.stay_at.get(room)
    if last is not None and last.from_ms <= time_ms and (last.to_ms is None or time_ms < last.to_ms):
        return last
    found = _covering(tx, "room", room, time_ms)
    if found is not None:
        tx.stay_at[room] = found
    return found


def of_patient_at(tx: Transaction, mrn: str, time_ms: int) -> Stay | None:
    """The stay of the patient at that instant."""
    return _covering(tx, "mrn", mrn, time_ms)


def says(tx: Transaction, room: str, mrn: str, event: str, time_ms: int) -> bool:
    """Whether there is such a boundary: one whose point was kept back may have been corrected since."""
    edge = "from_ms" if event == ADMITTED else "to_ms"
    found = tx.query(f"SELECT 1 FROM stays WHERE room=? AND mrn=? AND {edge}=?", (room, mrn, time_ms))  # noqa: S608
    return found.fetchone() is not None


def move(tx: Transaction, room: Room, mrn: str, time_ms: int) -> None:
    """A reading names another patient than the one who lies in its room: the room turns over at that instant.

    The time must be later than every admission of the room.
    """
    there = in_room_at(tx, room.room, time_ms)
    if there is not None:
        _end(tx, there, time_ms, LEFT)
    elsewhere = of_patient_at(tx, mrn, time_ms)
    if elsewhere is not None:
        _end(tx, elsewhere, time_ms, LEFT)
    following = _first_after(tx, "mrn", mrn, time_ms)
    _begin(tx, room, mrn, time_ms, None if following is None else following.from_ms)
    room.moved(time_ms)
    tx.count("moves")


def admit(tx: Transaction, room: Room, mrn: str, time_ms: int) -> tuple[Stay, bool]:
    """Put a patient into a room by hand: the stay, and whether it is new.

    Raises `Conflict`: `room-occupied` when another lies there, `stay-overlap` when the stay would reach into another.
    """
    there = in_room_at(tx, room.room, time_ms)
    if there is not None:
        if there.mrn == mrn:
            return there, False
        raise _occupied() if there.to_ms is None else _overlap()
    elsewhere = of_patient_at(tx, mrn, time_ms)
    following = _first_after(tx, "room", room.room, time_ms)
    of_patient = _first_after(tx, "mrn", mrn, time_ms)
    if following is not None and following.mrn == mrn and following == of_patient and elsewhere is None:
        return _begin_earlier(tx, following, time_ms), False
    if following is not None or of_patient is not None:
        raise _overlap()
    if elsewhere is not None:
        if elsewhere.to_ms is not None or elsewhere.from_ms == time_ms:
            raise _overlap()
        _end(tx, elsewhere, time_ms, LEFT)
    return _begin(tx, room, mrn, time_ms, None), True


def discharge(tx: Transaction, room: Room, mrn: str | None, time_ms: int) -> Stay:
    """End the stay of whoever lies in the room at that instant; within a stay that has ended, its end is corrected.

    Raises `Conflict`: `room-empty`, `wrong-patient` when another MRN lies there, `stay-overlap` for a stay of no
    length.
    """
    there = in_room_at(tx, room.room, time_ms)
    if there is None:
        raise Conflict("room-empty", "Nobody lies in that room at that time. Check the room and the time.")
    if mrn is not None and there.mrn != mrn:
        raise Conflict("wrong-patient", "Another patient lies in that room at that time. Check the MRN.")
    if there.from_ms == time_ms:
        raise Conflict("stay-overlap", "The stay would end at the instant it begins. Give a later time.")
    return _end(tx, there, time_ms, LEFT)


def transfer(tx: Transaction, room: Room, mrn: str, target: Room, time_ms: int) -> Stay:
    """Move the patient from one room to another at that instant; the new stay.

    Raises `Conflict`: `room-empty`, `wrong-patient`, `room-occupied` for the target, `stay-overlap`.
    """
    there = in_room_at(tx, room.room, time_ms)
    if there is None:
        raise Conflict("room-empty", "Nobody lies in that room at that time. Check the room and the time.")
    if there.mrn != mrn:
        raise Conflict("wrong-patient", "Another patient lies in that room at that time. Check the MRN.")
    taken = in_room_at(tx, target.room, time_ms)
    if taken is not None:
        raise _occupied() if taken.to_ms is None else _overlap()
    if (
        there.to_ms is not None
        or there.from_ms == time_ms
        or _first_after(tx, "room", target.room, time_ms) is not None
    ):
        raise _overlap()
    _end(tx, there, time_ms, TRANSFERRED)
    return _begin(tx, target, mrn, time_ms, None)


def _occupied() -> Conflict:
    return Conflict("room-occupied", "Another patient lies in that room. Discharge or transfer that patient first.")


def _overlap() -> Conflict:
    return Conflict("stay-overlap", "It would overlap another stay of that room or patient. Check the time.")


def _covering(tx: Transaction, column: str, value: str, time_ms: int) -> Stay | None:
    row = tx.query(f"{_COLUMNS}{column}=? AND from_ms<=? ORDER BY from_ms DESC LIMIT 1", (value, time_ms)).fetchone()
    if row is None or (row[4] is not None and row[4] <= time_ms):
        return None
    return Stay(*row)


def _first_after(tx: Transaction, column: str, value: str, time_ms: int) -> Stay | None:
    row = tx.query(f"{_COLUMNS}{column}=? AND from_ms>? ORDER BY from_ms LIMIT 1", (value, time_ms)).fetchone()
    return Stay(*row) if row else None


def _begin(tx: Transaction, room: Room, mrn: str, from_ms: int, to_ms: int | None) -> Stay:
    """A new stay, or more of the one that it touches; one that is known to have ended leaves its end's point too."""
    tx.stay_at.clear()
    touched = _touching(tx, room.room, mrn, from_ms)
    if touched is None:
        row = tx.write(
            "INSERT INTO stays (room, mrn, from_ms, to_ms) VALUES (?,?,?,?)", (room.room, mrn, from_ms, to_ms)
        ).lastrowid
        assert row is not None
        stay = Stay(row, room.room, mrn, from_ms, to_ms)
        tx.entries.append(stay_line(room.room, mrn, ADMITTED, from_ms))
    else:
        stay = _lengthen(tx, touched, to_ms)
    if to_ms is not None:
        tx.entries.append(stay_line(room.room, mrn, LEFT, to_ms))
    _lies_there(tx, stay)
    return stay


def _begin_earlier(tx: Transaction, stay: Stay, from_ms: int) -> Stay:
    """Correct where a stay begins; where it touches the one before of that patient, they are one."""
    tx.stay_at.clear()
    tx.entries.append(outbox.stay_erased(stay.room, stay.mrn, stay.from_ms))
    touched = _touching(tx, stay.room, stay.mrn, from_ms)
    if touched is None:
        tx.write("UPDATE stays SET from_ms=? WHERE id=?", (from_ms, stay.id))
        stay = Stay(stay.id, stay.room, stay.mrn, from_ms, stay.to_ms)
        tx.entries.append(stay_line(stay.room, stay.mrn, ADMITTED, from_ms))
    else:
        tx.write("DELETE FROM stays WHERE id=?", (stay.id,))
        stay = _lengthen(tx, touched, stay.to_ms)
    _lies_there(tx, stay)
    return stay


def _touching(tx: Transaction, room: str, mrn: str, time_ms: int) -> Stay | None:
    """The stay of that patient in that room that ends where another is to begin: two that touch are one stay."""
    row = tx.query(_COLUMNS + "room=? AND mrn=? AND to_ms=?", (room, mrn, time_ms)).fetchone()
    return Stay(*row) if row else None


def _lengthen(tx: Transaction, stay: Stay, to_ms: int | None) -> Stay:
    """Let an ended stay go on."""
    tx.write("UPDATE stays SET to_ms=? WHERE id=?", (to_ms, stay.id))
    assert stay.to_ms is not None
    tx.entries.append(outbox.stay_erased(stay.room, stay.mrn, stay.to_ms))
    return Stay(stay.id, stay.room, stay.mrn, stay.from_ms, to_ms)


def _lies_there(tx: Transaction, stay: Stay) -> None:
    """Let the room and the patient know of each other, if the stay lasts."""
    room, patient = tx.room(stay.room), tx.patient(stay.mrn)
    if stay.to_ms is None:
        room.mrn, room.since_ms = stay.mrn, stay.from_ms
        patient.room, patient.since_ms = stay.room, stay.from_ms
    room.dirty = patient.dirty = True


def _end(tx: Transaction, stay: Stay, to_ms: int, event: str) -> Stay:
    """End a stay at an instant it covers; one that would have no length is taken away."""
    tx.stay_at.clear()
    if stay.to_ms is None:
        room, patient = tx.room(stay.room), tx.patient(stay.mrn)
        room.mrn = room.since_ms = patient.room = patient.since_ms = None
        room.dirty = patient.dirty = True
    if stay.to_ms is not None:
        tx.entries.append(outbox.stay_erased(stay.room, stay.mrn, stay.to_ms))
    if stay.from_ms == to_ms:
        tx.write("DELETE FROM stays WHERE id=?", (stay.id,))
        tx.entries.append(outbox.stay_erased(stay.room, stay.mrn, stay.from_ms))
    else:
        tx.write("UPDATE stays SET to_ms=? WHERE id=?", (to_ms, stay.id))
        tx.entries.append(stay_line(stay.room, stay.mrn, event, to_ms))
    return Stay(stay.id, stay.room, stay.mrn, stay.from_ms, to_ms)
