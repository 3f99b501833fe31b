"""The ward page's wiring: its own process on a port of this machine, reached through the ingest API's port.

One port serves monitors and clinicians. The ingest process hands `/` and `/ward/…` on from its event loop, so that a
slow question holds none of its threads; answers are decoded in the other process, with a core of its own.
"""

import os
import socket
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import serving
from bedside.errors import Failure
from bedside.listening import check_listening
from bedside.parent import PARENT
from bedside.secrets import analyst_token_file, find_influx_token, kept
from bedside.settings import Settings, secret
from ingest.audit import Audit, audit_file
from ingest.logs import Pseudonym
from serving import Forward, Limits, ServingError, run
from ward import WardSettings, close_app, create_app

LIMITS = Limits(body_bytes=256 * 1024, threads=24, waiting=256, held_bytes=32 * 2**20)
LOGIN = "/ward/api/session"
AGAIN = "setTimeout(() => location.reload(), 2000)"  # a meta element would not load an address with a fragment anew
AWAY = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Bedside</title>
<h1>The ward page is being started</h1>
<p>Readings are taken and kept meanwhile. This page tries again by itself.</p><script>{AGAIN}</script></html>
"""
AWAY_HEADERS = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        f"default-src 'none'; script-src 'sha256-{b64encode(sha256(AGAIN.encode()).digest()).decode()}'",
    ),
]


def is_of_the_page(path: str) -> bool:
    """Whether the ward page answers that path; all others are the API's."""
    return path in ("/", "/ward") or path.startswith("/ward/")


def carries_a_token(scope: Any) -> bool:
    """Whether a request tried to authenticate, to the API or by the page's login: a session that ended is no guess."""
    return serving.carries_a_token(scope) or (scope.method == "POST" and scope.path == LOGIN)


def way(settings: Settings) -> Forward | None:
    """How the ingest process hands the page's requests on; None where no page runs beside it."""
    if not os.environ.get("BEDSIDE_WARD_PORT"):
        return None
    return Forward(is_of_the_page, "127.0.0.1", settings.ward_port, away=(AWAY_HEADERS, AWAY.encode()))


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(settings: Settings) -> None:
    """Run the ward page until a signal. Under `bedside up` it listens on this machine only; alone, on BEDSIDE_HOST."""
    host = "127.0.0.1" if os.environ.get(PARENT) else settings.host
    if host == settings.host:
        check_listening(settings)
    limits = replace(LIMITS, guesses=carries_a_token, behind_proxy=host == settings.host and settings.behind_proxy)
    app = create_app(ward_settings(settings), Audit(audit_file(settings.data)))
    try:
        run(app, host=host, port=settings.ward_port, limits=limits)
    except ServingError as problem:
        raise Failure(f"The ward page cannot start: {problem}. Name another port with BEDSIDE_WARD_PORT.") from None
    finally:
        close_app(app)


def ward_settings(settings: Settings) -> WardSettings:
    """What the page is told. It reads InfluxDB with a token that can only read, where there is one."""
    return WardSettings(
        data=settings.data,
        api_url=settings.api_url,
        influx_url=settings.influx_url,
        influx_org=settings.influx_org,
        influx_bucket=settings.influx_bucket,
        read_token=read_token(settings) or "",
        timezone=_timezone(),
        pseudonym=_pseudonym(settings),
    )


def read_token(settings: Settings) -> str | None:
    """BEDSIDE_READ_TOKEN, else influxlite's read-only token of this data folder, else the InfluxDB's only one."""
    own = None if settings.external_influx else kept(analyst_token_file(settings))
    return secret("BEDSIDE_READ_TOKEN") or own or find_influx_token(settings)


def _timezone() -> ZoneInfo:
    name = os.environ.get("BEDSIDE_TIMEZONE") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failure("BEDSIDE_TIMEZONE names no time zone; write it as Europe/Vienna.") from None


def _pseudonym(settings: Settings) -> Pseudonym:
    """The same keyed hash that the ingest API's log uses, so that one patient is one in both."""
    try:
        key = (settings.data / "secret.key").read_bytes()
    except OSError as problem:
        raise Failure(
            f"{settings.data / 'secret.key'} cannot be read ({problem.strerror}): the ingest API makes it at its first "
            "start; the ward page needs it for its audit log."
        ) from None
    return Pseudonym(key)
