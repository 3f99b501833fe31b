"""`bedside audit`: who saw and changed what, and whether the log that says so is whole."""

import re
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bedside.commands.options import data_option, json_option, print_json, settings_of
from bedside.errors import Failure
from bedside.settings import Settings
from bedside.tables import Table, moment
from ingest.audit import BrokenChainError, audit_file, entries, files_of
from ingest.audit import verify as verify_chain
from ingest.logs import Pseudonym

_OF_THE_LINE = ("seq", "time", "who", "what", "token", "previous", "hash")


@click.group(invoke_without_command=True)
@click.option("--rows", default=50, show_default=True, type=click.IntRange(1, 1_000_000), help="The latest so many.")
@click.option("--mrn", help="Only this patient's; the log holds a keyed hash of it.")
@click.option("--who", help="Only what this person or token did.")
@click.option("--what", help="Only this: view, admit, discharge, transfer, forget, login, token-create …")
@json_option
@data_option
@click.pass_context
def audit(
    context: click.Context,
    rows: int,
    mrn: str | None,
    who: str | None,
    what: str | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Show who saw and changed what: the latest lines of the audit log of the data folder, the oldest first."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(data)
    wanted = {"who": who, "what": what, "patient": None if mrn is None else _pseudonym(settings, mrn)}
    found: deque[dict[str, Any]] = deque(maxlen=rows)
    try:
        for entry in entries(_log(settings)):
            if all(value is None or entry.get(name) == value for name, value in wanted.items()):
                found.append(entry)
    except OSError as problem:
        raise _unreadable(problem) from None
    if as_json:
        print_json(list(found))
        return
    table = Table("line", "time", "who", "what", "of")
    for entry in found:
        told = (f"{name} {value}" for name, value in entry.items() if name not in _OF_THE_LINE and value != "")
        when = moment(str(entry.get("time", "")))
        table.add_row(str(entry.get("seq")), when, str(entry.get("who")), str(entry.get("what")), ", ".join(told))
    table.show()


@audit.command()
@click.option("--known", metavar="SEQ:HASH", help="A line that an earlier run told as the last: is it still there?")
@json_option
@data_option
def verify(known: str | None, as_json: bool, data: Path | None) -> None:
    """Check that no line of the audit log was changed, taken out or moved; exit code 1 and the line where one was.

    A chain cannot show that its end was cut off, or that all of it was written anew: keep the last line's number and
    hash, which this prints, away from this machine, and give them with --known the next time.
    """
    log = _log(settings_of(data))
    try:
        chain = verify_chain(log, _known(known))
    except BrokenChainError as broken:
        raise Failure(f"The audit log is not whole: {broken}. Compare {broken.file} with a backup.") from None
    except OSError as problem:
        raise _unreadable(problem) from None
    if as_json:
        print_json(asdict(chain))
        return
    if not chain.lines:
        click.echo("The audit log is whole: it has no line yet.")
        return
    click.echo(f"The audit log is whole: {chain.lines:,} lines, {chain.first} to {chain.last}.")
    click.echo(f"Keep this elsewhere, and give it with --known the next time: {chain.last}:{chain.head}")


def _log(settings: Settings) -> Path:
    """The log; a folder that has none and was never used is a mistake of the caller, not a whole log."""
    log = audit_file(settings.data)
    if not files_of(log) and not (settings.data / "secret.key").exists():
        raise Failure(f"{settings.data} is no data folder of Bedside: name it with --data or BEDSIDE_DATA.")
    return log


def _known(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text)
    if found is None:
        raise click.BadParameter("must be a number, a colon and 64 hexadecimal digits", param_hint="--known")
    return int(found[1]), found[2]


def _pseudonym(settings: Settings, mrn: str) -> str:
    try:
        return Pseudonym((settings.data / "secret.key").read_bytes())(mrn)
    except OSError as problem:
        raise _unreadable(problem) from None


def _unreadable(problem: OSError) -> Failure:
    return Failure(f"The audit log cannot be read: {problem.strerror} ({problem.filename}).")
