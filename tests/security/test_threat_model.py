"""The threat model of `docs/security.md`: each of its lines names a test, and the test is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.security.table import BEGIN, END, model

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
RESULTS = re.findall(r"^\| .* \|$", PAGE.split(BEGIN)[1].split(END)[0], re.MULTILINE)[2:]
LINES = re.findall(r"^\| .* \|$", PAGE.split("## Threat model")[1].split("\n\n")[1], re.MULTILINE)[2:]


def test_the_table_is_read() -> None:
    """There are lines to hold: an empty table would pass."""
    assert len(LINES) > 20


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_held_by_a_test_that_is_there(line: str) -> None:
    """The last cell names a file and a test function in it."""
    named = re.fullmatch(r"\|(?:[^|]*\|){4} `(tests/[\w/]+\.py)::(test_\w+)` \|", line)
    assert named is not None, line
    tree = ast.parse((ROOT / named[1]).read_text())
    assert named[2] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, line


def test_the_results_are_of_these_lines() -> None:
    """What is written down as tried is a line of the model as it stands, and all of it passed: run
    `python -m tests.security.table --write` after a line has changed."""
    lines = [(line.who, line.door, f"`{line.test.rsplit('::')[1]}`") for line in model(PAGE)]
    assert len(lines) == len(LINES)
    assert len(RESULTS) > 20
    for row in RESULTS:
        who, door, test, cases, passed, skipped, _ = (cell.strip() for cell in row.strip("|").split("|"))
        assert (who, door, test) in lines
        assert 0 < int(passed) == int(cases) - int(skipped), row
