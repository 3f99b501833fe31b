"""Stays through the front door: admissions, discharges and transfers in the order of time.

Stays that are known already are left alone, so that the same file again changes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from query.files.front_door import FrontDoor
from query.files.local_times import rfc3339

EXAMPLES = 5
DISCHARGE, TRANSFER, ADMIT = "discharge", "transfer", "admit"
_ORDER = {DISCHARGE: 0, TRANSFER: 1, ADMIT: 2}


@dataclass(frozen=True)
class FiledStay:
    """A stay of a file: `place` tells where it stands; `stop` is None for one that has not ended."""

    place: str
    room: str
    mrn: str
    start: datetime
    stop: datetime | None


@dataclass(frozen=True)
class Step:
    """One call of the API: what happens to whom in which room, when; `to` is the room of a transfer."""

    time: datetime
    call: str
    stay: FiledStay
    to: str | None = None


@dataclass
class StayReport:
    """What became of a file of stays: how many were new, known, and refused by reason, with places for each."""

    new: int = 0
    known: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, reason: str, place: str) -> None:
        """Count one more for a reason."""
        self.refused[reason] += 1
        places = self.examples.setdefault(reason, [])
        if len(places) < EXAMPLES:
            places.append(place)


def plan(stays: Iterable[FiledStay]) -> list[Step]:
    """The calls that make these stays, in order: at one instant who leaves goes before who comes.

    A patient whose stay begins in another room at the instant at which one ends is transferred.
    """
    ordered = sorted(stays, key=lambda stay: (stay.start, stay.room))
    moves = {(stay.mrn, stay.start): stay for stay in ordered}
    steps, arrived = [], set()
    for stay in ordered:
        following = None if stay.stop is None else moves.get((stay.mrn, stay.stop))
        if stay.stop is not None and following is not None and following.room != stay.room:
            steps.append(Step(stay.stop, TRANSFER, stay, following.room))
            arrived.add(following)
        elif stay.stop is not None:
            steps.append(Step(stay.stop, DISCHARGE, stay))
    steps += [Step(stay.start, ADMIT, stay) for stay in ordered if stay not in arrived]
    return sorted(steps, key=lambda step: (step.time, _ORDER[step.call], step.stay.room))


def known_stays(door: FrontDoor, rooms: Iterable[str]) -> dict[tuple[str, str, datetime], str | None]:
    """The stays of these rooms that the API tells: the end of each by room, MRN and begin."""
    found = {}
    for room in rooms:
        told = door.stays(f"/v1/rooms/{quote(room, safe='')}")
        found |= {(stay["room"], stay["mrn"], _instant(stay["from"])): stay["to"] for stay in told}
    return found


def run(stays: list[FiledStay], door: FrontDoor) -> StayReport:
    """Make the stays that are not known yet; a stay counts as new when each call for it was taken."""
    report = StayReport()
    known = known_stays(door, sorted({stay.room for stay in stays}))
    wanted = []
    for stay in stays:
        end = known.get((stay.room, stay.mrn, stay.start), "unknown")
        if end == "unknown" or (end is None and stay.stop is not None):
            wanted.append(stay)
        else:
            report.known += 1
    refused = set()
    for step in plan(wanted):
        told = _refusal(door, step)
        if told is not None:
            report.refuse(told, step.stay.place)
            refused.add(step.stay)
    report.new = len(wanted) - len(refused)
    return report


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _refusal(door: FrontDoor, step: Step) -> str | None:
    """Make one call; why it was refused, or None."""
    body = {"mrn": step.stay.mrn, "time": rfc3339(step.time)}
    if step.to is not None:
        body["to"] = step.to
    status, told = door.call("POST", f"/v1/rooms/{quote(step.stay.room, safe='')}/{step.call}", body)
    return None if status < 400 else f"{step.call}: {told.get('detail') or told.get('title')}"
