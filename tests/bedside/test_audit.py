"""`bedside audit`: the log as a person reads it, and whether it is whole."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bedside.cli import cli
from bedside.errors import Failure
from ingest.audit import Audit, audit_file
from ingest.logs import Pseudonym

KEY = b"k" * 32


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose log has three lines: two views and an admission."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "secret.key").write_bytes(KEY)
    patient = Pseudonym(KEY)("5001")
    log = Audit(audit_file(folder))
    log.add([{"who": "Dr. \x1b[2JMoss", "token": "ab", "what": "view", "view": "rooms"}])
    log.add([{"who": "nurse", "token": "cd", "what": "admit", "patient": patient, "room": "7"}])
    log.add([{"who": "nurse", "token": "cd", "what": "view", "patient": Pseudonym(KEY)("5002")}])
    return folder


def ask(data: Path, *arguments: str) -> Result:
    """Run the command on that folder."""
    return CliRunner().invoke(cli, ["audit", *arguments, "--data", str(data)])


def test_the_log_is_shown(data: Path) -> None:
    """Every line with who and what, the oldest first; nothing that a login's name holds reaches the terminal."""
    shown = ask(data)
    assert shown.exit_code == 0
    assert shown.output.index("view rooms") < shown.output.index("admit")
    assert "\x1b" not in shown.output


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (["--mrn", "5001"], [2]),
        (["--who", "nurse"], [2, 3]),
        (["--who", "nurse", "--what", "view"], [3]),
        (["--rows", "1"], [3]),
        (["--mrn", "9"], []),
    ],
)
def test_lines_are_chosen(data: Path, options: list[str], lines: list[int]) -> None:
    """By patient, by person, by deed, and how many of the latest."""
    assert [entry["seq"] for entry in json.loads(ask(data, *options, "--json").output)] == lines


def test_a_whole_log_verifies(data: Path) -> None:
    """Exit code 0 and what to keep, which holds later on, and says when it does not."""
    told = ask(data, "verify")
    assert told.exit_code == 0
    assert "3 lines" in told.output
    known = told.output.split()[-1]
    Audit(audit_file(data)).add([{"who": "x", "what": "login"}])
    assert ask(data, "verify", "--known", known).exit_code == 0
    assert json.loads(ask(data, "verify", "--json").output)["lines"] == 4
    log = audit_file(data)
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:2]))
    assert isinstance(ask(data, "verify", "--known", known).exception, Failure)
    assert ask(data, "verify", "--known", "nonsense").exit_code == 2


def test_a_changed_log_is_told(data: Path) -> None:
    """The message names the line and what to do."""
    log = audit_file(data)
    log.write_text(log.read_text().replace('"room":"7"', '"room":"8"'))
    failure = ask(data, "verify").exception
    assert isinstance(failure, Failure)
    assert failure.exit_code == 1
    assert "line 2 of audit.jsonl was changed" in str(failure)


def test_a_folder_of_something_else_is_no_whole_log(tmp_path: Path) -> None:
    """A mistyped folder is told, instead of a log without lines that is whole."""
    assert isinstance(ask(tmp_path, "verify").exception, Failure)
    assert not list(tmp_path.iterdir())
