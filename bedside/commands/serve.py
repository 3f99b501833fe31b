"""`bedside serve`: one part alone, in the foreground, as `bedside up` runs it."""

import json
import os
import sys
from pathlib import Path

import click

import ingest.errors
from bedside import folder, page
from bedside.commands.options import data_option
from bedside.errors import Failure
from bedside.listening import check_listening
from bedside.parent import PARENT, end_with_parent
from bedside.secrets import admin_token_file, analyst_token_file, forwarder_token_file
from bedside.settings import Settings, SettingsError, secret
from ingest import IngestSettings, close_app, create_app, is_quick
from ingest.errors import DataFolderError
from serving import Limits, Refusal, ServingError, run

INGEST_LIMITS = {"body_bytes": 32 * 2**20, "threads": 40, "guesses": page.carries_a_token}


@click.command()
@click.argument("part", type=click.Choice(["ingest", "influxlite", "ward"]))
@data_option
def serve(part: str, data: Path | None) -> None:
    """Run PART alone: the ingest API with its forwarder, influxlite, or the ward page."""
    settings = Settings.load(data=data)
    folder.refuse_half_restored(settings)
    if part != "ward":  # which decides by itself where it listens
        check_listening(settings)
    if part == "ingest":
        end_with_parent()
        _ingest(settings)
    elif part == "ward":
        end_with_parent()
        page.serve(settings)
    else:
        _influxlite(settings)


def ingest_settings(settings: Settings) -> IngestSettings:
    """What the ingest API is told by the environment; raises `SettingsError`, a sentence for each bad setting."""
    try:
        return IngestSettings(data=settings.data, host=settings.host, port=settings.port)
    except ingest.errors.SettingsError as problem:
        raise SettingsError(f"{problem}.") from None


def _ingest(settings: Settings) -> None:
    kept = admin_token_file(settings)
    if not secret("BEDSIDE_ADMIN_TOKEN") and kept.exists():
        os.environ["BEDSIDE_ADMIN_TOKEN_FILE"] = str(kept)
    writer = forwarder_token_file(settings)
    if not settings.external_influx and not secret("BEDSIDE_INFLUX_TOKEN") and writer.exists():
        os.environ["BEDSIDE_INFLUX_TOKEN_FILE"] = str(writer)
    try:
        app = create_app(ingest_settings(settings))
    except DataFolderError as problem:
        raise Failure(str(problem)) from None
    try:
        limits = Limits(**INGEST_LIMITS, behind_proxy=settings.behind_proxy, render=_problem)
        run(app, host=settings.host, port=settings.port, limits=limits, quick=is_quick, forward=page.way(settings))
    except ServingError as problem:
        raise Failure(f"The ingest API cannot start: {problem}.") from None
    finally:
        close_app(app)


def _problem(refusal: Refusal) -> tuple[str, bytes]:
    """What the front door refuses, as the problem document (RFC 9457) that the API's own refusals are."""
    slugs = {400: "malformed-body", 408: "body-too-slow", 413: "too-large", 429: "too-many-attempts", 503: "too-busy"}
    slug = slugs.get(refusal.status, "internal-error")
    document = {
        "type": slug,
        "title": slug.replace("-", " ").capitalize(),
        "status": refusal.status,
        "detail": refusal.detail[:1].upper() + refusal.detail[1:] + ".",
        "errors": [{"field": "Authorization" if refusal.status == 429 else "body", "message": refusal.detail}],
    }
    return "application/problem+json", json.dumps(document).encode()


def _influxlite(settings: Settings) -> None:
    """Become `influxlite serve`, which is a program of its own: told by its environment, its secrets by files."""
    told = {
        "INFLUXLITE_DATA": str(settings.data / "influx"),
        "INFLUXLITE_HOST": settings.host,
        "INFLUXLITE_PORT": str(settings.influx_port),
        "INFLUXLITE_ORG": settings.influx_org,
        "INFLUXLITE_BUCKET": settings.influx_bucket,
    }
    if settings.behind_proxy:
        told["INFLUXLITE_BEHIND_PROXY"] = "1"
    if os.environ.get(PARENT):
        told["INFLUXLITE_EXIT_WITH_PARENT"] = "1"
    if os.environ.get("BEDSIDE_ADMIN_TOKEN"):
        told["INFLUXLITE_TOKEN"] = os.environ["BEDSIDE_ADMIN_TOKEN"]
    elif os.environ.get("BEDSIDE_ADMIN_TOKEN_FILE"):
        told["INFLUXLITE_TOKEN_FILE"] = os.environ["BEDSIDE_ADMIN_TOKEN_FILE"]
    elif admin_token_file(settings).exists():
        told["INFLUXLITE_TOKEN_FILE"] = str(admin_token_file(settings))
    else:
        raise Failure("influxlite needs a token: set BEDSIDE_ADMIN_TOKEN, or run `bedside up` once, which makes one.")
    if analyst_token_file(settings).exists():
        told["INFLUXLITE_READ_TOKEN_FILE"] = str(analyst_token_file(settings))
    if forwarder_token_file(settings).exists():
        told["INFLUXLITE_WRITE_TOKEN_FILE"] = str(forwarder_token_file(settings))
    command = [sys.executable, "-m", "influxlite", "serve"]
    os.execve(command[0], command, {**os.environ, **told})  # noqa: S606 - our own program
