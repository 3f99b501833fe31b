"""Runs the test of every line of the threat model and writes what came of it: `python -m tests.security.table --write`.

Each line of `docs/security.md` names a test. A case is one run of it (a test may have many), a connection is one that a
case made to a server while it ran: most make one for each attempt at a door. What was tried without a network (a parser
that is fed, a file that is read) counts as cases alone. Exit code 0: every case passed.
"""

import argparse
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
LINE = re.compile(r"\| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| `(tests/[\w/]+\.py::test_\w+)` \|")
BEGIN, END = "<!-- results: written by tests/security/table.py -->\n", "<!-- end of the results -->\n"
HEAD = (
    "| who | by which door | test | cases | passed | skipped | connections |\n"
    "| --- | --- | --- | --: | --: | --: | --: |\n"
)


@dataclass
class Line:
    """A line of the threat model and what came of its test."""

    who: str
    door: str
    test: str
    cases: int = 0
    passed: int = 0
    skipped: int = 0
    connections: int = 0

    @property
    def holds(self) -> bool:
        """Whether something was tried, and all that was tried was stopped."""
        return self.passed > 0 and self.passed + self.skipped == self.cases


def model(text: str) -> list[Line]:
    """The lines of the threat model on the page."""
    return [Line(found[1], found[3], found[5]) for found in LINE.finditer(text.split("## Threat model")[1])]


class Counter:
    """A plugin of pytest's that counts cases and the connections that they make, by test."""

    def __init__(self, lines: list[Line]) -> None:
        self._by_test: dict[str, list[Line]] = {}
        for line in lines:
            self._by_test.setdefault(line.test, []).append(line)
        self._connections = 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _arguments: object) -> None:
        if event == "socket.connect":
            self._connections += 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """A case begins: nothing of it has passed yet."""
        for line in self._lines(item.nodeid):
            line.cases += 1
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """What is connected to while the test itself runs, without what its fixtures do."""
        before = self._connections
        try:
            return (yield)
        finally:
            for line in self._lines(item.nodeid):
                line.connections += self._connections - before

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What came of a case."""
        for line in self._lines(report.nodeid):
            line.passed += report.when == "call" and report.passed
            line.skipped += report.skipped

    def _lines(self, node: str) -> list[Line]:
        return self._by_test.get(node.partition("[")[0], [])


def shown(lines: list[Line], when: datetime, what: str) -> str:
    """The results as they stand on the page; `what` is the commit that was run."""
    rows = [
        f"| {line.who} | {line.door} | `{line.test.rsplit('::')[1]}` "
        f"| {line.cases} | {line.passed} | {line.skipped} | {line.connections:,} |\n"
        for line in lines
    ]
    different = {line.test: line for line in lines}.values()
    cases, passed, connections = (
        sum(getattr(line, name) for line in different) for name in ("cases", "passed", "connections")
    )
    return (
        f"`python -m tests.security.table --write` ran the test of each line on {when:%Y-%m-%d} ({what}, Python "
        f"{platform.python_version()}, {platform.system()}): {passed:,} of {cases:,} cases passed, which made "
        f"{connections:,} connections to real servers.\n\n{HEAD}{''.join(rows)}"
    )


def commit() -> str:
    """The commit that is checked out, and whether something was changed since."""
    told = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return told.stdout.strip() or "no commit"


def written(page: str, results: str) -> str:
    """The page with these results in the place of those before."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{results}{END}{rest.split(END)[1]}"


def main(arguments: list[str]) -> int:
    """Run the tests and show or write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.table", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write it into docs/security.md instead of printing it")
    write = parser.parse_args(arguments).write
    lines = model(PAGE.read_text())
    what = commit()  # before the run: others may commit while it lasts
    pytest.main(["-q", "--no-header", *sorted({line.test for line in lines})], plugins=[Counter(lines)])
    results = shown(lines, datetime.now(UTC), what)
    failed = [line.test for line in lines if not line.holds]
    if failed:
        sys.stderr.write(f"Not held: {', '.join(failed)}. Nothing was written.\n")
    elif write:
        PAGE.write_text(written(PAGE.read_text(), results))
    else:
        sys.stdout.write(results)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
