"""The contract's table of requests and answers (`contract.txt`), held against a real server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

REQUEST = re.compile(r"(GET|POST|DELETE) (\S+)(?: as (\w+))?(?: \| ([\w-]+): (\S+))?(?: (.*))?")


def stories() -> dict[str, list[str]]:
    """The table by story: lines of requests and answers in turn."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (Path(__file__).parent / "contract.txt").read_text().splitlines():
        if line.startswith("== "):
            lines = found[line[3:]] = []
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


def agrees(expected: Any, actual: Any) -> bool:
    """Whether an answer is what the table says."""
    if expected == "*":
        return actual is not None
    if isinstance(expected, dict) and isinstance(actual, dict):
        more = "..." in expected
        keys = {key for key in expected if key != "..."}
        return (keys == set(actual) or (more and keys <= set(actual))) and all(
            agrees(expected[key], actual[key]) for key in keys
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(agrees, expected, actual))
    return type(expected) is type(actual) and expected == actual


@pytest.mark.parametrize("story", stories())
def test_story(shared_ward: Any, story: str) -> None:
    """Each request of a story gets the answer that the table says, problems as problem documents."""
    lines = stories()[story]
    assert len(lines) % 2 == 0
    for asked, said in zip(lines[::2], lines[1::2], strict=True):
        match = REQUEST.fullmatch(asked)
        assert match, asked
        method, path, role, name, value, body = match.groups()
        answer = shared_ward.call(
            method,
            path,
            body.replace("\\n", "\n") if body else None,
            role=None if role == "nobody" else role or "monitor",
            headers={name: value} if name else {},
        )
        status, expected = said.split(" ", 1)
        assert answer.status_code == int(status), f"{asked}\n{answer.text}"
        assert agrees(json.loads(expected), answer.json()), f"{asked}\nexpected {expected}\ngot      {answer.text}"
        if answer.status_code >= 400 and path != "/add_patient":
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code
