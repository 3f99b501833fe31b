"""Answers that InfluxDB gave, kept as text: one file a package in `answers/`.

    import "strings"

    > strings.toUpper(v: "abc")
    string: ABC
    > strings.repeat(v: "ab", i: -1)
    error: …
    >>
    a script of several lines, yielding tables
    <<
    its tables as annotated CSV, without carriage returns

Lines before the first `>` go in front of every expression and script of the file; lines that begin with `//` are kept
as they are. `python -m tests.influxlite.flux.stdlib.record URL TOKEN ORG [package …]` writes the answers anew.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ANSWERS = Path(__file__).parent / "answers"


class Refused(Exception):  # noqa: N818 - the answer of a server
    """The script's answer was an error; its text is the message."""


@dataclass(slots=True)
class Case:
    """One question and its answer; `script` is true where the answer is tables."""

    head: str
    question: str
    answer: str
    script: bool

    @property
    def query(self) -> str:
        """What is sent to a server."""
        return (
            f"{self.head}\n{self.question}"
            if self.script
            else f"{self.head}\narray.from(rows: [{{v: {self.question}}}])"
        )

    @property
    def panics(self) -> bool:
        """Whether InfluxDB itself failed."""
        return self.answer.startswith(("error: internal error: An internal error", "error: internal error: panic:"))

    def __str__(self) -> str:
        if self.script:
            return f">>\n{self.question}\n<<\n{self.answer}\n"
        return f"> {self.question}\n{self.answer}\n"


def read(path: Path) -> Iterator[Case | str]:
    """The cases of a file, and the lines between them as they are."""
    lines = path.read_text().split("\n")
    head: list[str] = []
    position = 0
    while position < len(lines) and not lines[position].startswith((">", "//")):
        head.append(lines[position])
        position += 1
    yield "\n".join(head)
    imports = 'import "array"\n' + "\n".join(head).strip()
    while position < len(lines):
        line = lines[position]
        position += 1
        if line.startswith(">>"):
            question, position = _until(lines, position, "<<")
            answer, position = _until(lines, position + 1, ">", "//")
            yield Case(imports, "\n".join(question), "\n".join(answer).strip("\n"), True)
        elif line.startswith(">"):
            answer, position = _until(lines, position, ">", "//")
            yield Case(imports, line[1:].strip(), "\n".join(answer).strip("\n"), False)
        elif line:
            yield line


def _until(lines: list[str], position: int, *marks: str) -> tuple[list[str], int]:
    start = position
    while position < len(lines) and not lines[position].startswith(marks):
        position += 1
    return lines[start:position], position


def answer_of(case: Case, ask: Callable[[str], str]) -> str:
    """What `ask` (script to annotated CSV, Refused for an error) answers to a case, as the files write it."""
    try:
        text = ask(case.query)
    except Refused as problem:
        return f"error: {str(problem).replace(chr(10), ' ')}"
    if case.script:
        return _tables(text)
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or len(rows) < 5:
        return "null"
    kind = rows[0][3] if len(rows[0]) > 3 else ""
    if not kind:
        return "null"
    value = rows[4][3].replace("\r\n", "\n")
    return f"{kind.split(':')[0]}: {_escaped(value)}".rstrip()


def _escaped(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", lambda m: repr(m[0])[1:-1], text)


def _tables(text: str) -> str:
    """Annotated CSV, quoted in one way: what must be quoted and no more."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(csv.reader(io.StringIO(text)))
    return out.getvalue().strip("\n")


def same(answer: str, recorded: str) -> bool:
    """Whether two answers agree; floats in their first twelve digits, as libraries of mathematics differ beyond."""
    if answer == recorded:
        return True
    a, b = (re.split(r"(?<=[,\n ])|(?=[,\n])", text) for text in (answer, recorded))
    return len(a) == len(b) and all(map(_same_cell, a, b))


def _same_cell(a: str, b: str) -> bool:
    if a == b:
        return True
    if not (_FLOAT.fullmatch(a) and _FLOAT.fullmatch(b)):
        return False
    return math.isclose(float(a), float(b), rel_tol=1e-12)


_FLOAT = re.compile(r"-?(\d+\.\d+|\d{21,})")
