"""Takes a reading into the transaction: its identity, its time, whether it moves the room, its receipt and its line.

The order is the contract: a known identity is answered as before, whatever the clock says by now; then the time is held
against clock and retention; then the stays; then everything is written or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ingest import skew, stays
from ingest.clock import EARLIEST_MS
from ingest.errors import Conflict, NotAllowed, Unavailable
from ingest.incoming import Incoming
from ingest.line_protocol import join_fields, reading_line, split_fields
from ingest.state import Patient, Receipt, Room
from ingest.transaction import Transaction

AHEAD_MS = 5 * 60_000
LATE, MISMATCH, UNEXPECTED, CORRECTED = 1, 2, 4, 8
FLAG_NAMES = ((LATE, "late"), (MISMATCH, "mismatch"), (UNEXPECTED, "unexpected-mrn"), (CORRECTED, "skew-corrected"))


@dataclass(slots=True, frozen=True)
class Rules:
    """What the settings say about accepting: `oldest_ms` gives the bucket's retention as the earliest time kept."""

    readings_move: bool
    max_rooms: int
    max_devices: int
    outbox_limit: int
    oldest_ms: Callable[[int], int | None]
    mac: Callable[[str], bytes]


class Accepted(msgspec.Struct, gc=False):
    """The answer for one reading; `duplicate` when nothing of it was new."""

    room: str
    mrn: str
    time_ms: int
    flags: int
    duplicate: bool = False


def flag_names(flags: int) -> list[str]:
    """The flags of an answer by name."""
    return [name for bit, name in FLAG_NAMES if flags & bit] if flags else []


def accept(tx: Transaction, reading: Incoming, rules: Rules) -> Accepted:
    """Take one reading; raises `Conflict`, `NotAllowed` or `Unavailable`, then nothing of it is stored."""
    room = tx.room(reading.room)
    following = _next(tx, room, reading, rules)
    if following is not None:
        return following
    flags = 0
    if reading.sent_at_ms is not None and reading.device is not None:
        skew.observe(tx, reading.device, reading.sent_at_ms, tx.now_ms, rules.max_devices)
    sent_ms = reading.time_ms
    if sent_ms is None:
        sent_ms = time_ms = _server_time(tx, room, reading)
        room_clock = time_ms
    else:
        room_clock = None
        if room.last_sent_ms is not None and sent_ms <= room.last_sent_ms:
            known = tx.receipt((reading.room, reading.mrn, sent_ms))
            if known is not None:
                return _again(tx, room, reading, sent_ms, known, rules)
        correction = skew.correction(tx, reading.device) if reading.device is not None else 0
        time_ms = sent_ms - correction
        if correction:
            flags = CORRECTED
        check_time(tx, time_ms, rules)
        time_ms = _free_time(tx, room, reading.mrn, time_ms, sent_ms)
    check_room_limit(tx, reading.room, rules)
    patient = tx.patient(reading.mrn)
    if reading.fields or reading.forced:
        flags |= _place(tx, room, reading, time_ms, rules)
        _keep_point(tx, room, patient, reading.fields, time_ms)
    if reading.name is not None:
        _name(patient, reading.name, time_ms)
    room.dirty = True
    if room_clock is not None:
        room.last_clock_ms = room_clock
    if room.last_sent_ms is None or sent_ms > room.last_sent_ms:
        room.last_sent_ms = sent_ms
    name_mac = None if reading.name is None else rules.mac(reading.name)
    if time_ms != sent_ms:
        tx.corrected.add((reading.room, reading.mrn, time_ms))
    tx.receipts[reading.room, reading.mrn, sent_ms] = Receipt(time_ms, reading.fields, flags, name_mac, tx.now_ms)
    return Accepted(reading.room, reading.mrn, time_ms, flags)


def count(tx: Transaction, new: int, duplicate: int, late: int) -> None:
    """Count what became of readings; `late` are those of the new ones that came late."""
    for metric, readings in (("accepted", new), ("duplicate", duplicate), ("late", late)):
        if readings:
            tx.count(metric, by=readings)


def _next(tx: Transaction, room: Room, reading: Incoming, rules: Rules) -> Accepted | None:
    """Take what most are: the next reading of the patient who lies there, of a clock that is right. None for others.

    `accept` would come to the same by looking at everything.
    """
    time_ms, mrn, fields = reading.time_ms, reading.mrn, reading.fields
    last_event_ms, last_sent_ms = room.last_event_ms, room.last_sent_ms
    if (
        time_ms is None
        or last_event_ms is None
        or last_sent_ms is None
        or time_ms <= last_event_ms
        or time_ms <= last_sent_ms
        or mrn != room.mrn
        or reading.name is not None
        or reading.sent_at_ms is not None
        or not fields
        or (reading.device is not None and tx.has_skews() and skew.correction(tx, reading.device))
    ):
        return None
    if tx.keeps is None or not tx.keeps[0] <= time_ms <= tx.keeps[1]:
        check_time(tx, time_ms, rules)
    _check_outbox(tx, rules)
    _keep_line(tx, room, tx.patients.get(mrn) or tx.patient(mrn), fields, time_ms)
    room.last_event_ms = room.last_reading_ms = room.last_sent_ms = time_ms
    room.dirty = True
    tx.receipts[room.room, mrn, time_ms] = Receipt(time_ms, fields, 0, None, tx.now_ms)
    return Accepted(room.room, mrn, time_ms, 0)


def server_time(tx: Transaction, rooms: tuple[Room, ...], mrn: str | None) -> int:
    """The server's clock, later than everything accepted for these rooms and than the start of the patient's stay."""
    earliest = tx.now_ms
    for room in rooms:
        for instant in (room.last_event_ms, room.last_clock_ms, room.since_ms):
            if instant is not None and instant >= earliest:
                earliest = instant + 1
    if mrn is not None:
        since = tx.patient(mrn).since_ms
        if since is not None and since >= earliest:
            earliest = since + 1
    return earliest


def _server_time(tx: Transaction, room: Room, reading: Incoming) -> int:
    instant = server_time(tx, (room,), reading.mrn)
    if room.last_sent_ms is not None:
        while instant <= room.last_sent_ms and tx.receipt((reading.room, reading.mrn, instant)) is not None:
            instant += 1
    return instant


def check_time(tx: Transaction, time_ms: int, rules: Rules) -> None:
    """Raises `NotAllowed` for a time that is more than 5 minutes ahead, or before the bucket's retention."""
    if tx.keeps is None:
        oldest_ms = rules.oldest_ms(tx.now_ms)
        tx.keeps = (EARLIEST_MS if oldest_ms is None else max(EARLIEST_MS, oldest_ms), tx.now_ms + AHEAD_MS)
    earliest_ms, latest_ms = tx.keeps
    if time_ms > latest_ms:
        raise NotAllowed(
            "time-in-future",
            "The time is more than 5 minutes ahead of the server's clock. Check the device's clock, or send `sent_at`.",
            [("time", "is more than 5 minutes ahead")],
        )
    if time_ms < earliest_ms:
        raise NotAllowed(
            "too-old", "The time is before what the bucket keeps.", [("time", "is before the bucket's retention")]
        )


def _free_time(tx: Transaction, room: Room, mrn: str, time_ms: int, sent_ms: int) -> int:
    """The time of the point: where a correction by skew put another point of this patient there, the next free one.

    Two readings that were sent with different times are two points, so neither may overwrite the other.
    """
    free_ms = time_ms
    while (
        room.last_event_ms is not None
        and free_ms <= room.last_event_ms
        and tx.point_taken(room.room, mrn, free_ms, as_sent=free_ms == sent_ms)
    ):
        free_ms += 1
    return free_ms


def _check_outbox(tx: Transaction, rules: Rules) -> None:
    """Raises `Unavailable` when too much waits for InfluxDB."""
    if tx.group.known.outbox_lines >= rules.outbox_limit:
        raise Unavailable("outbox-full", "Too much waits for InfluxDB already. Nothing was stored; send it again.", 30)


def check_room_limit(tx: Transaction, room: str, rules: Rules) -> None:
    """Raises `NotAllowed` for a new room beyond the limit, `Unavailable` when too much waits for InfluxDB."""
    _check_outbox(tx, rules)
    if tx.count_rooms() >= rules.max_rooms and not tx.is_known_room(room):
        raise NotAllowed(
            "too-many-rooms", f"This server keeps at most {rules.max_rooms} rooms.", [("room", "is one too many")]
        )


def _place(tx: Transaction, room: Room, reading: Incoming, time_ms: int, rules: Rules) -> int:
    """Turn the room over where the reading says so; the flags it gets."""
    latest, mrn = room.last_event_ms, reading.mrn
    if latest is None or time_ms > latest:
        if room.mrn == mrn:
            return 0
        there = stays.in_room_at(tx, room.room, time_ms)
        if there is not None and there.mrn == mrn:
            return 0
        if not (rules.readings_move or reading.forced):
            tx.count("unexpected_mrn")
            return UNEXPECTED
        stays.move(tx, room, mrn, time_ms)
        return 0
    if room.mrn == mrn and room.since_ms is not None and time_ms >= room.since_ms:
        return LATE if time_ms < latest else 0
    there = stays.in_room_at(tx, room.room, time_ms)
    if there is not None and there.mrn != mrn:
        tx.count("mismatch")
        return LATE | MISMATCH
    return 0 if there is not None and time_ms == latest else LATE


def _keep_point(tx: Transaction, room: Room, patient: Patient, fields: str, time_ms: int) -> None:
    """Put the point into the outbox, and remember that the room and the patient had a reading then."""
    if room.last_event_ms is None or time_ms > room.last_event_ms:
        room.last_event_ms = time_ms
    if room.last_reading_ms is None or time_ms > room.last_reading_ms:
        room.last_reading_ms = time_ms
    if fields:
        _keep_line(tx, room, patient, fields, time_ms)


def _keep_line(tx: Transaction, room: Room, patient: Patient, fields: str, time_ms: int) -> None:
    if patient.therapy_start_ms is None or time_ms < patient.therapy_start_ms:
        patient.therapy_start_ms = time_ms
        patient.dirty = True
    tx.entries.append(reading_line(room.room, patient.mrn, fields, time_ms))


def _name(patient: Patient, name: str, time_ms: int) -> None:
    """The name of the latest reading that gave one; an earlier one never turns it back."""
    if patient.name_ms is None or time_ms >= patient.name_ms:
        patient.name, patient.name_ms = name, time_ms
        patient.dirty = True


def name_patient(tx: Transaction, mrn: str, name: str, time_ms: int) -> None:
    """Give a patient a name by hand, as of that time."""
    _name(tx.patient(mrn), name, time_ms)


def _again(tx: Transaction, room: Room, reading: Incoming, sent_ms: int, known: Receipt, rules: Rules) -> Accepted:
    """A known identity: new fields are added, equal ones ignored, a different value refused."""
    before = split_fields(known.fields)
    new = split_fields(reading.fields) if reading.fields != known.fields else {}
    name_mac = None if reading.name is None else rules.mac(reading.name)
    differing = [name for name, value in new.items() if before.get(name, value) != value]
    if name_mac is not None and known.name_mac is not None and name_mac != known.name_mac:
        differing.append("name")
    if differing:
        raise Conflict(
            "conflicting-reading",
            "A reading of this room, MRN and time is known with another value. Nothing was stored.",
            [(name, "differs from the reading that is known") for name in differing],
        )
    added = {name: value for name, value in new.items() if name not in before}
    names = name_mac is not None and known.name_mac is None
    if not added and not names:
        return Accepted(reading.room, reading.mrn, known.time_ms, known.flags, duplicate=True)
    patient = tx.patient(reading.mrn)
    if added:
        if not before:
            _place(tx, room, reading, known.time_ms, rules)
        _keep_point(tx, room, patient, join_fields(added), known.time_ms)
    if names and reading.name is not None:
        _name(patient, reading.name, known.time_ms)
    room.dirty = True
    tx.receipts[reading.room, reading.mrn, sent_ms] = Receipt(
        known.time_ms, join_fields({**before, **added}), known.flags, name_mac or known.name_mac, known.received_ms
    )
    return Accepted(reading.room, reading.mrn, known.time_ms, known.flags)
