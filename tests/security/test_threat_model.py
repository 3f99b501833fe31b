"""The threat model of `docs/security.md`: each of its lines names a test, and the test is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
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
