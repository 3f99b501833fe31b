"""The short way for writes: POST /api/v2/write is answered before Flask sees it.

Small writes are by far the most frequent request, and most of Flask's time per request goes into what they do not need.
Everything else, and every fault that is not a refusal, goes on to the app.
"""

import functools
import time
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

from influxlite.server import context, write
from influxlite.server.answers import JSON_TYPE, dump
from influxlite.server.errors import ApiError
from influxlite.server.metrics import metrics
from influxlite.storage import Storage
from influxlite.version import SERVER_VERSION

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HEADERS = [("X-Influxdb-Build", "OSS"), ("X-Influxdb-Version", SERVER_VERSION)]


@functools.lru_cache(maxsize=256)
def parameters_of(query: str) -> dict[str, str]:
    """The first value of each parameter of a query string; whoever writes sends the same one again and again."""
    return {name: values[0] for name, values in urllib.parse.parse_qs(query, keep_blank_values=True).items()}


class WriteDoor:
    """WSGI middleware around the app."""

    def __init__(self, app: Wsgi, storage: Storage) -> None:
        """Stand before the app; writes go to the storage."""
        self._app = app
        self._storage = storage
        self._done = metrics.requests.labels("POST", write.PATH, "204")
        self._duration = metrics.duration.labels(write.PATH)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a write, or hand the request on."""
        if environ["PATH_INFO"] != write.PATH or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        started = time.perf_counter()
        try:
            token = context.authenticate(self._storage, environ.get("HTTP_AUTHORIZATION", ""))
            write.take(
                self._storage,
                token,
                parameters_of(environ.get("QUERY_STRING", "")),
                environ.get("HTTP_CONTENT_ENCODING", ""),
                environ["wsgi.input"].read,
            )
        except ApiError as fault:
            metrics.requests.labels("POST", write.PATH, str(fault.status)).inc()
            kind = [("Content-Type", JSON_TYPE), ("X-Platform-Error-Code", fault.code)]
            start_response(f"{fault.status} {fault.code.title()}", [*kind, *HEADERS])
            return [dump({"code": fault.code, "message": fault.message}, tabbed=fault.tabbed)]
        self._done.inc()
        self._duration.observe(time.perf_counter() - started)
        start_response("204 No Content", HEADERS)
        return [b""]
