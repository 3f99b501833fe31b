"""One round: a ward sends, a fault strikes, the pipeline recovers, and the ledger is held against the database."""

import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path

from simulator import Verdict
from simulator.chance import dice
from tests.chaos.fault import Fault, Scene
from tests.chaos.load import Load
from tests.chaos.pipeline import Pipeline
from tests.chaos.watch import Watch

WARM_UP = 100


@dataclass(slots=True)
class Outcome:
    """What came of a round. `problems` are sentences; none of them means that all is well."""

    fault: str
    seed: int
    injected: int = 0
    acknowledged: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    recovered_s: list[float] = field(default_factory=list)
    untruths: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        """Whether the database could be held against the ledger at all: else a zero of `verdict` says nothing."""
        return self.verdict.readings > 0


def play(pipeline: Pipeline, kind: type[Fault], seed: int, number: int, *, long: bool) -> Outcome:
    """Play one round on a running pipeline; `number` gives it rooms and patients that no other round has had.

    The seed decides what the fault does and when, and what the ward measures.
    """
    outcome = Outcome(kind.name, seed)
    ledger = Path(pipeline.folder) / f"{number}-{kind.name}-{seed}.jsonl"
    options = replace(pipeline.options(ledger, 1000 * (number + 1)), seed=seed, faults=kind.of_monitors)
    load, watch = Load(options), Watch(pipeline)
    scene = Scene(pipeline, load, watch, dice(seed, "chaos", kind.name), long)
    load.start()
    watch.start()
    try:
        load.more(WARM_UP)
        kind().strike(scene)
        load.more(WARM_UP)
    except Exception as failed:
        outcome.problems.append(
            f"{type(failed).__name__}: {failed}\n{''.join(traceback.format_tb(failed.__traceback__, -3))}"
        )
    finally:
        watch.stop()
    try:
        report = load.stop()
        outcome.acknowledged = report.acknowledged
        outcome.problems += [f"unexpected: {told} ({times}×)" for told, times in report.surprises.items()]
        outcome.problems += [report.error] if report.error else []
        outcome.verdict = load.verify()
        outcome.problems += outcome.verdict.examples
    except Exception as failed:
        outcome.problems.append(f"{type(failed).__name__}: {failed}")
    outcome.injected, outcome.recovered_s, outcome.untruths = scene.injected, scene.recovered_s, scene.untruths
    outcome.problems += scene.untruths + scene.wrong
    if not outcome.verified:
        outcome.problems.append("nothing was verified")
    if not scene.injected:
        outcome.problems.append("the fault was never injected")
    return outcome
