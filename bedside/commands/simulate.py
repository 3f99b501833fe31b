"""`bedside simulate`: a ward of monitors that behave like monitors, held against their ledger."""

import signal
import sys
import threading
from pathlib import Path
from typing import Literal

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
from simulator.options import MAX_ROOMS
from simulator.times import from_rfc3339

PHASES = {"backfill": "sending history", "live": "live", "verify": "checking rooms"}


@click.command("simulate")
@click.option("--rooms", type=click.IntRange(1, MAX_ROOMS), default=12, show_default=True, help="How many rooms.")
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
@click.option("--rate", type=float, help="At most so many readings a second of the history [default: no bound].")
@click.option("--workers", default=4, show_default=True, help="Rooms that send history at once.")
@click.option(
    "--first-room",
    type=click.IntRange(min=1),
    help="The number of the first room [default: 101, or the next free block].",
)
@json_option
@token_option
@data_option
def simulate_command(
    rooms: int,
    nights: float,
    seed: int,
    mode: Literal["backfill", "live", "both"],
    live_s: float | None,
    faults: str,
    verify: bool,
    ledger: Path | None,
    start: str | None,
    interval: float,
    batch_size: int,
    rate: float | None,
    workers: int,
    first_room: int | None,
    as_json: bool,
    api_token: str | None,
    data: Path | None,
) -> None:
    """Run a simulated ward against a running Bedside.

    With --verify the exit code says whether every acknowledged reading is stored exactly once, under the right
    patient, and nothing else.
    """
    if live_s is not None and mode == "backfill":
        raise click.UsageError("--for is how long the live part goes on: give --live or --both, too.")
    settings = settings_of(data)
    token = find_api_token(settings, api_token)
    if token is None:
        raise Refused("No token: give one with --token or BEDSIDE_TOKEN, or the data folder with --data.")
    first_room = first_room or _free_block(settings, token, rooms)
    try:
        options = SimulateOptions(
            url=settings.api_url,
            token=token,
            clinician_token=token,
            influx_url=settings.influx_url,
            influx_org=settings.influx_org,
            influx_bucket=settings.influx_bucket,
            influx_token=find_influx_token(settings) or "",
            rooms=rooms,
            hours=24 * nights,
            seed=seed,
            mode=mode,
            live_s=live_s,
            faults=names(faults),
            verify=verify,
            ledger=ledger or (_ledger(settings) if verify else None),
            start_ms=_start_ms(start),
            interval_s=interval,
            batch_size=batch_size,
            rate=rate,
            workers=workers,
            first_room=first_room,
            first_mrn=5001 if first_room == 101 else first_room * 1000 + 1,
        )
        report = _run(options, quiet=as_json)
    except OptionsError as problem:
        raise click.UsageError(str(problem)) from None
    except SimulatorError as problem:
        raise Failure(str(problem)) from None
    _show(report, as_json=as_json)


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_dict())
    else:
        for line in report.lines():
            click.echo(line)
    if not report.ok:
        sys.exit(1)


def _ledger(settings: Settings) -> Path:
    """One ledger for all simulations on a data folder: what an earlier one stored is in the database, too."""
    path = settings.data / "simulator" / "ledger.jsonl"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _start_ms(start: str | None) -> int | None:
    try:
        return from_rfc3339(start) if start else None
    except ValueError:
        raise OptionsError("--start must be an RFC 3339 time with an offset, such as 2026-01-10T12:00:00Z") from None


def _free_block(settings: Settings, token: str, rooms: int) -> int:
    """101, or the next hundred of which no room was used: a second ward must not turn the first one's rooms over."""
    used = {int(row["room"]) for row in Api(settings, token).call("GET", "/v1/rooms")["rooms"] if row["room"].isdigit()}
    first = 101
    while used & set(range(first, first + rooms)):
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
