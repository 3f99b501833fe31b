"""The pipeline's parts are killed without warning while a ward sends: whatever was acknowledged is there, once.

`BEDSIDE_CHAOS=big` runs the long form: twelve rooms and two nights, then ten thousand turnovers, each with five kills
of each part.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from simulator import FAULTS, Progress, simulate, stress
from simulator.chance import dice
from simulator.flux import Influx
from simulator.ledger import load
from simulator.link import Link
from simulator.options import SimulateOptions
from simulator.report import Report, Tally
from simulator.times import DAY_MS, from_rfc3339, now_ms
from simulator.verify import points
from tests.simulator.stack import ROOT, Part, Stack, fresh

BIG = os.environ.get("BEDSIDE_CHAOS") == "big"
KILLS = 5 if BIG else 2
START_MS = now_ms() // DAY_MS * DAY_MS - 3 * DAY_MS


class Killer:
    """Kills each part `kills` times and starts it again, spread over the run by what has been acknowledged."""

    def __init__(self, parts: list[Part], kills: int) -> None:
        self.killed = 0
        self.failed: list[BaseException] = []
        self._parts = parts
        self._kills = kills
        self._share = 0.0
        self._thread = threading.Thread(target=self._run)
        self._over = threading.Event()

    def tell(self, progress: Progress) -> None:
        """Where the simulation is."""
        if progress.phase == "backfill" and progress.total:
            self._share = progress.done / progress.total
        elif progress.phase == "verify":
            self._share = 1.0

    def during(self, work: Callable[[], Report]) -> Report:
        """Do the work while parts are killed; the report, after the last part is up again."""
        self._thread.start()
        try:
            return work()
        finally:
            self._over.set()
            self._thread.join()

    def _run(self) -> None:
        rounds = self._kills * len(self._parts)
        try:
            for number in range(rounds):
                while self._share < (number + 0.5) / (rounds + 1) and not self._over.is_set():
                    time.sleep(0.01)
                part = self._parts[number % len(self._parts)]
                part.kill()
                self.killed += 1
                part.start()
        except BaseException as error:
            self.failed.append(error)  # for the test, which runs in another thread


def held(stack: Stack, options: SimulateOptions, work: Callable[[SimulateOptions, Killer], Report]) -> Report:
    """The report of a run with kills, every one of which happened."""
    killer = Killer(stack.parts(), KILLS)
    report = killer.during(lambda: work(options, killer))
    assert not killer.failed, killer.failed
    assert killer.killed == KILLS * len(stack.parts())
    return report


def test_a_ward_survives_kill_9(stack: Stack, tmp_path: Path) -> None:
    """With every fault and with parts killed meanwhile: 0 lost, 0 doubled, 0 misattributed, nothing unexpected."""
    rooms, hours = (12, 48.0) if BIG else (3, 14.0)
    options = fresh(
        stack.options,
        tmp_path,
        "chaos",
        rooms=rooms,
        hours=hours,
        faults=tuple(FAULTS),
        batch_size=30,
    )
    report = held(stack, options, lambda chosen, killer: simulate(chosen, killer.tell))
    assert report.ok, report.lines()
    assert report.retries > 0, "a kill that nobody noticed proves nothing"


def test_readings_without_a_time_are_kept_once(stack: Stack) -> None:
    """A device without a clock sends under an Idempotency-Key until it is answered: kept once, times ever later."""
    options, stop, tally = stack.options, threading.Event(), Tally()
    link = Link(options.url, options.token, patience_s=60, stop=stop, tally=tally, chance=dice(1))
    fault = FAULTS["lost"](1, "no-clock")
    killer = threading.Timer(0.1, lambda: (stack.ingest.kill(), stack.ingest.start()))
    killer.start()
    times, count = [], 0
    while count < 300 or not tally.counts().get("retries"):
        body = json.dumps({"room": "no-clock", "mrn": "5001", "apnea_count": count}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"no-clock-{count}"}
        told = link.post("/v1/readings", lambda body=body, headers=headers: (body, headers), fault.lose)
        assert {(answer.status, answer.body) for answer in told} == {(201, told[-1].body)}
        times.append(from_rfc3339(json.loads(told[-1].body)["time"]))
        count += 1
    killer.join()
    assert times == sorted(set(times))
    influx = Influx(options.influx_url, options.influx_org, options.influx_bucket, options.influx_token)
    while len(stored := points(influx, "no-clock")) < count:
        time.sleep(0.1)
    assert [fields["apnea_count"] for _, fields in sorted(stored.items())] == [[str(n)] for n in range(count)]


def test_a_simulator_that_is_killed_can_be_started_again(stack: Stack, tmp_path: Path) -> None:
    """After kill -9 of the simulator itself the same simulation goes on in the same ledger, and all is well."""
    options = fresh(
        stack.options, tmp_path, "resumed", rooms=2, hours=30, start_ms=START_MS, faults=tuple(FAULTS), batch_size=5
    )
    assert options.ledger is not None
    script = tmp_path / "simulate.py"
    script.write_text(f"from pathlib import PosixPath\nfrom simulator import *\nsimulate({options!r})\n")
    process = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    while process.poll() is None and (not options.ledger.exists() or options.ledger.stat().st_size < 100_000):
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -9, "it was over before it could be killed"
    assert sum(entry.time_ms is not None for entry in load(options.ledger).entries.values()) < 2 * 30 * 60
    report = simulate(options)
    assert report.ok, report.lines()


def test_turnovers_survive_kill_9(stack: Stack, tmp_path: Path) -> None:
    """32 clients turn two rooms over while parts are killed: none lost, none doubled, stays apart, no 5xx but 503."""
    options = fresh(stack.options, tmp_path, "chaos-stress")
    posts = 10_000 if BIG else 1_000
    report = held(stack, options, lambda chosen, killer: stress(chosen, posts=posts, progress=killer.tell))
    assert report.ok, report.lines()
    assert report.acknowledged == posts
    assert report.retries > 0, "a kill that nobody noticed proves nothing"
