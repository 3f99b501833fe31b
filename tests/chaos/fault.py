"""What a fault is, and the scene in which it strikes: a running pipeline, a ward that sends, and who watches."""

import contextlib
import re
import resource
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import ClassVar

from simulator import FAULTS
from tests.chaos.load import Load
from tests.chaos.pipeline import Pipeline, until
from tests.chaos.proxy import Way
from tests.chaos.watch import Look, Watch


@dataclass
class Scene:
    """Where a fault strikes. `chance` is its dice; `long` says that it has minutes, not seconds.

    `injected` counts how often it struck, `recovered_s` how long each time until `/readyz` said 200 again, `untruths`
    what `/readyz` said that was not so, `wrong` what else should not be.
    """

    pipeline: Pipeline
    load: Load
    watch: Watch
    chance: Random
    long: bool
    injected: int = 0
    recovered_s: list[float] = field(default_factory=list)
    untruths: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def recover(self, since_s: float) -> None:
        """Wait until readings make their whole way again; it took the time since that instant."""
        self.pipeline.await_ready()
        self.recovered_s.append(time.monotonic() - since_s)

    def recover_from_now(self) -> None:
        """As `recover`, where the cause is gone as of now."""
        self.recover(time.monotonic())

    def gather(self) -> None:
        """Refuse connections to InfluxDB until some readings wait, so that the next write is a large one."""
        with self.pipeline.proxy.refusing():
            self.load.more(100)

    @contextlib.contextmanager
    def refused(self, reason: str) -> Iterator[None]:
        """InfluxDB refuses connections for the length of the block and a while more; then all has to come back."""
        with self.pipeline.proxy.refusing(), self.outage(reason):
            yield
        self.recover_from_now()

    def filled(self, place: Path, part: str, reason: str) -> None:
        """That place is full for a while, which `part` writes to; then there is room again."""
        with self.pipeline.full(place, part), self.outage(reason, taken=part != "ingest"):
            pass
        self.recover_from_now()

    def badly_answered(self, way: Way, reason: str) -> None:
        """InfluxDB answers that way for a while, at least twice; then all has to come back."""
        before = self.pipeline.proxy.hits
        with self.pipeline.proxy.taking(way), self.outage(reason):
            until(lambda: self.pipeline.proxy.hits > before + 1, "the forwarder did not try twice")
        self.recover_from_now()

    @contextlib.contextmanager
    def outage(self, reason: str, *, taken: bool = True) -> Iterator[None]:
        """Entered when the cause is there, left before it is taken away: `/readyz` has to say a reason like this one.

        Readings go on meanwhile, and once `/readyz` has said why not, it may not say 200 before the end. Where it is
        about readings that are not `taken` it may if some were after all: a full disk has room for the small.
        """
        self.injected += 1
        began_s = time.monotonic()
        yield
        pattern = re.compile(reason)
        told: list[Look] = []

        def noticed() -> bool:
            told[:] = [look for look in self.watch.between(began_s, time.monotonic()) if _says(look, pattern)]
            return bool(told)

        until(noticed, f"/readyz never said {reason!r}", self.pipeline.last_words)
        before = self.load.acknowledged
        self.hold()
        over_s = time.monotonic()
        if not taken and self.load.acknowledged > before:
            return
        for look in self.watch.between(told[0].began_s, over_s):
            if look.status == 200:
                self.untruths.append(f"/readyz said 200 {look.ended_s - began_s:.1f} s into an outage ({reason})")
                break

    def undisturbed(self, injected: int) -> None:
        """Something that must not be felt goes on for a while: readings are taken and `/readyz` never says no."""
        self.injected += injected
        began_s = time.monotonic()
        self.hold()
        self.load.more(100)
        if any(look.status == 503 for look in self.watch.between(began_s, time.monotonic())):
            self.untruths.append("/readyz said no while all was well")

    def hold(self) -> None:
        """Let an outage last: an hour of the ward's time or more, where there is time for it."""
        time.sleep(self.chance.uniform(8.0, 25.0) if self.long else self.chance.uniform(0.5, 1.5))


class Fault(ABC):
    """One thing that goes wrong. Its file's name is its name; `summary` stands in the table."""

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    of_monitors: ClassVar[tuple[str, ...]] = tuple(FAULTS)
    """Which faults the simulated monitors have meanwhile."""
    fills: ClassVar[bool] = False
    """Whether it fills a disk, for which a pipeline has small ones of its own where they can be mounted."""

    @classmethod
    def unavailable(cls) -> str | None:
        """Why it cannot be shown on this machine, in a sentence; None where it can."""
        if cls.fills and not hasattr(resource, "prlimit"):
            return "A disk is filled by mounting one or by a limit on another process's files, which only Linux has."
        return None

    @abstractmethod
    def strike(self, scene: Scene) -> None:
        """Do it, and undo it, and wait until the pipeline has recovered."""


def _says(look: Look, pattern: re.Pattern[str]) -> bool:
    return look.status == 503 and any(pattern.search(reason) for reason in look.reasons)
