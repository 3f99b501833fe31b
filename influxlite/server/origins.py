"""What browsers ask before a page of another origin may use this API (CORS), answered as InfluxDB does.

Every origin may: what it can do lies in the token that it sends, and a browser adds nothing to it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from influxlite.server.door import HEADERS, Wsgi

ALLOWED = [
    ("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE, PATCH"),
    (
        "Access-Control-Allow-Headers",
        "Accept, Content-Type, Content-Length, Accept-Encoding, Authorization, User-Agent",
    ),
]


class OriginDoor:
    """WSGI middleware around the app: under /api what a browser asks first is answered, other answers name its origin.

    What is open without a token, `/metrics` among it, is not for other origins.
    """

    def __init__(self, app: Wsgi) -> None:
        """Stand before the app."""
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer the request of a browser that asks, or hand it on."""
        origin = environ.get("HTTP_ORIGIN", "")
        if not origin or not environ["PATH_INFO"].startswith("/api/"):
            return self._app(environ, start_response)
        named = ("Access-Control-Allow-Origin", origin)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            start_response("204 No Content", [named, *ALLOWED, *HEADERS])
            return [b""]

        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
            return start_response(status, [*headers, named], *fault)

        return self._app(environ, start)
