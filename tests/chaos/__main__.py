"""Strikes a running pipeline with one fault after another, and holds it to what it promises.

    python -m tests.chaos --minutes 30 --seed 1 --write docs/reliability.md
    python -m tests.chaos --faults kill-9 --seed 4711 --rounds 1     # a round that failed, again

The round that is played as number N has the seed that is given plus N, and says so.
"""

import contextlib
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import click

from simulator.chance import dice
from tests.chaos.faults import FAULTS
from tests.chaos.pipeline import Pipeline
from tests.chaos.rounds import Outcome, play
from tests.chaos.space import can_mount
from tests.chaos.table import Results


@click.command(help=__doc__)
@click.option("--minutes", type=float, default=10.0, show_default=True, help="Begin no round after that long.")
@click.option("--rounds", type=int, help="How many rounds at most.")
@click.option("--seed", type=int, default=1, show_default=True, help="The first round's seed.")
@click.option("--faults", default=",".join(FAULTS), help=f"Which faults: {', '.join(FAULTS)} [default: all].")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the table into that page.")
def main(minutes: float, rounds: int | None, seed: int, faults: str, write: Path | None) -> None:
    """Play rounds until the time is over; exit code 1 when something was not as promised."""
    chosen = [name.strip() for name in faults.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in FAULTS]:
        raise click.UsageError(f"no fault is called {unknown[0]!r}; there are {', '.join(FAULTS)}")
    results = Results(seed)
    for name in chosen:
        if why := FAULTS[name].unavailable():
            results.left_out[name] = why
            click.echo(f"{name} is left out: {why}")
    playable = [name for name in chosen if name not in results.left_out]
    if not playable:
        raise click.UsageError("none of these faults can be shown on this machine")
    deadline = time.monotonic() + minutes * 60
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    small = can_mount()
    number, pipelines = 0, dict[bool, Pipeline]()
    try:
        while time.monotonic() < deadline and (rounds is None or number < rounds):
            order = dice(seed, "order", number // len(playable)).sample(playable, len(playable))
            kind = FAULTS[order[number % len(playable)]]
            fills = kind.fills and small
            if fills not in pipelines:
                pipelines[fills] = Pipeline(Path(tempfile.mkdtemp(prefix="bedside-chaos-")), small=fills)
                pipelines[fills].start()
            outcome = play(pipelines[fills], kind, seed + number, number, long=True)
            results.add(outcome)
            _tell(number, outcome)
            if write is not None:  # after each round: a run that is ended early leaves what it has
                results.write(write)
            number += 1
            if outcome.problems:  # what it left behind is not the next round's fault
                _end(pipelines.pop(fills), keep=not fills)
    finally:
        for pipeline in pipelines.values():
            _end(pipeline, keep=False)
    click.echo(results.table())
    sys.exit(0 if results.ok else 1)


def _tell(number: int, outcome: Outcome) -> None:
    verdict = outcome.verdict
    click.echo(
        f"round {number}: {outcome.fault}, seed {outcome.seed}: injected {outcome.injected}, {outcome.acknowledged} "
        f"acknowledged, {verdict.lost} lost, {verdict.doubled} doubled, {verdict.misattributed} misattributed, back "
        f"after {', '.join(f'{seconds:.1f}' for seconds in outcome.recovered_s) or '-'} s"
    )
    for problem in outcome.problems:
        click.echo(f"  ! {problem}")


def _end(pipeline: Pipeline, *, keep: bool) -> None:
    with contextlib.suppress(AssertionError):
        pipeline.stop()
    if keep:
        click.echo(f"  ! its folder is kept: {pipeline.folder}")
    else:
        shutil.rmtree(pipeline.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
