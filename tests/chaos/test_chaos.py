"""The pipeline's processes and what they stand on fail while a ward sends: all that was acknowledged is there, once.

The short form: a few faults, seconds each. `python -m tests.chaos` is the long one. `BEDSIDE_CHAOS_SEED` plays a round
that failed again.
"""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.pipeline import Pipeline
from tests.chaos.rounds import play

SEED = int(os.environ.get("BEDSIDE_CHAOS_SEED") or secrets.randbelow(10**6))
SHORT = ("kill-9", "influx-away", "influx-half-answer", "disk-database", "sigterm")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One pipeline for all rounds."""
    running = Pipeline(tmp_path_factory.mktemp("chaos"))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("name", SHORT)
def test_a_ward_goes_on_through(pipeline: Pipeline, name: str) -> None:
    """0 lost, 0 doubled, 0 misattributed, stays apart, back by itself, and `/readyz` told the truth meanwhile."""
    if why := FAULTS[name].unavailable():
        pytest.skip(why)
    outcome = play(pipeline, FAULTS[name], SEED, SHORT.index(name), long=False)
    assert not outcome.problems, "\n".join([f"again: BEDSIDE_CHAOS_SEED={SEED}", *outcome.problems])
