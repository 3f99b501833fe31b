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
from ingest.idempotency import Answer
from ingest.intake import Post, authorize, begin, check, keep
from ingest.later import Later, Send
from ingest.openapi import JSON, NDJSON, PROBLEM
from ingest.service import Service

ROUTE = "/v1/readings"
GUARDS = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))  # no answer is HTML, none is kept
MOST_BYTES = 32 * 2**20
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Express:
    """A WSGI app in front of Flask's."""

    def __init__(self, flask: Wsgi, parts: Service) -> None:
        self._flask = flask
        self._parts = parts
        self._seconds = parts.metrics.seconds.labels(ROUTE)
        self._requests = {status: parts.metrics.requests.labels(ROUTE, status) for status in (200, 201)}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != ROUTE or environ.get("REQUEST_METHOD") != "POST":
            return self._flask(environ, start_response)
        kind = environ.get("CONTENT_TYPE")
        length = environ.get("CONTENT_LENGTH") or ""
        plain = "HTTP_CONTENT_ENCODING" not in environ and length.isdigit() and int(length) <= MOST_BYTES
        if kind not in (JSON, NDJSON) or not plain:
            return self._flask(environ, start_response)
        return self._post(environ, start_response, time.perf_counter())

    def _post(self, environ: dict[str, Any], start_response: StartResponse, begun: float) -> Iterable[bytes]:
        """Check the post; only one with an image or an Idempotency-Key keeps its thread until it is on disk."""
        get = environ.get
        try:
            token = authorize(self._parts, get("HTTP_AUTHORIZATION"), "monitor")
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            post = Post(token, ROUTE, body, get("HTTP_BEDSIDE_SENT_AT"), get("HTTP_IDEMPOTENCY_KEY"))
            checked = check(self._parts, post, lines=environ["CONTENT_TYPE"] == NDJSON)
            if post.key is None and not checked.has_images():
                return Later(
                    lambda done: begin(self._parts, checked, done),
                    lambda outcome: self._finish(outcome, start_response, begun),
                )
            outcome = keep(self._parts, post, checked)
        except Problem as problem:
            outcome = problem
        except Exception as fault:
            self._parts.log_fault(fault)
            outcome = Failed()
        return self._finish(outcome, start_response, begun)()

    def _finish(self, outcome: Answer | Problem, start_response: StartResponse, begun: float) -> Send:
        """Count and log the request, whose outcome is known now; calling the result answers it."""
        if isinstance(outcome, Problem):
            status, body = outcome.status, json.dumps(outcome.document()).encode()
            headers = [("Content-Type", PROBLEM), *outcome.headers.items()]
        else:
            status, body = outcome
            headers = [("Content-Type", JSON)]
        seconds = time.perf_counter() - begun
        self._seconds.observe(seconds)
        counter = self._requests.get(status) or self._parts.metrics.requests.labels(ROUTE, status)
        counter.inc()
        self._parts.log_request("POST", ROUTE, status, seconds)

        def send() -> list[bytes]:
            start_response(_STATUS[status], [*headers, *GUARDS, ("Content-Length", str(len(body)))])
            return [body]

        return send
