"""Silences: kept on disk, always with an end."""

import time
from pathlib import Path

import pytest

from ward.errors import NotAllowed, NotFound
from ward.silences import ACKNOWLEDGED_S, LONGEST_S, Silences


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where they are kept."""
    return tmp_path / "ward" / "silences.db"


def test_a_restart_forgets_none(file: Path) -> None:
    """What was silenced is silenced after a restart, by the same person until the same instant."""
    first = Silences(file)
    made = first.add("a|room=101", "snooze", "Dr. Moss", "on it", 900)
    first.close()
    assert Silences(file).in_force() == {"a|room=101": made}


def test_an_alert_has_one_silence(file: Path) -> None:
    """A new silence takes the place of the one before; lifting it leaves none."""
    silences = Silences(file)
    silences.add("a", "snooze", "x", "", 900)
    second = silences.add("a", "acknowledge", "y", "", None)
    assert silences.in_force() == {"a": second}
    assert second.until_ms - second.from_ms == ACKNOWLEDGED_S * 1000
    silences.lift(second.id)
    assert silences.in_force() == {}
    with pytest.raises(NotFound):
        silences.lift(second.id)


def test_an_alert_that_is_over_was_seen(file: Path) -> None:
    """The end of an alert ends its acknowledgement, so that a new one is loud; a snooze runs on."""
    silences = Silences(file)
    silences.add("a", "acknowledge", "x", "", None)
    kept = silences.add("b", "snooze", "x", "", 900)
    silences.ended("a")
    silences.ended("b")
    assert silences.in_force() == {"b": kept}


@pytest.mark.parametrize("length_s", [None, 0, 59, LONGEST_S + 1, float("inf"), float("nan")])
def test_never_for_ever(file: Path, length_s: float | None) -> None:
    """A snooze without an end, or a longer one than half a day, is refused."""
    with pytest.raises(NotAllowed):
        Silences(file).add("a", "snooze", "x", "", length_s)


def test_a_silence_ends_by_itself(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time it is in force no more."""
    silences = Silences(file)
    silences.add("a", "snooze", "x", "", 60)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert silences.in_force() == {}
