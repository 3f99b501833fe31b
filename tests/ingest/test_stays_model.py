"""Stays against a calendar, one step after the other: `calendar_model` says what is right."""

import sqlite3
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from ingest import stays
from ingest.accept import Rules, accept, flag_names
from ingest.committer import Committer
from ingest.database import driver, metadata
from ingest.errors import Conflict
from ingest.incoming import Incoming
from ingest.line_protocol import field_set
from ingest.logs import make_logger
from ingest.state import Known
from tests.ingest.calendar_model import CONFLICT, MINUTES, MRNS, ROOMS, Calendar, at, boundaries, minute_of, replay

rooms, mrns = st.sampled_from(ROOMS), st.sampled_from(MRNS)
minutes = st.integers(0, MINUTES - 1)
RULES = Rules(True, 100, 100, 10**9, lambda _now: None, lambda text: text.encode())


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

    @rule(room=rooms, mrn=mrns, minute=minutes, spo2=st.sampled_from((95.0, 95.0, 96.0)))
    def reading(self, room: str, mrn: str, minute: int, spo2: float) -> None:
        """A reading is answered with the flags that the calendar gives it, and moves whom it should."""
        incoming = Incoming(room, mrn, at(minute), field_set({"spo2": spo2}))
        try:
            answer = self.committer.submit(lambda tx: accept(tx, incoming, RULES))
        except Conflict:
            told = CONFLICT
        else:
            assert answer.time_ms == at(minute)
            told = tuple(flag_names(answer.flags))
        assert told == self.model.reading(room, mrn, minute, spo2)

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
        return True

    @rule(room=rooms, mrn=mrns, minute=minutes)
    def admit(self, room: str, mrn: str, minute: int) -> None:
        """An admission is made or refused as on the calendar."""
        made = self.by_hand(room, minute, lambda tx, r: stays.admit(tx, r, mrn, at(minute)))
        assert made == self.model.admit(room, mrn, minute)

    @rule(room=rooms, mrn=st.none() | mrns, minute=minutes)
    def discharge(self, room: str, mrn: str | None, minute: int) -> None:
        """So is a discharge."""
        made = self.by_hand(room, minute, lambda tx, r: stays.discharge(tx, r, mrn, at(minute)))
        assert made == self.model.discharge(room, mrn, minute)

    @rule(room=rooms, goal=rooms, mrn=mrns, minute=minutes)
    def transfer(self, room: str, goal: str, mrn: str, minute: int) -> None:
        """So is a transfer."""
        if room != goal:
            made = self.by_hand(room, minute, lambda tx, r: self.to(tx, r, mrn, goal, minute))
            assert made == self.model.transfer(room, goal, mrn, minute)

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
        found = {(r, m, minute_of(f), None if t is None else minute_of(t)) for r, m, f, t in rows}
        assert found == self.model.stays()
        occupants = {room: known.mrn for room, known in self.committer.known.rooms.items() if known.mrn is not None}
        assert occupants == {room: mrn for room, mrn, _, to in found if to is None}
        points, readings = replay(db)
        begins = {key for key, event in points.items() if event == "admitted"}
        assert (begins, points.keys() - begins) == boundaries(found)
        assert sorted(readings) == sorted((room, mrn, at(minute)) for room, mrn, minute in self.model.answered)


TestStays = Stays.TestCase
TestStays.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
