"""Random programs: none crashes the parser, and InfluxData's own makes the same trees.

The trees are held against `@influxdata/flux-lsp-node`, where Node can run it. That package does not tell what is wrong
with a broken program: InfluxData's messages are held against libflux, where it is at hand.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from influxlite.flux.nodes_json import from_json
from influxlite.flux.parser import parse, parse_with_faults
from tests.influxlite.flux.syntax import flux_lsp, libflux
from tests.influxlite.flux.syntax.flux_lsp import FluxLsp
from tests.influxlite.flux.syntax.programs import broken_programs, programs, scraps

LIBFLUX = libflux.find()
SOURCES = os.environ.get("BEDSIDE_TEST_FLUX_SOURCE")
QUIET = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=150
)


@pytest.fixture(scope="module")
def theirs() -> FluxLsp:
    """InfluxData's own parser."""
    try:
        return flux_lsp.find()
    except flux_lsp.MissingError as why:
        pytest.skip(str(why))


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


OLDER = "unrecognized escape sequence"
"""Said by the package's engine for regular expressions of `\\,` and the like, which Flux 0.200's newer one takes."""


def compare(theirs: FluxLsp, source: str) -> None:
    """Our tree is theirs, where they have one that does not hang on the age of their regular expressions."""
    expected = theirs.ast(source)
    if expected is None or OLDER in json.dumps(expected):
        reject()
    file, _ = parse_with_faults(source)
    # JavaScript has no 64-bit integers: the magnitude of a duration comes rounded
    assert difference(json.loads(json.dumps(file.to_json()), parse_int=float), expected) is None


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


@QUIET
@given(programs())
def test_right_programs_have_their_tree(theirs: FluxLsp, source: str) -> None:
    """InfluxData's parser makes the same tree of a right program."""
    compare(theirs, source)


@QUIET
@given(st.one_of(broken_programs(), scraps()))
def test_broken_programs_have_their_tree(theirs: FluxLsp, source: str) -> None:
    """InfluxData's parser makes the same tree of a broken program."""
    compare(theirs, source)


@pytest.mark.skipif(SOURCES is None, reason="set BEDSIDE_TEST_FLUX_SOURCE to a checkout of the Flux repository")
def test_all_of_flux_has_their_tree(theirs: FluxLsp) -> None:
    """Every .flux file of the Flux repository has the tree that InfluxData's parser makes of it."""
    files = sorted(Path(SOURCES or "").rglob("*.flux"))
    broken = {file.name for file in files if parse_with_faults(file.read_text())[1]}
    assert broken == {"stack_overflow.flux", "stack_overflow_2.flux", "bench.flux"}  # so they are there, too
    for file in files:
        compare(theirs, file.read_text())


@pytest.mark.skipif(
    LIBFLUX is None, reason="set BEDSIDE_TEST_LIBFLUX to a folder with libflux.so, built from the Flux repository"
)
@settings(QUIET, max_examples=400)
@given(st.one_of(programs(), broken_programs(), scraps()))
def test_broken_programs_have_their_messages(source: str) -> None:
    """InfluxData's library finds the same faults, in the same words."""
    assert LIBFLUX is not None
    if "\0" not in source:  # a C string ends there
        _, faults = parse_with_faults(source)
        assert ("\n\n".join(map(str, faults)) or None) == LIBFLUX.syntax_errors(source)
