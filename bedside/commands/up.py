"""`bedside up`: the whole pipeline in the foreground, until Ctrl-C."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import click
import requests

from bedside import demo, folder, page, running, welcome
from bedside.commands.serve import ingest_settings
from bedside.errors import Failure
from bedside.listening import check_listening
from bedside.secrets import analyst_token_file, hand_over, kept, take_back
from bedside.settings import Settings
from bedside.supervisor import Part, Supervisor
from bedside.tokens import ensure_admin, ensure_forwarder, ensure_roles
from serving import ServingError, check_address

READY_WITHIN_S = 60.0


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Add a simulated ward: twelve hours backfilled, then live.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder [default: $BEDSIDE_DATA, else ./data].")
@click.option("--host", help="Where to listen [default: $BEDSIDE_HOST, else 127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65535), help="The API's port [default: $BEDSIDE_PORT, else 8000].")
@click.option(
    "--influx-port", type=click.IntRange(1, 65535), help="influxlite's [default: $BEDSIDE_INFLUX_PORT, else 8086]."
)
def up(with_demo: bool, data: Path | None, host: str | None, port: int | None, influx_port: int | None) -> None:
    """Start everything and keep it running: the API, the ward page, and influxlite unless INFLUXDB_V2_URL is set."""
    page_port = None if os.environ.get("BEDSIDE_WARD_PORT") else page.free_port()
    given = {
        "BEDSIDE_HOST": host,
        "BEDSIDE_PORT": port,
        "BEDSIDE_INFLUX_PORT": influx_port,
        "BEDSIDE_WARD_PORT": page_port,
    }
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    settings = Settings.load(data=data, demo=with_demo)
    ingest_settings(settings)  # what a part refuses would be refused again at each of its starts
    check_listening(settings)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    folder.prepare(settings)
    lock = folder.take(settings)
    for number, name in _ports(settings):
        _check_port(settings.host, number, name)
    admin = ensure_admin(settings)
    ensure_forwarder(settings)
    supervisor = Supervisor(settings.run_folder, settings.log_folder, say=_warn)
    try:
        hand_over(settings)
        tokens = _start(settings, supervisor, stop)
        if not stop.is_set():
            running.announce(settings)
            tokens |= {"admin": admin} if admin else {}
            welcome.show(settings, tokens, demo=with_demo)
            if with_demo:
                supervisor.start(demo.part(settings))
            stop.wait()
            click.echo("\nStopping …")
    finally:
        supervisor.stop()
        running.withdraw(settings)
        take_back(settings)
        os.close(lock)
    click.echo("Stopped. Everything acknowledged is kept; the same command starts it again.")


def _warn(text: str) -> None:
    click.echo(f"  ! {text}", err=True)


def _ports(settings: Settings) -> list[tuple[int, str]]:
    """The ports that others know, each with the option that chooses it; raises `Failure` where two are one."""
    influx = [] if settings.external_influx else [(settings.influx_port, "--influx-port")]
    if influx and settings.influx_port == settings.port:
        raise Failure(
            f"The API and influxlite cannot both listen on port {settings.port}: choose another with --port or "
            "--influx-port."
        )
    return [(settings.port, "--port"), *influx]


def _check_port(host: str, number: int, option: str) -> None:
    try:
        check_address(host, number)
    except ServingError as problem:
        raise Failure(
            f"Port {number} on {host} cannot be used ({problem}): stop what listens there, or choose another port "
            f"with {option}."
        ) from None


def environment(settings: Settings) -> dict[str, str]:
    """What the parts are told of this start; their secrets they find in the data folder, or in our environment."""
    return {
        "BEDSIDE_DATA": str(settings.data),
        "BEDSIDE_HOST": settings.host,
        "BEDSIDE_PORT": str(settings.port),
        "BEDSIDE_INFLUX_PORT": str(settings.influx_port),
        "BEDSIDE_WARD_PORT": str(settings.ward_port),
        "PYTHONUNBUFFERED": "1",
    }


def part(name: str, settings: Settings) -> Part:
    """The supervised process that runs `bedside serve NAME`."""
    return Part(name, [sys.executable, "-m", "bedside.cli", "serve", name], environment(settings))


def _start(settings: Settings, supervisor: Supervisor, stop: threading.Event) -> dict[str, str]:
    """Start the parts and wait until all is ready or `stop` is set; the tokens made, by role, at the first start.

    influxlite takes the analysts' token, which the API makes at the first start: only then the API comes first.
    """
    influxlite = not settings.external_influx
    late = influxlite and not kept(analyst_token_file(settings))
    if influxlite and not late:
        supervisor.start(part("influxlite", settings))
    supervisor.start(part("ingest", settings))
    _await(f"{settings.api_url}/healthz", "ingest", supervisor, stop)
    tokens = {} if stop.is_set() else ensure_roles(settings)
    if late:
        supervisor.start(part("influxlite", settings))
    # It needs the tokens and the key that are there by now, and nothing of influxlite until somebody looks.
    supervisor.start(part("ward", settings))
    if influxlite:
        _await(f"{settings.influx_url}/health", "influxlite", supervisor, stop)
    if _await(f"{settings.api_url}/ward/healthz", "ward", supervisor, stop, patient=True):
        why = supervisor.last_words("ward") or "it is still starting"
        _warn(f"Readings are taken and kept, but the ward page is not there yet: {why}")
    reasons = _await(f"{settings.api_url}/readyz", "ingest", supervisor, stop, patient=settings.external_influx)
    if reasons:
        _warn(f"Readings are taken and kept, but not all is ready: {reasons}")
    return tokens


def _await(url: str, name: str, supervisor: Supervisor, stop: threading.Event, *, patient: bool = False) -> str:
    """Wait for a 200; '' then, or what is missing where `patient` allows to go on without (an InfluxDB elsewhere)."""
    deadline = time.monotonic() + READY_WITHIN_S
    lenient_from = time.monotonic() + 5.0
    said = ""
    while not stop.is_set():
        try:
            answer = requests.get(url, timeout=2.0, proxies={"http": ""})
            if answer.status_code == 200:
                return ""
            said = _reasons(answer)
        except requests.RequestException:
            pass
        if patient and said and time.monotonic() > lenient_from:
            return said
        if time.monotonic() > deadline:
            why = said or supervisor.last_words(name) or "it said nothing"
            raise Failure(f"{name} was not ready within {READY_WITHIN_S:g} s: {why}")
        stop.wait(0.05)
    return ""


def _reasons(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return f"status {answer.status_code}"
    messages = [str(error.get("message")) for error in body.get("errors") or []]
    return "; ".join(messages) or str(body.get("detail") or body.get("message") or f"status {answer.status_code}")
