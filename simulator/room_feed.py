"""One room in time order: its patients, its monitor, now and then a second one, and who admits."""

import json
from dataclasses import dataclass

from simulator.chance import dice
from simulator.faults import Fault
from simulator.ledger import Ledger
from simulator.link import Link
from simulator.monitor import Monitor, kind, title
from simulator.physiology import Night, noon_before
from simulator.reading import Reading
from simulator.report import Tally
from simulator.times import MINUTE_MS, from_rfc3339, rfc3339
from simulator.ward import Patient, Stay, Ward

LOOK_EVERY = 8
"""After how many readings of a second monitor the desk looks at the room."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The clinician at the ward's desk: admits, and looks whether a room is flagged as flapping."""

    link: Link
    ledger: Ledger
    tally: Tally

    def turn(self, before: Stay | None, stay: Stay) -> bool:
        """Discharge whoever lay there before, and admit the patient whose stay begins; whether that was done.

        A discharge may find the room empty (the patient is reported from another room already, or the answer to an
        earlier attempt got lost) or the next patient there (the same simulation ran before): both are right. Somebody
        whom this simulation does not know, left there by an earlier one, is discharged as well. Where rooms are
        simulated at their own pace, the patient may have been seen elsewhere at a later time already: an admission is
        then refused for its overlap, and the stay's first reading says where the patient lay.
        """
        at = rfc3339(stay.from_ms)
        if before is not None:
            goodbye = {"mrn": before.patient.mrn, "time": at}
            self._post(stay.room, "discharge", goodbye, ("room-empty", "wrong-patient"))
        admission = {"mrn": stay.patient.mrn, "name": stay.patient.name, "time": at}
        refusal = self._post(stay.room, "admit", admission, ("room-occupied", "stay-overlap"))
        if refusal == "room-occupied" and self._post(stay.room, "discharge", {"time": at}) is None:
            refusal = self._post(stay.room, "admit", admission, ("stay-overlap",))
        if refusal is None:
            self.tally.count("admissions")
            self.ledger.named(stay.patient.mrn, stay.patient.name)
        return refusal is None

    def _post(self, room: str, what: str, body: dict[str, str], allowed: tuple[str, ...] = ()) -> str | None:
        """The type of the refusal, None when it was done; what is not among the conflicts `allowed` is a surprise."""
        request = (json.dumps(body).encode(), {"Content-Type": "application/json"})
        answer = self.link.post(f"/v1/rooms/{room}/{what}", lambda: request)[-1]
        if answer.status in (200, 201):
            return None
        refusal = kind(answer.body)
        if answer.status != 409 or refusal not in allowed:
            self.tally.surprise(f"{answer.status} {title(answer.body)} to POST /v1/rooms/{{room}}/{what}")
        return refusal

    def look(self, room: str, at_ms: int) -> None:
        """Note in the ledger whether the room is flagged as flapping, now that it is at `at_ms`.

        A room that is further on already has seen these readings before: nothing moves it, and nothing is noted.
        """
        answer = self.link.get(f"/v1/rooms/{room}")
        if answer.status_code != 200:
            self.tally.surprise(f"{answer.status_code} to GET /v1/rooms/{{room}}")
            return
        told = answer.json()
        if told["last_reading"] is None or from_rfc3339(told["last_reading"]) <= at_ms + MINUTE_MS:
            self.ledger.mark("flapping", room=room, seen=bool(told["flapping"]))


class RoomFeed:
    """What happens in one room, from `start_ms` on, as far as `advance` is asked to go.

    The room's device measures each `interval_ms`, at an offset of its own within the interval. With a desk, patients of
    every other room are admitted by hand when a stay begins; elsewhere the first reading of a stay does it and brings
    the name.
    """

    def __init__(
        self, ward: Ward, room: str, start_ms: int, interval_ms: int, monitor: Monitor, stray: Monitor,
        faults: list[Fault], desk: Desk | None,
    ) -> None:  # fmt: skip
        """The room before its first reading."""
        chance = dice(ward.seed, "room", room)
        self.room = room
        self._ward = ward
        self._interval_ms = interval_ms
        self._next_ms = start_ms + chance.randrange(interval_ms)
        self._monitor = monitor
        self._stray = stray
        self._faults = faults
        self._desk = desk
        self._admits = desk is not None and ward.rooms.index(room) % 2 == 0
        self._index = 0
        self._stay: Stay | None = None
        self._named = False
        self._strayed = 0
        self._nights: dict[str, Night] = {}

    def set_interval(self, interval_ms: int) -> None:
        """From now on, measure at this interval: the next reading is that long after the last one."""
        if self._index:
            self._next_ms += interval_ms - self._interval_ms
        self._interval_ms = interval_ms

    def skip_to(self, at_ms: int) -> None:
        """Leave out what would have been measured before `at_ms`."""
        missed = -(-max(0, at_ms - self._next_ms) // self._interval_ms)
        self._next_ms += missed * self._interval_ms

    def next_ms(self) -> int:
        """When the room's next reading is due, in milliseconds since 1970."""
        return self._next_ms

    def advance(self, until_ms: int) -> int:
        """Measure and send everything that is due before `until_ms`; the number of instants measured."""
        measured = 0
        while self._next_ms < until_ms:
            at_ms = self._next_ms
            self._turn(self._ward.stay_at(self.room, at_ms))
            assert self._stay is not None
            straying = any(fault.stray_now(self._index) for fault in self._faults)
            if straying:
                self._measure_stray(at_ms - self._interval_ms // 2)
            self._monitor.measured(self._reading(self._stay.patient, at_ms))
            if straying:
                self._monitor.send()
            self._index += 1
            self._next_ms += self._interval_ms
            measured += 1
        self._monitor.send()
        return measured

    def finish(self) -> None:
        """Send what the faults still hold."""
        self._monitor.finish()
        self._stray.finish()

    def _turn(self, stay: Stay) -> None:
        """Begin a stay, where this is another one than before."""
        if self._stay is not None and stay.from_ms == self._stay.from_ms:
            return
        before, self._stay = self._stay, stay
        self._named = False
        if self._admits and self._desk is not None:
            self._monitor.send()
            self._named = self._desk.turn(before, stay)

    def _measure_stray(self, at_ms: int) -> None:
        """A reading of the patient whose monitor is wired to the wrong room, sent at once and alone."""
        self._monitor.send()
        self._stray.measured(self._reading(self._ward.stray(self.room), at_ms))
        self._stray.send()
        self._strayed += 1
        if self._desk is not None and self._strayed % LOOK_EVERY == 0:
            self._desk.look(self.room, at_ms)

    def _reading(self, patient: Patient, at_ms: int) -> Reading:
        """What the device measures of that patient at that instant, with the name when it is the stay's first."""
        noon_ms = noon_before(at_ms, self._ward.noon_hour)
        night = self._nights.get(patient.mrn)
        if night is None or night.noon_ms != noon_ms:
            if len(self._nights) > 2:
                self._nights.clear()
            night = self._nights[patient.mrn] = Night(self._ward.seed, patient.mrn, noon_ms)
        fields = night.sample(at_ms, self._interval_ms)
        assert self._stay is not None
        name = None
        if not self._named and patient == self._stay.patient:
            name, self._named = patient.name, True
        return Reading(self.room, patient.mrn, at_ms, at_ms, fields, device="", name=name)
