"""`bedside simulate`: a ward of monitors that behave like monitors, held against their ledger."""

import signal
import sys
import threading
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from bedside.api import Api
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.errors import Failure, Refused
from bedside.secrets import find_api_token, find_influx_token
from bedside.settings import Settings
from simulator import FAULTS, OptionsError, Progress, Report, SimulateOptions, SimulatorError, simulate
from simulator.faults import names

PHASES = {"backfill": "sending history", "live": "live", "verify": "checking rooms"}


@click.command("simulate")
@click.option("--rooms", default=12, show_default=True, help="How many rooms.")
@click.option("--nights", default=2.0, show_default=True, help="How many days and nights of history.")
@click.option("--seed", default=7, show_default=True, help="The same seed and start make the same readings.")
@click.option("--backfill", "mode", flag_value="backfill", default=True, help="Send the history, then end. [default]")
@click.option("--live", "mode", flag_value="live", help="Send in real time until Ctrl-C.")
@click.option("--both", "mode", flag_value="both", help="Send the history, then in real time until Ctrl-C.")
@click.option("--for", "live_s", type=float, help="End the live part after so many seconds.")
@click.option("--faults", "faults", default="", help=f"What goes wrong: {', '.join(FAULTS)}, or all.")
@click.option("--verify", is_flag=True, help="Then hold the database against the ledger.")
@click.option(
    "--ledger", type=click.Path(dir_okay=False, path_type=Path), help="The ledger [default: in the data folder]."
)
@click.option("--start", "start", help="Where the history begins, RFC 3339 [default: so that it ends now].")
@click.option("--interval", default=60.0, show_default=True, help="Seconds between two readings of a room.")
@click.option("--batch-size", default=500, show_default=True, help="Readings in a request.")
@click.option("--workers", default=4, show_default=True, help="Rooms that send history at once.")
@click.option("--first-room", type=int, help="The number of the first room [default: 101, or the next free block].")
@json_option
@token_option
@data_option
def simulate_command(**given: object) -> None:
    """Run a simulated ward against a running Bedside.

    With --verify the exit code says whether every acknowledged reading is stored exactly once, under the right
    patient, and nothing else.
    """
    settings = settings_of(_path(given["data"]))
    try:
        options = _options(settings, given)
        report = _run(options, quiet=bool(given["as_json"]))
    except OptionsError as problem:
        raise click.UsageError(str(problem)) from None
    except SimulatorError as problem:
        raise Failure(str(problem)) from None
    if given["as_json"]:
        print_json(report.to_dict())
    else:
        for line in report.lines():
            click.echo(line)
    if not report.ok:
        sys.exit(1)


def _path(value: object) -> Path | None:
    return value if isinstance(value, Path) else None


def _options(settings: Settings, given: dict[str, object]) -> SimulateOptions:
    from simulator.times import from_rfc3339

    token = find_api_token(settings, given["api_token"] if isinstance(given["api_token"], str) else None)
    if token is None:
        raise Refused("No token: give one with --token or BEDSIDE_TOKEN, or the data folder with --data.")
    ledger = _path(given["ledger"])
    if ledger is None and given["verify"]:
        # One ledger for all simulations on a data folder: what an earlier one stored is in the database, too.
        ledger = settings.data / "simulator" / "ledger.jsonl"
        ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        start_ms = from_rfc3339(str(given["start"])) if given["start"] else None
    except ValueError:
        raise OptionsError("--start must be an RFC 3339 time with an offset, such as 2026-01-10T12:00:00Z") from None
    first_room = int(str(given["first_room"])) if given["first_room"] else _free_block(settings, token, given["rooms"])
    chosen = {name: given[name] for name in ("rooms", "seed", "mode", "live_s", "verify", "batch_size", "workers")}
    return SimulateOptions(
        url=settings.api_url,
        token=token,
        clinician_token=token,
        influx_url=settings.influx_url,
        influx_org=settings.influx_org,
        influx_bucket=settings.influx_bucket,
        influx_token=find_influx_token(settings) or "",
        hours=24 * float(str(given["nights"])),
        faults=names(str(given["faults"])),
        ledger=ledger,
        start_ms=start_ms,
        interval_s=float(str(given["interval"])),
        first_room=first_room,
        first_mrn=5001 if first_room == 101 else first_room * 1000 + 1,
        **chosen,  # type: ignore[arg-type]
    )


def _free_block(settings: Settings, token: str, rooms: object) -> int:
    """101, or the next hundred of which no room was used: a second ward must not turn the first one's rooms over."""
    used = {int(row["room"]) for row in Api(settings, token).call("GET", "/v1/rooms")["rooms"] if row["room"].isdigit()}
    first = 101
    while used & set(range(first, first + int(str(rooms)))):
        first += 100
    return first


def _run(options: SimulateOptions, *, quiet: bool) -> Report:
    """Simulate with a bar for each phase; Ctrl-C ends it in order."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bars:
        tasks = {}

        def tell(progress: Progress) -> None:
            if progress.phase not in tasks:
                tasks[progress.phase] = bars.add_task(PHASES[progress.phase], total=progress.total)
            bars.update(tasks[progress.phase], completed=progress.done, total=progress.total)

        return simulate(options, tell, stop)
