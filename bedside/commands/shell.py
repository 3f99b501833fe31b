"""The shell of `bedside flux`: lines of Flux with history and completion, answered as tables."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent

from influxlite.flux.stdlib import registry
from influxlite.flux.types.environment import published
from query import QueryError, Ward, questions

HELP = """\
Flux, answered as tables. Enter asks once every bracket is closed and no |> waits; Alt-Enter begins a line before that.
Each query stands alone: imports and variables do not stay. Tab completes. Ctrl-C drops the lines, Ctrl-D leaves.

  .help              this
  .questions         the questions kept with Bedside; `bedside ask` asks them with parameters
  .explain QUERY     how influxlite would answer it
"""
COLUMNS = (
    "_time", "_value", "_field", "_measurement", "_start", "_stop", "room", "mrn",
)  # fmt: skip
FIELDS = ("apnea_count", "breath_rate", "cpap_pressure", "flow_image", "leak_rate", "mask_on", "spo2", "event")
KEYWORDS = ("and", "else", "exists", "false", "if", "import", "not", "option", "or", "return", "then", "true", "with")
PRELUDE = ("universe", "influxdata/influxdb")
IMPORT = re.compile(r'^\s*import\s+"([\w/\-]*)$')
MEMBER = re.compile(r"\b(\w+)\.(\w*)$")
IMPORTED = re.compile(r'^\s*import\s+(?:(\w+)\s+)?"([\w/\-]+)"', re.MULTILINE)
NESTED = re.compile(r"[({][^(){}]*[)}]")
STRING = re.compile(r'"(?:\\.|[^"\\])*"')


class FluxCompleter(Completer):
    """Completes packages after `import`, members after a dot, arguments within a call, and what the ward stores."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """What may stand at the cursor."""
        before = document.text_before_cursor
        word, choices = _choices(before)
        for choice in sorted(choices):
            if choice.startswith(word) and choice != word:
                yield Completion(choice, -len(word))


def _choices(before: str) -> tuple[str, Iterable[str]]:
    """The word at the end of the text, and the words that could stand there."""
    line = before.rsplit("\n", 1)[-1]
    if found := IMPORT.search(line):
        return found[1], published()
    if _in_string(before):
        return re.split(r"[^\w]", before)[-1], FIELDS
    if found := MEMBER.search(before):
        packages = {alias or path.rsplit("/", 1)[-1]: path for alias, path in IMPORTED.findall(before)}
        if found[1] in packages:
            return found[2], published().get(packages[found[1]], ())
        return found[2], COLUMNS
    word = re.split(r"[^\w]", before)[-1]
    names = {name for path in PRELUDE for name in published().get(path, ())}
    return word, {*names, *KEYWORDS, *_arguments(before)}


def _in_string(text: str) -> bool:
    """Whether the text ends within a string."""
    return '"' in STRING.sub("", text)


def _arguments(before: str) -> list[str]:
    """The named arguments of the call that the text ends in, each with its colon."""
    plain = STRING.sub(lambda found: " " * len(found[0]), before)
    depth = 0
    for at in range(len(plain) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(plain[at], 0)
        if depth < 0:
            called = re.search(r"(\w+)\s*$", plain[:at])
            return _parameters(called[1]) if called else []
    return []


def _parameters(function: str) -> list[str]:
    """The parameters of a function that needs no import, from its signature, each with its colon."""
    for path in PRELUDE:
        entry: Any = registry.entries(path).get(function)
        if entry is not None:
            outer = NESTED.sub("", NESTED.sub("", entry.signature.removeprefix("(")))
            return [f"{name}:" for name in re.findall(r"(?:^|, )\??(\w+):", outer.partition(")")[0])]
    return []


def open_ended(text: str) -> bool:
    """Whether Flux goes on after this text: a bracket is open, or a pipe, an operator or an assignment waits."""
    plain = re.sub(r"//[^\n]*", "", STRING.sub('""', text))
    depth = sum(plain.count(c) for c in "([{") - sum(plain.count(c) for c in ")]}")
    return (
        depth > 0
        or _in_string(text)
        or bool(re.search(r"(\|>|=>|=|,|\band|\bor|\+)\s*$", plain))
        or _only_imports(plain)
    )


def _only_imports(text: str) -> bool:
    """Whether there is nothing to ask yet but packages to ask with."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(line.startswith(("import ", "option ")) for line in lines)


class Shell:
    """Reads queries until Ctrl-D. `answer` is handed each; a fault of a query is printed, and the shell goes on."""

    def __init__(self, ward: Ward, answer: Callable[[str], None], **session: Any) -> None:
        """`session` goes to prompt_toolkit: a test gives it an input and an output of its own."""
        self._ward = ward
        self._answer = answer
        keys = KeyBindings()

        @keys.add("enter", filter=Condition(lambda: not open_ended(self._session.default_buffer.text)))
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        @keys.add("escape", "enter")
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        self._session: PromptSession[str] = PromptSession(
            message="flux> ",
            multiline=True,
            prompt_continuation=lambda width, line, wrapped: "· ".rjust(width),  # noqa: ARG005
            completer=FluxCompleter(),
            history=FileHistory(str(history_file())),
            key_bindings=keys,
            **session,
        )

    def run(self) -> None:
        """Read and answer, until the input ends."""
        click.echo(f"{self._ward.connection.address.url}  .help tells how; Ctrl-D leaves")
        while True:
            try:
                text = self._session.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if not text:
                continue
            try:
                self._obey(text)
            except QueryError as fault:
                click.echo(str(fault), err=True)
            except KeyboardInterrupt:
                click.echo("given up", err=True)

    def _obey(self, text: str) -> None:
        """Answer a query, or do what a word with a dot says."""
        word, _, rest = text.partition(" ")
        if word == ".help":
            click.echo(HELP)
        elif word == ".questions":
            for known in questions().values():
                click.echo(f"{known.name:<22} {known.title}")
        elif word == ".explain":
            click.echo(self._ward.connection.explain(rest), nl=False)
        elif word.startswith("."):
            click.echo(f"{word} is nothing that this shell knows; .help tells what is", err=True)
        else:
            self._answer(text)


def history_file() -> Path:
    """Where the lines of former shells are kept, for their owner's eyes only: they may hold MRNs."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "bedside"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "flux-history"
    path.touch(mode=0o600)
    return path
