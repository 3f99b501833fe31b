"""Random programs: none crashes the parser, and where InfluxData's own parser is at hand ours agrees with it."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from influxlite.flux.nodes_json import from_json
from influxlite.flux.parser import parse, parse_with_faults
from tests.influxlite.flux.syntax import libflux
from tests.influxlite.flux.syntax.programs import broken_programs, programs, scraps

THEIRS = libflux.find()
SOURCES = os.environ.get("BEDSIDE_TEST_FLUX_SOURCE")
QUIET = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=150
)
WITH_THEIRS = settings(QUIET, max_examples=400)
needs_theirs = pytest.mark.skipif(
    THEIRS is None, reason="set BEDSIDE_TEST_LIBFLUX to a folder with libflux.so, built from the Flux repository"
)


def difference(ours: Any, theirs: Any, path: str = "") -> str | None:
    """The first place where two JSON trees differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            found = difference(ours.get(key, "missing"), theirs.get(key, "missing"), f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        found = (difference(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(ours, theirs, strict=True)))
        return next(filter(None, found), None)
    return None if ours == theirs else f"{path}: {ours!r:.200} is not {theirs!r:.200}"


def compare(source: str) -> None:
    """Our tree and our messages are theirs."""
    assert THEIRS is not None
    file, faults = parse_with_faults(source)
    assert difference(file.to_json(), THEIRS.ast(source)) is None
    assert ("\n\n".join(map(str, faults)) or None) == THEIRS.syntax_errors(source)


@QUIET
@given(programs())
def test_what_the_grammar_makes_is_parsed(source: str) -> None:
    """A program that follows the grammar has no fault, and its tree survives JSON."""
    file = parse(source)
    assert from_json(file.to_json()).to_json() == from_json(from_json(file.to_json()).to_json()).to_json()


@QUIET
@given(st.one_of(broken_programs(), st.text(max_size=60), scraps()))
def test_nothing_crashes_the_parser(source: str) -> None:
    """Any text has a tree and a list of faults, whose places are in the text."""
    file, faults = parse_with_faults(source)
    lines = source.count("\n") + 1
    assert all(fault.location.end_line <= lines for fault in faults)
    file.to_json()


@needs_theirs
@WITH_THEIRS
@given(programs())
def test_right_programs_have_their_tree(source: str) -> None:
    """InfluxData's parser makes the same tree of a right program."""
    compare(source)


@needs_theirs
@WITH_THEIRS
@given(st.one_of(broken_programs(), scraps()))
def test_broken_programs_have_their_tree(source: str) -> None:
    """InfluxData's parser makes the same tree of a broken program, and finds the same faults."""
    if "\0" not in source:  # a C string ends there
        compare(source)


@needs_theirs
@pytest.mark.skipif(SOURCES is None, reason="set BEDSIDE_TEST_FLUX_SOURCE to a checkout of the Flux repository")
def test_all_of_flux_has_their_tree() -> None:
    """Every .flux file of the Flux repository has the tree that InfluxData's parser makes of it."""
    files = sorted(Path(SOURCES or "").rglob("*.flux"))
    assert files
    for file in files:
        compare(file.read_text())
