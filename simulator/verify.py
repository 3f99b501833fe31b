"""Holds the database against the ledger: every acknowledged reading once, under the right patient, and nothing else.

The points are asked for in Flux, room by room and raw, so that what is doubled shows. What was sent and never
acknowledged may be there or not. Stays and names are held against the API in `verify_stays`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.flux import Influx, quoted
from simulator.ledger import Account, Entry
from simulator.reading import Value
from simulator.report import Verdict
from simulator.settle import settled
from simulator.times import from_rfc3339, rfc3339

COLUMNS = {"", "result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement", "room", "mrn"}
CORRECTED_WITHIN_MS = 60_000
"""How far a corrected time may be from the true one: a clock within 30 s is left alone, and requests take time."""

Key = tuple[str, int]
"""MRN and time in milliseconds: a point within its room."""


@dataclass(slots=True)
class Wanted:
    """One point that should be in the database: `must` has to be there, `may` was sent and never acknowledged."""

    entry: Entry
    must: dict[str, Value]
    may: dict[str, set[Value]]


def verify_points(
    influx: Influx, account: Account, verdict: Verdict, *, settle_s: float, stop: threading.Event | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Hold the points of every room in the ledger against it, and add what is found to the verdict.

    Points on their way are waited for: a room in which something is missing is looked at again until `settle_s` seconds
    have passed in which nothing arrived. `progress` is told (rooms done, rooms in all).
    """
    by_room: dict[str, list[Entry]] = {room: [] for room in account.rooms}
    for entry in account.entries.values():
        by_room[entry.room].append(entry)
    for number, (room, entries) in enumerate(by_room.items()):
        wanted = expected(entries)
        corrected = [entry for entry in entries if entry.time_ms is None and entry.stamp_ms != entry.at_ms]
        found = settled(partial(_look, influx, room, wanted, corrected, stop), settle_s=settle_s, stop=stop)
        compare(room, wanted, found, verdict)
        times(room, entries, verdict)
        if progress is not None:
            progress(number + 1, len(by_room))
    for sentence in account.contradictions:
        verdict.find("times", sentence)


def _look(
    influx: Influx, room: str, wanted: dict[Key, Wanted], corrected: list[Entry], stop: threading.Event | None
) -> tuple[int, dict[Key, dict[str, list[str]]]]:
    """How many acknowledged values are missing in a room, and what is there."""
    found = points(influx, room, stop)
    _without_unanswered(found, wanted, corrected)
    missing = sum(name not in found.get(key, {}) for key, want in wanted.items() for name in want.must)
    return missing, found


def expected(entries: list[Entry]) -> dict[Key, Wanted]:
    """The points that one room's readings make, by MRN and the time that the server answered."""
    wanted: dict[Key, Wanted] = {}
    for entry in entries:
        key = (entry.mrn, entry.stamp_ms if entry.time_ms is None else entry.time_ms)
        want = wanted.setdefault(key, Wanted(entry, {}, {}))
        want.must.update(entry.acknowledged)
        for name, value in entry.maybe.items():
            want.may.setdefault(name, set()).add(value)
    return wanted


def points(influx: Influx, room: str, stop: threading.Event | None = None) -> dict[Key, dict[str, list[str]]]:
    """Everything stored for a room: by MRN and time, each field's values as text, as often as they are stored."""
    flux = (
        f"from(bucket: {quoted(influx.bucket)}) |> range(start: 1970-01-01T00:00:00Z, stop: 2200-01-01T00:00:00Z)"
        f' |> filter(fn: (r) => r._measurement == "cpap" and r.room == {quoted(room)})'
    )
    found: dict[Key, dict[str, list[str]]] = {}
    for row in influx.rows(flux, stop):
        foreign = set(row) - COLUMNS
        mrn = row["mrn"] if not foreign else f"{row['mrn']} with tag {sorted(foreign)[0]}"
        fields = found.setdefault((mrn, from_rfc3339(row["_time"])), {})
        fields.setdefault(row["_field"], []).append(row["_value"])
    return found


def compare(room: str, wanted: dict[Key, Wanted], found: dict[Key, dict[str, list[str]]], verdict: Verdict) -> None:
    """Count what differs between the points that should be in a room and those that are."""
    strays = {key: fields for key, fields in found.items() if key not in wanted}
    strays_at: dict[int, list[Key]] = {}
    for key in strays:
        strays_at.setdefault(key[1], []).append(key)
    for key, want in wanted.items():
        fields = found.get(key, {})
        verdict.points += sum(len(values) for values in fields.values())
        when = f"room {room} at {rfc3339(key[1])}"
        if want.must:
            verdict.readings += 1
        if want.must and not fields:
            other = next((k for k in strays_at.get(key[1], []) if _same(want.must, strays.get(k, {}))), None)
            if other is None:
                verdict.find("lost", f"{when}: an acknowledged reading is not there")
            else:
                verdict.find("misattributed", f"{when}: a reading is stored under another patient")
                del strays[other]
            continue
        if any(len(values) > 1 for values in fields.values()):
            verdict.find("doubled", f"{when}: a field is stored more than once")
        for name, value in want.must.items():
            if name not in fields:
                verdict.find("altered", f"{when}: {name} is missing")
            elif not all(matches(value, text) for text in fields[name]):
                verdict.find("altered", f"{when}: {name} has another value than was sent")
        for name in set(fields) - set(want.must):
            if not any(matches(value, text) for value in want.may.get(name, ()) for text in fields[name]):
                verdict.find("altered", f"{when}: {name} was never sent")
    _strays(room, wanted, strays, verdict)


def times(room: str, entries: list[Entry], verdict: Verdict) -> None:
    """Hold each answered time against the reading's: as sent by a good clock, near the true one by a bad clock."""
    for entry in entries:
        if entry.time_ms is None:
            continue
        drifting = entry.stamp_ms != entry.at_ms
        if abs(entry.time_ms - entry.at_ms) > (CORRECTED_WITHIN_MS if drifting else 0):
            kind = "corrected" if drifting else "answered"
            off_s = (entry.time_ms - entry.at_ms) / 1000
            verdict.find("times", f"room {room} at {rfc3339(entry.at_ms)}: {kind} to a time that is {off_s:+.1f} s off")


def matches(value: Value, text: str) -> bool:
    """Whether a CSV text is that value: floats by value, all else by its own spelling."""
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, float):
        try:
            return float(text) == value
        except ValueError:
            return False
    return text == str(value)


def _without_unanswered(
    found: dict[Key, dict[str, list[str]]], wanted: dict[Key, Wanted], entries: list[Entry]
) -> None:
    """Take out points of readings from a wrong clock that nobody answered: only the server knows where it put them."""
    for entry in entries:
        for key in [key for key in found if key not in wanted and key[0] == entry.mrn]:
            if abs(key[1] - entry.at_ms) <= CORRECTED_WITHIN_MS and _same(entry.maybe, found[key]):
                del found[key]
                break


def _same(must: dict[str, Value], fields: dict[str, list[str]]) -> bool:
    """Whether stored fields are these, value by value."""
    return set(must) == set(fields) and all(matches(value, fields[name][0]) for name, value in must.items())


def _strays(room: str, wanted: dict[Key, Wanted], strays: dict[Key, dict[str, list[str]]], verdict: Verdict) -> None:
    """Points that the ledger does not know: a reading's second copy at another time or patient, or a stranger."""
    stamps = {(want.entry.mrn, want.entry.stamp_ms) for want in wanted.values()}
    at = {key[1]: want for key, want in wanted.items()}
    for key, fields in strays.items():
        when = f"room {room} at {rfc3339(key[1])}"
        verdict.points += sum(len(values) for values in fields.values())
        if key in stamps:
            verdict.find("doubled", f"{when}: stored at the uncorrected time, too")
        elif key[1] in at and _same(at[key[1]].must, fields):
            verdict.find("misattributed", f"{when}: a reading is stored under another patient, too")
        else:
            verdict.find("unknown", f"{when}: a point that nobody sent")
