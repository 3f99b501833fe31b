"""`bedside check`: is everything reachable and right, and what to do if not."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import requests
from rich.console import Console
from rich.text import Text

from bedside.api import Api
from bedside.commands.asking import asking
from bedside.commands.options import data_option, json_option, print_json, settings_of, token_option
from bedside.errors import Failure
from bedside.folder import LEAST_FREE_BYTES
from bedside.settings import Settings


@click.command()
@json_option
@token_option
@data_option
def check(as_json: bool, api_token: str | None, data: Path | None) -> None:
    """Look at every part and say what to do about what is not right. Exit code 0 when all is well, else 1."""
    settings = settings_of(data)
    checks: dict[str, Callable[[], str]] = {
        "data folder": lambda: _folder(settings),
        "ingest API": lambda: _ingest(settings),
        "token": lambda: _token(settings, api_token),
        "ward page": lambda: _ward(settings),
        "InfluxDB": lambda: _influx(settings),
        "bucket": lambda: _bucket(settings, api_token),
        "quarantine": lambda: _quarantine(settings, api_token),
    }
    found = []
    for name, look in checks.items():
        try:
            found.append({"check": name, "ok": True, "detail": look()})
        except Failure as failure:
            found.append({"check": name, "ok": False, "detail": str(failure)})
    if as_json:
        print_json({"ok": all(line["ok"] for line in found), "checks": found})
    else:
        console = Console()
        for line in found:
            mark, style = ("✓", "green") if line["ok"] else ("✗", "red")
            console.print(Text.assemble((f"{mark} ", style), (f"{line['check']:12s} ", "bold"), line["detail"]))
    if not all(line["ok"] for line in found):
        sys.exit(1)


def _folder(settings: Settings) -> str:
    if not settings.data.is_dir():
        raise Failure(f"{settings.data} does not exist: start Bedside once with `bedside up`, or name it with --data.")
    free = shutil.disk_usage(settings.data).free
    if free < LEAST_FREE_BYTES:
        raise Failure(f"only {free // 2**20} MB are free where {settings.data} lies: make room.")
    return f"{settings.data}, {free / 2**30:.1f} GB free"


def _ingest(settings: Settings) -> str:
    try:
        answer = requests.get(f"{settings.api_url}/readyz", timeout=5.0, proxies={"http": ""})
    except requests.RequestException:
        raise Failure(f"nobody answers at {settings.api_url}: start it with `bedside up`.") from None
    if answer.status_code == 200:
        return f"ready at {settings.api_url}"
    try:
        body = answer.json()
    except ValueError:
        raise Failure(f"{settings.api_url} is not Bedside: another program answers there.") from None
    reasons = "; ".join(str(error.get("message")) for error in body.get("errors") or []) or str(body.get("detail"))
    raise Failure(f"not ready at {settings.api_url}: {reasons}")


def _token(settings: Settings, token: str | None) -> str:
    count = len(Api(settings, token).call("GET", "/v1/tokens")["tokens"])
    return f"admin; {count} tokens are known"


def _ward(settings: Settings) -> str:
    address = f"{settings.api_url}/ward/"
    try:
        answer = requests.get(f"{address}healthz", timeout=5.0, proxies={"http": ""})
    except requests.RequestException:
        raise Failure(f"nobody answers at {address}: start it with `bedside up`.") from None
    if answer.status_code == 404:
        return f"not served at {address}: `bedside serve ingest` hands nothing on without BEDSIDE_WARD_PORT"
    if answer.status_code != 200:
        raise Failure(f"not there at {address}: `bedside up` starts it again; {settings.log_folder}/ward.log says why.")
    return f"there at {address}"


def _influx(settings: Settings) -> str:
    try:
        answer = requests.get(f"{settings.influx_url}/health", timeout=5.0)
        body = answer.json()
    except (requests.RequestException, ValueError):
        raise Failure(
            f"nobody answers at {settings.influx_url}: start it, or name another with INFLUXDB_V2_URL."
        ) from None
    if body.get("status") != "pass":
        raise Failure(f"{settings.influx_url} is not well: {body.get('message')}")
    return f"{body.get('version', 'well')} at {settings.influx_url}"


def _bucket(settings: Settings, token: str | None) -> str:
    query = f'buckets() |> filter(fn: (r) => r.name == "{settings.influx_bucket}") |> keep(columns: ["name"])'
    given = token if not settings.external_influx else None
    with asking(settings, given, ZoneInfo("UTC")) as ward:
        found = ward.flux(query)
    if found.is_empty():
        raise Failure(
            f"there is no bucket {settings.influx_bucket} in org {settings.influx_org}, or the token may not see it: "
            "the forwarder makes it when its token may."
        )
    return f"{settings.influx_bucket} in org {settings.influx_org} can be read"


def _quarantine(settings: Settings, token: str | None) -> str:
    count = len(Api(settings, token).call("GET", "/v1/quarantine")["quarantine"])
    if count:
        raise Failure(f"InfluxDB refused {count} points: `bedside quarantine` shows them and why.")
    return "empty: InfluxDB took everything"
