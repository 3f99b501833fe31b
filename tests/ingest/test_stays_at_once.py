"""Stays under threads: what is sent at once comes out as if it had come in some order, one after the other.

Monitors and clinicians, each a thread with a connection of its own, send to a server as `bedside up` runs it. After
each round the answers and the stays must be those of the calendar (`calendar_model`) for at least one order of what was
sent; a server that is killed meanwhile may have taken or not taken whatever it did not answer.

`BEDSIDE_STAYS=1000 python3 run.py test tests/ingest/test_stays_at_once.py` tries so many wards, every tenth with kills.
"""

import contextlib
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from ingest.clock import format_ms
from tests.influx_servers import free_port
from tests.ingest.calendar_model import (
    CONFLICT,
    MINUTES,
    MRNS,
    ROOMS,
    Calendar,
    Shown,
    at,
    boundaries,
    minute_of,
    replay,
)

WARDS = int(os.environ.get("BEDSIDE_STAYS", "0"))
KILLS_EVERY = 10  # a start costs more than a ward
TOKEN = "the-admin-token-of-the-tests"
AT_ONCE = 4
REFUSED, UNANSWERED = False, None
rooms, mrns = st.sampled_from(ROOMS), st.sampled_from(MRNS)
minutes = st.integers(0, MINUTES - 1)


class Server:
    """`bedside serve ingest` on a folder; InfluxDB is away, so that the outbox keeps all that was ever said."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._environment = {
            **os.environ,
            "BEDSIDE_DATA": str(data),
            "BEDSIDE_PORT": str(port),
            "BEDSIDE_ADMIN_TOKEN": TOKEN,
            "BEDSIDE_MAX_ROOMS": "1000000",
            "INFLUXDB_V2_URL": "http://127.0.0.1:9",
            "INFLUXDB_V2_TOKEN": "none",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.wards = itertools.count()

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "bedside.cli", "serve", "ingest"]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            assert self._process.poll() is None, "the server ended"
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{self.url}/healthz", timeout=60)
                return
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def rows(self, query: str, *values: int) -> list[Any]:
        """What the database answers."""
        with contextlib.closing(self.database()) as db:
            return db.execute(query, values).fetchall()

    def database(self) -> sqlite3.Connection:
        """The database of the server that runs, to be read."""
        return sqlite3.connect(f"file:{self.data / 'bedside.db'}?mode=ro", uri=True)


@dataclass(frozen=True)
class Step:
    """One request: its path and body, and what it does on a calendar, which gives the answer that it should have."""

    path: str
    body: Any
    on: Callable[[Calendar], Any]

    def __repr__(self) -> str:
        """As it is sent."""
        return f"{self.path} {json.dumps(self.body)}"


def moment(minute: int) -> str:
    """The instant of a minute as text."""
    return format_ms(at(minute))


def reading(room: str, mrn: str, minute: int, spo2: float) -> Step:
    """One reading; the flags of its answer, or that it was refused."""
    body = {"room": room, "mrn": mrn, "time": moment(minute), "spo2": spo2}
    return Step("/v1/readings", body, lambda calendar: calendar.reading(room, mrn, minute, spo2))


def batch(steps: list[Step]) -> Step:
    """Readings in one array, taken one after the other with nothing between them."""
    return Step("/v1/readings", [one.body for one in steps], lambda calendar: [one.on(calendar) for one in steps])


def admit(room: str, mrn: str, minute: int) -> Step:
    """An admission."""
    body = {"mrn": mrn, "time": moment(minute)}
    return Step(f"/v1/rooms/{room}/admit", body, lambda calendar: calendar.admit(room, mrn, minute))


def discharge(room: str, mrn: str | None, minute: int) -> Step:
    """A discharge, of whoever lies there or of one patient."""
    body = {"time": moment(minute)} | ({} if mrn is None else {"mrn": mrn})
    return Step(f"/v1/rooms/{room}/discharge", body, lambda calendar: calendar.discharge(room, mrn, minute))


def transfer(room: str, goal: str, mrn: str, minute: int) -> Step:
    """A transfer from one room to another."""
    body = {"mrn": mrn, "to": goal, "time": moment(minute)}
    return Step(f"/v1/rooms/{room}/transfer", body, lambda calendar: calendar.transfer(room, goal, mrn, minute))


readings = st.builds(reading, rooms, mrns, minutes, st.sampled_from((95.0, 95.0, 96.0)))
pairs = st.permutations(ROOMS).map(lambda order: order[:2])
transfers = st.builds(lambda pair, mrn, minute: transfer(pair[0], pair[1], mrn, minute), pairs, mrns, minutes)
steps = st.one_of(
    readings,
    st.lists(readings, min_size=2, max_size=4).map(batch),
    st.builds(admit, rooms, mrns, minutes),
    st.builds(discharge, rooms, st.none() | mrns, minutes),
    transfers,
)


class AtOnce(RuleBasedStateMachine):
    """Rounds of requests sent at once to one ward of a server's; `calendars` are those that it may be like."""

    server: ClassVar[Server]
    kills = False

    @initialize(chance=st.integers(1, KILLS_EVERY))
    def begin(self, chance: int) -> None:
        """Rooms and patients that nobody used before."""
        self.ward = f"{next(self.server.wards)}-"
        self.kills = WARDS > 0 and chance == KILLS_EVERY
        (self.since,) = self.server.rows("SELECT coalesce(max(seq), 0) FROM outbox")[0]
        self.calendars = [Calendar()]
        self.threads = ThreadPoolExecutor(AT_ONCE)
        self.local = threading.local()

    def teardown(self) -> None:
        """Each reading that was acknowledged is one point, nothing else is, and the stays' boundaries are points."""
        if not hasattr(self, "threads"):
            return
        self.threads.shutdown()
        with contextlib.closing(self.server.database()) as db:
            points, found = replay(db, self.since)
        ours = {(room.removeprefix(self.ward), mrn.removeprefix(self.ward), ms) for room, mrn, ms in points}
        begins = {
            (room.removeprefix(self.ward), mrn.removeprefix(self.ward), ms)
            for (room, mrn, ms), event in points.items()
            if event == "admitted"
        }
        assert (begins, ours - begins) == boundaries(self.shown())
        kept = sorted((room.removeprefix(self.ward), mrn.removeprefix(self.ward), ms) for room, mrn, ms in found)
        allowed = [sorted((room, mrn, at(m)) for room, mrn, m in one.answered) for one in self.calendars]
        assert kept in allowed

    @rule(sent=st.lists(steps, min_size=2, max_size=AT_ONCE))
    def at_once(self, sent: list[Step]) -> None:
        """What is sent at once is answered and kept as in some order."""
        self.judge(sent, self.send(sent))

    @rule(step=steps)
    def alone(self, step: Step) -> None:
        """What is sent alone is answered and kept as on the calendar."""
        self.judge([step], self.send([step]))

    @precondition(lambda self: self.kills)
    @rule(sent=st.lists(steps, min_size=2, max_size=AT_ONCE), after_ms=st.integers(0, 12))
    def killed(self, sent: list[Step], after_ms: int) -> None:
        """A server that is killed has kept all that it answered, and the rest whole or not at all."""
        answers = self.send(sent, kill_after_s=after_ms / 1000)
        self.server.start()
        self.judge(sent, answers)

    def send(self, sent: list[Step], *, kill_after_s: float | None = None) -> list[Any]:
        """Post all of it at once; the answers in the terms of the calendar."""
        ready = threading.Barrier(len(sent) + (kill_after_s is not None))

        def post(step: Step) -> Any:
            if not hasattr(self.local, "session"):
                self.local.session = requests.Session()
            path, body = self.ours(step)
            ready.wait()
            try:
                answer = self.local.session.post(
                    self.server.url + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
                )
            except requests.RequestException:
                assert kill_after_s is not None
                return UNANSWERED
            return told(answer, step)

        waiting = [self.threads.submit(post, step) for step in sent]
        if kill_after_s is not None:
            ready.wait()
            time.sleep(kill_after_s)
            self.server.kill()
        return [one.result() for one in waiting]

    def ours(self, step: Step) -> tuple[str, Any]:
        """The step with this ward's rooms and patients in it."""

        def own(body: dict[str, Any]) -> dict[str, Any]:
            return {name: self.ward + value if name in ("room", "mrn", "to") else value for name, value in body.items()}

        body = [own(one) for one in step.body] if isinstance(step.body, list) else own(step.body)
        return step.path.replace("/rooms/", f"/rooms/{self.ward}"), body

    def judge(self, sent: list[Step], answers: list[Any]) -> None:
        """Keep the calendars that some order of the requests leads to, with these answers and the stays shown."""
        shown = self.shown()
        found: dict[tuple, Calendar] = {}
        certain = [place for place, answer in enumerate(answers) if answer is not UNANSWERED]
        perhaps = [place for place, answer in enumerate(answers) if answer is UNANSWERED]
        for taken in subsets(perhaps):
            for before, order in itertools.product(self.calendars, itertools.permutations([*certain, *taken])):
                calendar = before.copy()
                fits = all(sent[place].on(calendar) == answers[place] or place in taken for place in order)
                if fits and calendar.stays() == shown:
                    found[calendar.state()] = calendar
        for step, answer in zip(sent, answers, strict=True):
            note(f"{step} -> {answer}")
        assert found, f"no order of what was sent leads to {sorted(shown, key=str)}"
        self.calendars = list(found.values())

    def shown(self) -> Shown:
        """The stays that the API shows of this ward."""
        found = set()
        for room in ROOMS:
            url = f"{self.server.url}/v1/rooms/{self.ward}{room}/stays"
            answer = requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
            assert answer.status_code in (200, 404)
            for stay in answer.json().get("stays", []):
                begin, end = (None if stay[name] is None else minute_of(ms_of(stay[name])) for name in ("from", "to"))
                found.add((room, stay["mrn"].removeprefix(self.ward), begin, end))
        return found


def ms_of(text: str) -> int:
    """An instant of the API, always a whole minute here, in milliseconds."""
    return next(at(minute) for minute in range(MINUTES) if moment(minute) == text)


def subsets(places: list[int]) -> Iterator[tuple[int, ...]]:
    """All selections, none and all among them."""
    return itertools.chain.from_iterable(itertools.combinations(places, size) for size in range(len(places) + 1))


def told(answer: requests.Response, step: Step) -> Any:
    """An answer in the terms of the calendar; AssertionError for one that none of these requests may get."""
    if not step.path.endswith("readings"):
        assert answer.status_code in (200, 201, 409), answer.text
        return answer.status_code != 409
    if isinstance(step.body, list):
        assert answer.status_code == 200, answer.text
        return [tuple(one["flags"]) if one["status"] == "accepted" else CONFLICT for one in answer.json()["results"]]
    assert answer.status_code in (201, 409), answer.text
    return tuple(answer.json()["flags"]) if answer.status_code == 201 else CONFLICT


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that runs."""
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.kill()


def test_what_is_sent_at_once_comes_out_as_in_some_order(server: Server) -> None:
    """Answers, stays and points are those of one order, in every ward that is tried."""

    class Here(AtOnce):
        pass

    Here.server = server
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=WARDS or 15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
