"""The short way for writes: POST /api/v2/write is answered before Flask sees it.

Small writes are by far the most frequent request, and most of Flask's time per request goes into what they do not need.
Everything else, and every fault that is not a refusal, goes on to the app.
"""

import functools
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from influxlite.server import context, write
from influxlite.server.answers import JSON_TYPE, dump
from influxlite.server.errors import ApiError
from influxlite.server.metrics import metrics
from influxlite.storage import Storage
from influxlite.version import SERVER_VERSION

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
RETRY_AFTER_S = "1"
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
            begun = write.take(
                self._storage,
                token,
                parameters_of(environ.get("QUERY_STRING", "")),
                environ.get("HTTP_CONTENT_ENCODING", ""),
                environ["wsgi.input"].read,
            )
        except ApiError as fault:
            return [refuse(fault, start_response)]
        return Acknowledgement(begun, self._acknowledge, started, start_response)

    def _acknowledge(self, started: float) -> None:
        """Count a write that is on disk."""
        self._done.inc()
        self._duration.observe(time.perf_counter() - started)


class Acknowledgement:
    """The answer to a write, once it is on disk: `serving` sends it then, any other server waits while it iterates."""

    def __init__(
        self, begun: write.Begun, count: Callable[[float], None], started: float, start_response: Callable[..., Any]
    ) -> None:
        """Nothing is known yet."""
        self.when_ready = begun.when_ready
        self._begun = begun
        self._count = count
        self._started = started
        self._start_response: Callable[..., Any] | None = start_response

    def __iter__(self) -> Iterator[bytes]:
        """The body, empty where all is well; `start_response` is called first."""
        assert self._start_response is not None
        try:
            self._begun.finish()
        except ApiError as fault:
            yield refuse(fault, self._start_response)
            return
        self._count(self._started)
        self._start_response("204 No Content", HEADERS)
        yield b""

    def close(self) -> None:
        """It was sent. The server's answer holds this one: let go of it, or both wait for the garbage collector."""
        self._start_response = None


def refuse(fault: ApiError, start_response: Callable[..., Any]) -> bytes:
    """Begin the answer to a write that is refused; its body."""
    metrics.requests.labels("POST", write.PATH, str(fault.status)).inc()
    headers = [("Content-Type", JSON_TYPE), ("X-Platform-Error-Code", fault.code), *HEADERS]
    if fault.status in (429, 503):
        headers.append(("Retry-After", RETRY_AFTER_S))
    start_response(f"{fault.status} {fault.code.title()}", headers)
    return dump({"code": fault.code, "message": fault.message}, tabbed=fault.tabbed)
