"""The pipeline's parts are killed without warning while a ward sends: whatever was acknowledged is there, once.

`BEDSIDE_CHAOS=big` runs the long form: twelve rooms and two nights, then ten thousand turnovers, each with five kills
of each part.
"""

import os
import threading
import time
from collections.abc import Callable

from simulator import FAULTS, Progress, simulate, stress
from simulator.options import SimulateOptions
from simulator.report import Report
from tests.simulator.stack import Part, Stack, fresh

BIG = os.environ.get("BEDSIDE_CHAOS") == "big"
KILLS = 5 if BIG else 2


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


def test_a_ward_survives_kill_9(own_stack: Stack) -> None:
    """With every fault and with parts killed meanwhile: 0 lost, 0 doubled, 0 misattributed, nothing unexpected."""
    rooms, hours = (12, 48.0) if BIG else (3, 14.0)
    options = fresh(
        own_stack.options,
        own_stack.ingest.log.parent,
        "chaos",
        rooms=rooms,
        hours=hours,
        faults=tuple(FAULTS),
        batch_size=30,
    )
    report = held(own_stack, options, lambda chosen, killer: simulate(chosen, killer.tell))
    assert report.ok, report.lines()
    assert report.retries > 0, "a kill that nobody noticed proves nothing"


def test_turnovers_survive_kill_9(own_stack: Stack) -> None:
    """32 clients turn two rooms over while parts are killed: none lost, none doubled, stays apart, no 5xx but 503."""
    options = fresh(own_stack.options, own_stack.ingest.log.parent, "chaos-stress")
    posts = 10_000 if BIG else 1_000
    report = held(own_stack, options, lambda chosen, killer: stress(chosen, posts=posts, progress=killer.tell))
    assert report.ok, report.lines()
    assert report.acknowledged == posts
    assert report.retries > 0, "a kill that nobody noticed proves nothing"
