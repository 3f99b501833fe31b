"""`bedside import`: files of readings and stays, and the tutorial's database, through the front door."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from bedside.commands.asking import zone_of
from bedside.commands.files import told_as_failures
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.errors import Failure
from bedside.secrets import find_api_token
from ingest.accept import AHEAD_MS
from ingest.errors import Problem
from ingest.reading import parse_lines, single_problem
from query.files.front_door import FrontDoor
from query.files.imports import Report, State, dry_run, fingerprint, run
from query.files.legacy import open_legacy
from query.files.sources import Reader, Row
from query.files.stay_imports import StayReport, plan
from query.files.stay_imports import run as run_stays
from query.files.stay_sources import read_stays


def importing(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every import has."""
    for option in reversed(
        (
            click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
            click.option("--dry-run", is_flag=True, help="Send nothing: say what would be refused and why."),
            json_option,
            token_option,
            data_option,
        )
    ):
        command = option(command)
    return command


column_option = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=FIELD",
    help="A column's field; NAME=- leaves it out. Repeatable.",
)
zone_option = click.option("--timezone", help="The zone of times without an offset.")
state_option = click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to note how far it came [default: FILE.import, beside the file].",
)


@click.group("import")
def import_command() -> None:
    """Bring in files of readings or stays through the API, by its rules, exactly once.

    An import that broke off goes on where it stopped when it is started again; a second run changes nothing. Every
    form is described in docs/files.md.
    """


@import_command.command()
@column_option
@zone_option
@click.option(
    "--images", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The folder of flow images."
)
@state_option
@importing
def readings(
    file: Path,
    columns: tuple[str, ...],
    timezone: str | None,
    images: Path | None,
    state: Path | None,
    **options: Any,
) -> None:
    """Bring in readings from FILE, a .csv or .parquet as `bedside export readings` writes them.

    Rows should stand in the order of time: one that comes after later ones of its room is kept, but turns no room over.
    """
    names = _names(columns)
    reader = Reader(names, zone_of(timezone, quietly=True) if timezone else None, images)
    with told_as_failures():
        report = _import(file, reader.rows(file), (names, timezone, images), state, options)
    _tell(report, options, {})


@import_command.command()
@click.option("--timezone", required=True, help="The zone of the machine that wrote the database.")
@click.option("--table", help="The table of patients [default: the one that has columns for MRN, room and time].")
@column_option
@state_option
@importing
def legacy(
    file: Path,
    timezone: str,
    table: str | None,
    columns: tuple[str, ...],
    state: Path | None,
    **options: Any,
) -> None:
    """Bring in the tutorial's own SQLite database: a row a patient, JSON arrays in text columns."""
    names = _names(columns)
    with told_as_failures():
        found = open_legacy(file, zone_of(timezone), names, table)
        report = _import(file, found.rows(), (names, timezone, table), state, options)
    more = {
        "columns": found.columns,
        "uneven_arrays": found.uneven,
        "without_readings": found.silent,
        "ambiguous_times": found.ambiguous,
        "crowded_times": found.crowded,
    }
    notes = [f"left out: {line}" for line in found.uneven]
    notes += [f"{line}: no readings, nothing to bring in; admit that patient by hand" for line in found.silent]
    if found.ambiguous:
        notes.append(f"{found.ambiguous} times in the hour that came twice were put in order by what came before")
    if found.crowded:
        notes.append(f"{found.crowded} readings in one second with another were placed milliseconds after it")
    _tell(report, options, more, notes)
    if found.uneven:
        raise Failure("Not every array could be brought in; see above.")


@import_command.command()
@zone_option
@importing
def stays(file: Path, timezone: str | None, **options: Any) -> None:
    """Bring in stays from FILE, a .csv or .parquet as `bedside export stays` writes them; before their readings."""
    with told_as_failures():
        found = read_stays(file, zone_of(timezone, quietly=True) if timezone else None)
        if options["dry_run"]:
            click.echo(f"{len(found)} stays would take {len(plan(found))} calls; what is known already is left alone.")
            return
        door = _door(options)
        report = run_stays(found, door)
    _tell_stays(report, options)


def _import(
    file: Path, rows: Iterable[Row], told: tuple[object, ...], state: Path | None, options: dict[str, Any]
) -> Report:
    if options["dry_run"]:
        return dry_run(rows, judge)
    door = _door(options)
    path = state or file.with_name(file.name + ".import")
    known = State.load(path, fingerprint(file, door.url, *told))
    if known.report.rows:
        click.echo(f"Going on after {known.report.rows} rows.", err=True)
    with Progress(transient=True, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("rows", total=None)
        return run(rows, door, known, lambda done: progress.update(task, completed=done))


def _door(options: dict[str, Any]) -> FrontDoor:
    settings = settings_of(options["data"])
    return FrontDoor(settings.api_url, find_api_token(settings, options["api_token"]))


def judge(readings: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """What the API's own rules say of each reading: a problem document, or None."""
    if not readings:
        return []
    body = "\n".join(json.dumps(reading) for reading in readings).encode()
    latest_ms = round(time.time() * 1000) + AHEAD_MS
    found: list[dict[str, Any] | None] = []
    for item in parse_lines(body):
        if isinstance(item, Problem):
            found.append(item.document())
        elif item.time_ms is not None and item.time_ms > latest_ms:
            found.append(single_problem("time", "is more than 5 minutes ahead").document())
        else:
            found.append(None)
    return found


def _names(columns: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for told in columns:
        name, found, column = told.rpartition("=")
        if not found or not name or not column:
            raise click.BadParameter(f"{told!r} should be NAME=FIELD, or NAME=- to leave it out", param_hint="--column")
        names[name] = column
    return names


def _tell(report: Report, options: dict[str, Any], more: dict[str, Any], notes: Sequence[str] = ()) -> None:
    """Say what became of the rows; a refusal is a failure, after everything else was brought in."""
    if options["as_json"]:
        print_json(report.document() | more)
    else:
        verb = "would be accepted" if options["dry_run"] else "accepted"
        click.echo(f"{report.rows} rows: {report.accepted} {verb}, {report.duplicate} known, {report.refusals} refused")
        for title, counter in (("refused", report.refused), ("kept in part", report.left_out)):
            for reason, count in counter.most_common():
                click.echo(
                    f"  {title}, {count}: {reason} ({', '.join(report.examples[reason])}{_more(report, reason, count)})"
                )
        for flag, count in sorted(report.flags.items()):
            click.echo(f"  flagged {flag}, {count}")
        for line in notes:
            click.echo(f"  {line}")
    if report.refusals:
        raise Failure("Not everything could be brought in; see above.")


def _more(report: Report, reason: str, count: int) -> str:
    return ", …" if count > len(report.examples[reason]) else ""


def _tell_stays(report: StayReport, options: dict[str, Any]) -> None:
    if options["as_json"]:
        print_json({"new": report.new, "known": report.known, "refused": report.refused, "examples": report.examples})
    else:
        click.echo(f"{report.new} stays made, {report.known} known, {report.refused.total()} calls refused")
        for reason, count in report.refused.most_common():
            click.echo(f"  refused, {count}: {reason} ({', '.join(report.examples[reason])})")
    if report.refused:
        raise Failure("Not every stay could be made; see above.")
