"""GET /health, /ping and /ready: is it there, and since when. Open to everyone."""

import json
import time
from datetime import UTC, datetime

from flask import Blueprint, Response

from influxlite.server.answers import JSON_TYPE
from influxlite.version import SERVER_VERSION

health = Blueprint("health", __name__)
_started = time.time_ns()


@health.route("/health", methods=["GET", "POST"])
def get_health() -> Response:
    """Status `pass` while this answers."""
    body = (
        '{"name":"influxdb", "message":"ready for queries and writes", "status":"pass", "checks":[], '
        f'"version": {json.dumps(SERVER_VERSION)}, "commit": "none"}}\n'
    )
    return Response(body, content_type=JSON_TYPE)


@health.route("/ping", methods=["GET", "POST"])
def get_ping() -> Response:
    """204, for clients that only want to know whether someone answers."""
    return Response(status=204)


@health.route("/ready", methods=["GET"])
def get_ready() -> Response:
    """Since when it runs."""
    started = datetime.fromtimestamp(_started // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    up = (time.time_ns() - _started) / 1e9
    body = {"status": "ready", "started": f"{started}.{_started % 1_000_000_000:09d}Z", "up": f"{up:.6f}s"}
    return Response(json.dumps(body, indent=4) + "\n", content_type=JSON_TYPE)
