"""The WSGI app: the service of one data folder behind its HTTP routes."""

import atexit
import sys
import time

from flask import Flask, Response, g, request
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ingest.errors import Failed, Malformed, MethodNotAllowed, NotAllowed, NotFound, Problem
from ingest.express import GUARDS, Express
from ingest.logs import silence_paths
from ingest.reading import problem_of
from ingest.routes import add_patient, documentation, health, images, patients, quarantine, readings, rooms, tokens
from ingest.routes.common import EXTENSION, MOST_BYTES, refusal, service, too_large
from ingest.service import Service
from ingest.settings import IngestSettings

PARTS = (readings, add_patient, rooms, patients, images, quarantine, tokens, health)
DESCRIPTION = """Telemetry of a sleep ward: readings in over HTTP, history out in Flux.

Bedside stores and shows; it is not for active patient monitoring, and no call changes a device's setting."""


def create_app(settings: IngestSettings | None = None) -> Flask:
    """The app with its threads running; see `ingest.create_app`."""
    silence_paths()
    parts = Service(settings or IngestSettings())
    app = OpenAPI(
        __name__,
        info=Info(title="Bedside", version="1", description=DESCRIPTION),
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},  # type: ignore[dict-item]
        doc_ui=False,
        validation_error_callback=_bad_path,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.extensions[EXTENSION] = parts
    for part in PARTS:
        app.register_api(part.blueprint)
    app.register_blueprint(documentation.blueprint)
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(Problem, refusal)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _fault)
    app.wsgi_app = Express(app.wsgi_app, parts)  # type: ignore[method-assign]
    parts.start()
    if parts.first_admin_token is not None:
        sys.stderr.write(f"First start: the admin token is {parts.first_admin_token} (shown this once)\n")
    atexit.register(close_app, app)
    return app


def close_app(app: Flask) -> None:
    """Stop the service; see `ingest.close_app`. Closing twice is closing once."""
    parts = app.extensions.pop(EXTENSION, None)
    if parts is not None:
        atexit.unregister(close_app)
        parts.stop()


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    """Count and log the request by its route's template: the path itself may name a patient."""
    route = request.url_rule.rule if request.url_rule is not None else "(no route)"
    parts = service()
    seconds = time.perf_counter() - g.begun
    parts.metrics.requests.labels(route, response.status_code).inc()
    parts.metrics.seconds.labels(route).observe(seconds)
    parts.log_request(request.method, route, response.status_code, seconds)
    for name, value in GUARDS:
        response.headers.setdefault(name, value)
    return response


def _bad_path(error: ValidationError) -> Response:
    return refusal(NotAllowed("invalid-address", "The address is not one of this API.", problem_of(error).errors))


def _http_problem(error: HTTPException) -> Response:
    """What Flask itself refuses, as a problem document."""
    if isinstance(error, RequestEntityTooLarge):
        return refusal(too_large())
    if error.response is not None:
        return error.response  # type: ignore[return-value] - made by `_bad_path`
    if error.code == 404:
        return refusal(NotFound("not-found", "There is no such address here. /docs shows those there are."))
    if error.code == 405:
        allowed = ", ".join(sorted(error.valid_methods or ()))  # type: ignore[attr-defined]
        return refusal(
            MethodNotAllowed("method-not-allowed", "The address does not take that method.", headers={"Allow": allowed})
        )
    if error.code is not None and 400 <= error.code < 500:
        return refusal(Malformed("bad-request", "The request cannot be read."))
    return _fault(error)


def _fault(error: Exception) -> Response:
    service().log_fault(error)
    return refusal(Failed())
