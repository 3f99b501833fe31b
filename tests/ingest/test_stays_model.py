"""Stays against a model that is nothing but a calendar: who lies where in each minute."""

import json
import sqlite3
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from ingest import stays
from ingest.accept import Rules, accept
from ingest.committer import Committer
from ingest.database import driver, metadata
from ingest.errors import Conflict
from ingest.incoming import Incoming
from ingest.line_protocol import field_set
from ingest.logs import make_logger
from ingest.outbox import WRITE
from ingest.state import Known

ROOMS, MRNS, MINUTES = ("1", "2", "3"), ("a", "b", "c", "d"), 24
START_MS, MINUTE_MS = 1_767_000_000_000, 60_000
rooms, mrns = st.sampled_from(ROOMS), st.sampled_from(MRNS)
minutes = st.integers(0, MINUTES - 1)
RULES = Rules(True, 100, 100, 10**9, lambda _now: None, lambda text: text.encode())


def at(minute: int) -> int:
    """The instant of a minute."""
    return START_MS + minute * MINUTE_MS


class Calendar:
    """Who lies where, minute by minute; the last minute stands for all that come after."""

    def __init__(self) -> None:
        self.beds: dict[str, list[str | None]] = {room: [None] * (MINUTES + 1) for room in ROOMS}
        self.latest = dict.fromkeys(ROOMS, -1)

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

    def stays(self) -> set[tuple[str, str, int, int | None]]:
        """Every stay: room, MRN, from, to."""
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


class Stays(RuleBasedStateMachine):
    """Readings, admissions, discharges and transfers in any order of times."""

    @initialize()
    def begin(self) -> None:
        """An empty ward."""
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        self.connection = self.engine.connect()
        metadata.create_all(self.connection)
        self.connection.commit()
        db: sqlite3.Connection = driver(self.connection)
        db.isolation_level = None
        db.execute("PRAGMA foreign_keys=ON")
        self.committer = Committer(db, Known(), queue_limit=100, log=make_logger("error"))
        self.committer.start()
        self.model = Calendar()

    def teardown(self) -> None:
        """End the committer's thread."""
        if hasattr(self, "committer"):
            self.committer.stop()
            self.engine.dispose()

    @rule(room=rooms, mrn=mrns, minute=minutes)
    def reading(self, room: str, mrn: str, minute: int) -> None:
        """A reading moves its room if it is later than everything there; else it moves nobody."""
        fields = field_set({"spo2": 95.0})
        answer = self.committer.submit(lambda tx: accept(tx, Incoming(room, mrn, at(minute), fields), RULES))
        assert answer.time_ms == at(minute)
        model = self.model
        if minute > model.latest[room]:
            if model.beds[room][minute] != mrn:
                model.clear(room, minute)
                elsewhere = model.where(mrn, minute)
                if elsewhere:
                    model.clear(elsewhere, minute)
                model.fill(room, mrn, minute, model.next_of(mrn, minute))
            model.latest[room] = minute

    def by_hand(self, room: str, minute: int, call: Any) -> bool:
        """Whether the change was made."""

        def work(tx: Any) -> None:
            there = tx.room(room)
            call(tx, there)
            there.last_event_ms = max(there.last_event_ms or 0, at(minute))
            there.dirty = True

        try:
            self.committer.submit(work)
        except Conflict:
            return False
        self.model.latest[room] = max(self.model.latest[room], minute)
        return True

    @rule(room=rooms, mrn=mrns, minute=minutes)
    def admit(self, room: str, mrn: str, minute: int) -> None:
        """An admission takes an empty room, corrects a beginning, or is refused."""
        model = self.model
        there, elsewhere = model.beds[room][minute], model.where(mrn, minute)
        following = next((m for m in range(minute, MINUTES + 1) if model.beds[room][m]), None)
        made = self.by_hand(room, minute, lambda tx, r: stays.admit(tx, r, mrn, at(minute)))
        if there is not None:
            assert made == (there == mrn)
        elif following is not None:
            own = model.beds[room][following] == mrn and model.next_of(mrn, minute) == following
            assert made == (own and elsewhere is None)
            if made:
                model.fill(room, mrn, minute, following)
        elif elsewhere is None:
            assert made == (model.next_of(mrn, minute) > MINUTES)
            if made:
                model.fill(room, mrn, minute, MINUTES + 1)
        else:
            begins = minute == 0 or model.beds[elsewhere][minute - 1] != mrn
            lasting = model.end(elsewhere, minute) > MINUTES
            assert made == (lasting and not begins)
            if made:
                model.clear(elsewhere, minute)
                model.fill(room, mrn, minute, MINUTES + 1)

    @rule(room=rooms, mrn=st.none() | mrns, minute=minutes)
    def discharge(self, room: str, mrn: str | None, minute: int) -> None:
        """A discharge ends the stay of that instant, if there is one of some length and of that patient."""
        model = self.model
        there = model.beds[room][minute]
        begins = minute == 0 or model.beds[room][minute - 1] != there
        made = self.by_hand(room, minute, lambda tx, r: stays.discharge(tx, r, mrn, at(minute)))
        assert made == (there is not None and mrn in (None, there) and not begins)
        if made:
            model.clear(room, minute)

    @rule(room=rooms, goal=rooms, mrn=mrns, minute=minutes)
    def transfer(self, room: str, goal: str, mrn: str, minute: int) -> None:
        """A transfer ends one stay and begins another in a room that is free from then on."""
        if room == goal:
            return
        model = self.model
        there = model.beds[room][minute]
        begins = minute == 0 or model.beds[room][minute - 1] != there
        free = not any(model.beds[goal][minute:])
        made = self.by_hand(room, minute, lambda tx, r: self.to(tx, r, mrn, goal, minute))
        lasting = there is not None and model.end(room, minute) > MINUTES
        assert made == (there == mrn and not begins and free and lasting)
        if made:
            model.clear(room, minute)
            model.fill(goal, mrn, minute, MINUTES + 1)
            model.latest[goal] = max(model.latest[goal], minute)

    @staticmethod
    def to(tx: Any, room: Any, mrn: str, goal: str, minute: int) -> None:
        """Transfer, and remember that something happened in the target room."""
        other = tx.room(goal)
        stays.transfer(tx, room, mrn, other, at(minute))
        other.last_event_ms = max(other.last_event_ms or 0, at(minute))
        other.dirty = True

    @invariant()
    def the_same(self) -> None:
        """The stays are the calendar's, memory agrees, and the outbox replayed gives each stay's boundaries."""
        if not hasattr(self, "model"):
            return
        db = driver(self.connection)
        rows = db.execute("SELECT room, mrn, from_ms, to_ms FROM stays").fetchall()
        found = {
            (r, m, (f - START_MS) // MINUTE_MS, None if t is None else (t - START_MS) // MINUTE_MS)
            for r, m, f, t in rows
        }
        assert found == self.model.stays()
        occupants = {room: known.mrn for room, known in self.committer.known.rooms.items() if known.mrn is not None}
        assert occupants == {room: mrn for room, mrn, _, to in found if to is None}
        points = replay(db)
        assert {(r, m, f) for (r, m, f), event in points.items() if event == "admitted"} == {
            (r, m, f) for r, m, f, _ in rows
        }
        ended = {(r, m, t) for r, m, _, t in rows if t is not None}
        assert {key for key, event in points.items() if event != "admitted"} == ended


def replay(db: sqlite3.Connection) -> dict[tuple[str, str, int], str]:
    """The stay points that InfluxDB holds once it has the whole outbox."""
    points: dict[tuple[str, str, int], str] = {}
    for kind, body in db.execute("SELECT kind, body FROM outbox ORDER BY seq"):
        if kind == WRITE:
            for line in body.split("\n"):
                series, fields, time = line.split(" ")
                name, mrn, room = series.split(",")
                if name == "stay":
                    points[room[5:], mrn[4:], int(time)] = fields[7:-1]
        else:
            point = json.loads(body)
            points.pop((point["room"], point["mrn"], point["time_ms"]), None)
    return points


TestStays = Stays.TestCase
TestStays.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
