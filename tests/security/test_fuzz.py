"""Parsers that face a network keep their promises, whatever comes: see `fuzz`, which goes on for longer."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.fuzz import Fuzzing, corpus, mutated
from tests.security.parsers import PARSERS, WORDS


@pytest.mark.parametrize("parser", PARSERS)
def test_the_corpus_holds(parser: str) -> None:
    """Everything that is kept, what was found once among it, is read or refused as promised; both happen."""
    told = {PARSERS[parser](data).split(" ")[0] for data in corpus(parser)}
    assert len(told) > 1


@pytest.mark.parametrize("parser", PARSERS)
def test_changed_bytes_of_the_corpus_hold(parser: str) -> None:
    """Bytes that are nearly right, from seeds that are always the same."""

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 2**32), generations=st.integers(1, 4))
    def hold(seed: int, generations: int) -> None:
        rng, pool = random.Random(seed), corpus(parser)
        for _ in range(generations):
            pool = [mutated(rng, pool, WORDS[parser])]
        PARSERS[parser](pool[0])

    hold()


@pytest.mark.parametrize("parser", PARSERS)
def test_any_bytes_hold(parser: str) -> None:
    """Bytes that are anything, and words of the grammar in any order."""

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(parts=st.lists(st.sampled_from(WORDS[parser]) | st.binary(max_size=6), max_size=12))
    def hold(parts: list[bytes]) -> None:
        PARSERS[parser](b"".join(parts))

    hold()


def test_the_fuzzer_finds_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that fails on a certain word is found out, and the bytes are made as short as that word."""

    def fragile(data: bytes) -> str:
        if b"|>" in data and b"(" in data:
            raise ZeroDivisionError
        return "fine"

    monkeypatch.setitem(PARSERS, "flux", fragile)
    fuzzing = Fuzzing("flux", random.Random(1))
    fuzzing.run(lambda: bool(fuzzing.broken) or fuzzing.tried > 10_000)
    ((data, _told),) = fuzzing.broken.values()
    assert sorted(data) == sorted(b"|>(")
