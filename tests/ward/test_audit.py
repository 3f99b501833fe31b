"""The audit log: lines that are only added, each bound to the one before."""

import json
from pathlib import Path

import pytest

from ward.audit import Audit, BrokenChainError, hash_of, verify


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of five entries, written by two processes one after the other."""
    path = tmp_path / "ward" / "audit.jsonl"
    Audit(path).add({"who": "a", "what": "view", "patient": str(n)} for n in range(3))
    Audit(path).add({"who": "b", "what": "view", "patient": str(n)} for n in range(2))
    return path


def test_a_log_that_nobody_touched_is_whole(log: Path) -> None:
    """All five lines verify, across a restart, and a log that is not there has none."""
    assert verify(log) == 5
    assert verify(log.with_name("none")) == 0
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", range(5))
def test_a_changed_line_is_found(log: Path, line: int) -> None:
    """Another word in a line is found at that line, also with its own hash made to fit, unless it is the last."""
    lines = log.read_text().splitlines()
    changed = json.loads(lines[line]) | {"who": "nobody"}
    for entry, told in ((changed, line + 1), (changed | {"hash": hash_of(changed)}, line + 2)):
        forged = [*lines[:line], json.dumps(entry), *lines[line + 1 :]]
        log.write_text("\n".join(forged) + "\n")
        if told <= 5:
            with pytest.raises(BrokenChainError) as raised:
                verify(log)
            assert raised.value.line == told


def test_a_line_that_is_gone_or_moved_is_found(log: Path) -> None:
    """Taking a line out, or two in another order, breaks the chain there."""
    lines = log.read_text().splitlines()
    for forged, told in (([*lines[:2], *lines[3:]], 3), ([lines[0], lines[2], lines[1], *lines[3:]], 2)):
        log.write_text("\n".join(forged) + "\n")
        with pytest.raises(BrokenChainError) as raised:
            verify(log)
        assert raised.value.line == told


def test_a_line_that_a_crash_cut_is_no_break(log: Path) -> None:
    """Half a line told nobody anything: the next start takes it out and goes on."""
    whole = log.read_bytes()
    log.write_bytes(whole + whole[:40])
    Audit(log).add([{"who": "c", "what": "login"}])
    assert verify(log) == 6
