"""InfluxData's own analyser, where it is at hand: the same faults in programs, the same types in the library."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from influxlite.flux.parser import parse_with_faults, report
from influxlite.flux.stdlib import registry
from influxlite.flux.types import faults
from influxlite.flux.types.environment import PRELUDE
from influxlite.flux.types.mismatches import Different, settle
from influxlite.flux.types.monotypes import INT
from influxlite.flux.types.signatures import signature
from tests.influxlite.flux.syntax import libflux
from tests.influxlite.flux.syntax.tables import records

THEIRS = libflux.find()
SOURCES = os.environ.get("BEDSIDE_TEST_FLUX_SOURCE")
CONFORMANCE = Path(__file__).parents[2] / "conformance" / "cases.json"
WRONG = [source for source, _ in records(Path(__file__).with_name("wrong.txt"))]
pytestmark = pytest.mark.skipif(
    THEIRS is None, reason="set BEDSIDE_TEST_LIBFLUX to a folder with libflux.so, built from the Flux repository"
)


def compare(source: str) -> None:
    """Our faults are theirs, word for word."""
    assert THEIRS is not None
    file, broken = parse_with_faults(source)
    if not broken:
        assert (report(faults([file])) or None) == THEIRS.errors(source)


def test_signatures_are_fluxs_own() -> None:
    """What a function of our library declares is the type that Flux gives to it."""
    assert THEIRS is not None
    unlike: list[str] = []
    for path in sorted(set(registry.package_paths())):
        for name, entry in registry.entries(path).items():
            told = Different(INT, signature(entry.signature).instantiate()[0])
            settle([told])
            use = f"x = [1, {name}]" if path in PRELUDE else f'import p "{path}"\nx = [1, p.{name}]'
            text = (THEIRS.errors(use) or "").partition(": ")[2]
            # else it is an int, or of a kind that an int is not of
            if text.startswith("expected int but found") and told.text() != text:
                unlike.append(f"{path} {name}: {told.text()} is {text}")
    assert not unlike, "\n".join(unlike)


def test_the_recorded_queries_are_right() -> None:
    """Of the queries that InfluxDB answered nothing is said that it does not say."""
    for case in json.loads(CONFORMANCE.read_text()):
        compare(case["query"])


@pytest.mark.skipif(SOURCES is None, reason="set BEDSIDE_TEST_FLUX_SOURCE to a checkout of the Flux repository")
def test_all_of_fluxs_tests_are_right() -> None:
    """Nothing is said of any test of Flux that Flux does not say."""
    files = sorted(Path(SOURCES or "").rglob("*_test.flux"))
    assert files
    for file in files:
        compare(file.read_text())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.sampled_from(WRONG), st.sampled_from(WRONG), st.randoms(use_true_random=False))
def test_crossed_programs_have_their_faults(first: str, second: str, chance) -> None:
    """Programs that are made of parts of two wrong ones are wrong in the same way."""
    ours, other = first.split(" "), second.split(" ")
    ours[chance.randrange(len(ours))] = other[chance.randrange(len(other))]
    source = " ".join(ours)
    if THEIRS is not None and "recursive types" not in (THEIRS.errors(source) or ""):  # which number their variables
        compare(source)
