"""The checkers that the house relies on find nothing: style, types, and who may import whom."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CHECKERS = {
    "ruff finds no fault": ["ruff", "check"],
    "ruff would format nothing otherwise": ["ruff", "format", "--check"],
    "basedpyright finds no error": ["basedpyright", "--level", "error"],
    "every import contract is kept": ["lint-imports"],
}


@pytest.mark.parametrize("claim", CHECKERS)
def test_checker(claim: str) -> None:
    """Each checker exits with success on the whole tree."""
    program, *arguments = CHECKERS[claim]
    told = subprocess.run([str(BIN / program), *arguments], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, f"{claim}: not so\n{told.stdout[-6000:]}{told.stderr[-2000:]}"
