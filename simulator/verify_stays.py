"""Holds stays and names against the ledger, by the API that clinicians use and the `stay` points in the database.

Stays of a room, and stays of a patient, never overlap and have a length. A reading that was accepted without the flag
`late` lies in a stay of its own patient. Each stay's two boundaries, and nothing else, are points.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from simulator.errors import QueryError
from simulator.flux import Influx, quoted
from simulator.ledger import Account, digest
from simulator.link import Link
from simulator.report import Verdict
from simulator.settle import settled
from simulator.times import from_rfc3339, rfc3339

FOREVER_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class Interval:
    """A stay as the API shows it, in milliseconds; an open one ends in the far future."""

    room: str
    mrn: str
    from_ms: int
    to_ms: int

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Interval":
        """Read one stay of an answer."""
        to_ms = FOREVER_MS if told["to"] is None else from_rfc3339(told["to"])
        return cls(str(told["room"]), str(told["mrn"]), from_rfc3339(told["from"]), to_ms)


def verify_stays(link: Link, account: Account, verdict: Verdict, *, strict: bool = True) -> dict[str, list[Interval]]:
    """Hold the stays of every room in the ledger against it; the answer is the stays, by room.

    `strict` asks that a reading without the flag `late` lies in a stay of its patient; one from a wrong clock may do so
    by its true time instead of the corrected one. Where patients are named in two
    rooms at once that cannot hold, and without `strict` it is enough that no other patient lay there.
    """
    by_room: dict[str, list[Interval]] = {}
    for room in account.rooms:
        told = _get(link, f"/v1/rooms/{quote(room)}/stays")
        by_room[room] = [Interval.of(stay) for stay in told["stays"]]
    stays = [stay for room in by_room.values() for stay in room]
    verdict.stays_checked += len(stays)
    for room, of_room in by_room.items():
        if of_room != sorted(of_room, key=lambda stay: stay.from_ms):
            verdict.find("stays", f"room {room}: its stays are not told oldest first")
        _apart(f"room {room}", of_room, verdict)
    by_patient: dict[str, list[Interval]] = {}
    for stay in stays:
        by_patient.setdefault(stay.mrn, []).append(stay)
    for of_patient in by_patient.values():
        _apart(f"a patient of room {of_patient[0].room}", of_patient, verdict)
    _agree(account, by_room, verdict, strict=strict)
    return by_room


def verify_stay_points(
    influx: Influx, stays: dict[str, list[Interval]], verdict: Verdict, *, settle_s: float,
    stop: threading.Event | None = None,
) -> None:  # fmt: skip
    """Hold the `stay` points of each room against its stays: one at each boundary, and no other.

    Points on their way are waited for, as those of readings are.
    """
    for room, of_room in stays.items():
        for sentence in settled(partial(_amiss, influx, room, of_room, stop), settle_s=settle_s, stop=stop):
            verdict.find("stays", sentence)


def _amiss(influx: Influx, room: str, stays: list[Interval], stop: threading.Event | None) -> tuple[int, list[str]]:
    """What is wrong with the `stay` points of a room: how much, and a sentence for each."""
    flux = (
        f"from(bucket: {quoted(influx.bucket)}) |> range(start: 1970-01-01T00:00:00Z, stop: 2200-01-01T00:00:00Z)"
        f' |> filter(fn: (r) => r._measurement == "stay" and r.room == {quoted(room)})'
    )
    found = {(row["mrn"], from_rfc3339(row["_time"])): row["_value"] for row in influx.rows(flux, stop)}
    begins = {(stay.mrn, stay.from_ms) for stay in stays}
    ends = {(stay.mrn, stay.to_ms) for stay in stays if stay.to_ms != FOREVER_MS}
    sentences = []
    for boundary, allowed in [(b, ("admitted",)) for b in begins] + [(e, ("left", "transferred")) for e in ends]:
        event = found.get(boundary)
        if event not in (("admitted",) if boundary in begins and boundary in ends else allowed):
            sentences.append(f"room {room} at {rfc3339(boundary[1])}: the boundary's point says {event}")
    for _, time_ms in set(found) - begins - ends:
        sentences.append(f"room {room} at {rfc3339(time_ms)}: a point of a boundary that no stay has")
    return len(sentences), sentences


def verify_names(link: Link, account: Account, verdict: Verdict) -> None:
    """Ask for each patient whose name was acknowledged, and compare."""
    for mrn, wanted in account.names.items():
        told = _get(link, f"/v1/patients/{quote(mrn)}")
        if digest(told.get("name") or "") != wanted:
            verdict.find("names", "a patient has another name than was sent")


def verify_flapping(account: Account, verdict: Verdict) -> None:
    """Each room that was looked at while two monitors reported into it was flagged at least once."""
    seen: dict[str, bool] = {}
    for mark in account.marks:
        if mark["mark"] == "flapping":
            seen[mark["room"]] = seen.get(mark["room"], False) or mark["seen"]
    for room, flagged in seen.items():
        if not flagged:
            verdict.find("flapping", f"room {room} went back and forth and was not flagged")


def _apart(whose: str, stays: Iterable[Interval], verdict: Verdict) -> None:
    """Each stay has a length and ends before the next begins; one that goes on after itself is one stay, not two."""
    ordered = sorted(stays, key=lambda stay: (stay.from_ms, stay.to_ms))
    for stay in ordered:
        if stay.to_ms <= stay.from_ms:
            verdict.find("stays", f"{whose}: a stay at {rfc3339(stay.from_ms)} has no length")
    for before, after in pairwise(ordered):
        if before.to_ms > after.from_ms:
            verdict.find("stays", f"{whose}: two stays overlap at {rfc3339(after.from_ms)}")
        elif before.to_ms == after.from_ms and (before.room, before.mrn) == (after.room, after.mrn):
            verdict.find("stays", f"{whose}: a stay is told in two parts at {rfc3339(after.from_ms)}")


def _agree(account: Account, by_room: dict[str, list[Interval]], verdict: Verdict, *, strict: bool) -> None:
    """Hold each acknowledged reading against the stay that its room had at that time."""
    entries = sorted(account.acknowledged(), key=lambda entry: (entry.room, entry.time_ms))
    room, stays, at = "", [], 0
    for entry in entries:
        assert entry.time_ms is not None
        if entry.room != room:
            room, stays, at = entry.room, sorted(by_room[entry.room], key=lambda stay: stay.from_ms), 0
        while at < len(stays) and stays[at].to_ms <= entry.time_ms:
            at += 1
        stay = stays[at] if at < len(stays) and stays[at].from_ms <= entry.time_ms else None
        when = f"room {room} at {rfc3339(entry.time_ms)}"
        other = stay is not None and stay.mrn != entry.mrn
        if entry.stamp_ms != entry.at_ms and _lay(stays, entry.mrn, entry.at_ms):
            continue  # a corrected time is some way off, and a clinician may have ended the stay in between
        if "late" in entry.flags:
            if other and "mismatch" not in entry.flags:
                verdict.find("stays", f"{when}: a late reading lies in another's stay and was not flagged")
        elif other:
            verdict.find("stays", f"{when}: a reading lies in another patient's stay")
        elif stay is None and strict:
            verdict.find("stays", f"{when}: a reading lies in no stay")


def _lay(stays: Iterable[Interval], mrn: str, at_ms: int) -> bool:
    """Whether that patient lay there at that instant."""
    return any(stay.mrn == mrn and stay.from_ms <= at_ms < stay.to_ms for stay in stays)


def _get(link: Link, path: str) -> dict[str, Any]:
    """A clinician's GET as an object; anything but 200 ends the verification."""
    answer = link.get(path)
    if answer.status_code != 200:
        route = "/".join("…" if index > 3 else part for index, part in enumerate(path.split("/"), 1))
        raise QueryError(f"GET {route} answered {answer.status_code}; --verify needs a clinician's token")
    return answer.json()
