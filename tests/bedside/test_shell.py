"""The shell of `bedside flux`: what Enter does, what Tab offers, what stays."""

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from bedside.commands.shell import FluxCompleter, Shell, history_file, open_ended
from query import Address, Connection, FluxError, Ward


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own for the history."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def typed(keys: str) -> list[str]:
    """The queries that a shell asks when these keys are typed into it."""
    asked: list[str] = []

    def answer(text: str) -> None:
        asked.append(text)
        if "broken" in text:
            raise FluxError("error @1:1-1:7: undefined identifier broken", text)

    ward = Ward(Connection(Address("http://127.0.0.1:1", "ward", None)))
    with create_pipe_input() as keyboard:
        keyboard.send_text(keys)
        Shell(ward, answer, input=keyboard, output=DummyOutput()).run()
    return asked


def test_enter_asks_once_the_query_is_whole() -> None:
    """A pipe or an open bracket waits for the next line; a whole query is asked; Ctrl-D leaves."""
    keys = 'from(bucket: "a") |>\rrange(start: -1h)\rbuckets(\r)\r\x04'
    assert typed(keys) == ['from(bucket: "a") |>\nrange(start: -1h)', "buckets(\n)"]


def test_a_fault_does_not_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The line at fault is shown, and the next query is asked; Ctrl-C drops what is half typed."""
    assert typed("broken\rhalf(\x03buckets()\r\x04") == ["broken", "buckets()"]
    assert "^^^^^^" in capsys.readouterr().err


def test_dots_are_words_to_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    """.help and .questions are answered by the shell itself, an unknown word is told so."""
    assert typed(".help\r.questions\r.nothing\r\x04") == []
    told = capsys.readouterr()
    assert "Alt-Enter" in told.out
    assert "breath_rate" in told.out
    assert ".nothing is nothing" in told.err


def test_history_stays_for_its_owner_alone(state: Path) -> None:
    """What was asked is there in the next shell, in a file that nobody else can read."""
    typed("buckets()\r\x04")
    assert typed("\x1b[A\r\x04") == ["buckets()"]
    assert history_file().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("buckets()", False),
        ("from(bucket:", True),
        ('from(bucket: "(") |> range(start: -1h)', False),
        ('import "array"', True),
        ('import "array"\narray.from(rows: [])', False),
        ("x = ", True),
        ('"open', True),
        ("buckets() // |>", False),
    ],
)
def test_a_query_waits_for_its_end(text: str, waits: bool) -> None:
    """Brackets in strings do not count, comments do not wait, imports alone ask nothing."""
    assert open_ended(text) is waits


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("aggregateW", "aggregateWindow"),
        ('import "influxdata/influxdb/sch', "influxdata/influxdb/schema"),
        ('import "strings"\nstrings.toU', "toUpper"),
        ('import sch "influxdata/influxdb/schema"\nsch.tagV', "tagValues"),
        ("filter(fn: (r) => r._fi", "_field"),
        ('r._field == "breath', "breath_rate"),
        ("aggregateWindow(every: 5m, createE", "createEmpty:"),
        ("els", "else"),
    ],
)
def test_tab_offers_what_may_stand_there(before: str, offered: str) -> None:
    """Functions, packages, members, columns, fields and arguments complete where each belongs."""
    found = [c.text for c in FluxCompleter().get_completions(Document(before), CompleteEvent())]
    assert offered in found
