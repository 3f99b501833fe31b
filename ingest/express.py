"""The short way for the call that nearly every request is: `POST /v1/readings` with a plain body.

Flask's routing, contexts and response objects cost more than checking a reading does. What this does not know (another
address, compression, a body without a length) goes to Flask as it came; what it does is answered by the same `intake`.
"""

import json
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from ingest.errors import Failed, Problem
from ingest.intake import Post, authorize, take
from ingest.openapi import JSON, NDJSON, PROBLEM
from ingest.service import Service

ROUTE = "/v1/readings"
MOST_BYTES = 32 * 2**20
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Express:
    """A WSGI app in front of Flask's."""

    def __init__(self, flask: Wsgi, parts: Service) -> None:
        self._flask = flask
        self._parts = parts
        self._seconds = parts.metrics.seconds.labels(ROUTE)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != ROUTE or environ.get("REQUEST_METHOD") != "POST":
            return self._flask(environ, start_response)
        kind = environ.get("CONTENT_TYPE")
        length = environ.get("CONTENT_LENGTH") or ""
        plain = "HTTP_CONTENT_ENCODING" not in environ and length.isdigit() and int(length) <= MOST_BYTES
        if kind not in (JSON, NDJSON) or not plain:
            return self._flask(environ, start_response)
        begun = time.perf_counter()
        headers: list[tuple[str, str]] = [("Content-Type", JSON)]
        try:
            status, body = self._answer(environ, kind, int(length))
        except Exception as fault:
            problem = fault if isinstance(fault, Problem) else self._fault(fault)
            status, body = problem.status, json.dumps(problem.document()).encode()
            headers = [("Content-Type", PROBLEM), *problem.headers.items()]
        seconds = time.perf_counter() - begun
        self._seconds.observe(seconds)
        self._parts.metrics.requests.labels(ROUTE, status).inc()
        self._parts.log_request("POST", ROUTE, status, seconds)
        headers.append(("Content-Length", str(len(body))))
        start_response(_STATUS[status], headers)
        return [body]

    def _answer(self, environ: dict[str, Any], kind: str, length: int) -> tuple[int, bytes]:
        token = authorize(self._parts, environ.get("HTTP_AUTHORIZATION"), "monitor")
        body = environ["wsgi.input"].read(length)
        get = environ.get
        post = Post(token, ROUTE, body, get("HTTP_BEDSIDE_SENT_AT"), get("HTTP_IDEMPOTENCY_KEY"))
        return take(self._parts, post, lines=kind == NDJSON)

    def _fault(self, fault: Exception) -> Failed:
        self._parts.log_fault(fault)
        return Failed()
