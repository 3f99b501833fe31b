"""The WSGI app: which resources there are, who may call them, and what every answer carries."""

import logging
import time

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from influxlite.server import context
from influxlite.server.answers import refuse
from influxlite.server.authorizations import authorizations
from influxlite.server.buckets import buckets
from influxlite.server.dbrps import Dbrps, dbrps
from influxlite.server.delete import delete
from influxlite.server.door import WriteDoor
from influxlite.server.errors import ApiError, internal
from influxlite.server.health import health
from influxlite.server.labels import labels
from influxlite.server.metrics import metrics
from influxlite.server.metrics import routes as metrics_routes
from influxlite.server.old_api import old_api
from influxlite.server.orgs import orgs
from influxlite.server.origins import OriginDoor
from influxlite.server.query import query
from influxlite.server.resources import resources
from influxlite.server.runs import runs
from influxlite.server.tasks import tasks
from influxlite.server.users import users
from influxlite.server.write import write
from influxlite.storage import BusyError, Storage, StorageError
from influxlite.tasks import TaskService
from influxlite.tasks.labels import Labels
from influxlite.version import SERVER_VERSION

log = logging.getLogger("influxlite.server")
BLUEPRINTS = (
    health, metrics_routes, write, query, delete, buckets, orgs, authorizations, users, tasks, runs, labels, resources,
    old_api, dbrps,
)  # fmt: skip
OPEN = frozenset(("/health", "/ping", "/ready", "/metrics", "/api/v2", "/api/v2/", "/api/v2/setup", "/api/v2/signin"))


def create_app(storage: Storage, service: TaskService | None = None) -> Flask:
    """The app over an open storage and its tasks, which stay the caller's to start, stop and close.

    Without `service` tasks can be made, looked at and changed, but none is run.
    """
    app = Flask("influxlite", static_folder=None)
    held = service or TaskService(storage)
    app.extensions["influxlite.storage"] = storage
    app.extensions["influxlite.tasks"] = held
    app.extensions["influxlite.labels"] = Labels(storage, held)
    app.extensions["influxlite.dbrps"] = Dbrps(storage)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(_check)
    app.after_request(_finish)
    app.register_error_handler(ApiError, refuse)
    app.register_error_handler(StorageError, _storage_fault)
    app.register_error_handler(HTTPException, _http_fault)
    app.register_error_handler(Exception, _fault)
    app.wsgi_app = OriginDoor(WriteDoor(app.wsgi_app, storage))
    return app


def _check() -> None:
    """Before a request: who is it? Everything under /api needs a token, also what does not exist."""
    g.started = time.perf_counter()
    if request.path in OPEN or not request.path.startswith("/api/"):
        return
    g.token = context.authenticate(context.storage(), request.headers.get("Authorization", ""))


def _finish(response: Response) -> Response:
    """After a request: InfluxDB's headers, and the count of it by route, never by path."""
    response.headers["X-Influxdb-Build"] = "OSS"
    response.headers["X-Influxdb-Version"] = SERVER_VERSION
    if response.status_code == 204:
        del response.headers["Content-Type"]
    route = request.url_rule.rule if request.url_rule else "unknown"
    metrics.requests.labels(request.method, route, str(response.status_code)).inc()
    if "started" in g:
        metrics.duration.labels(route).observe(time.perf_counter() - g.started)
    return response


def _storage_fault(fault: StorageError) -> Response:
    """Storage cannot do it now; that is no fault of the request."""
    return refuse(ApiError("too many requests" if isinstance(fault, BusyError) else "unavailable", str(fault)))


def _http_fault(fault: HTTPException) -> Response:
    """Faults that werkzeug finds, in InfluxDB's words."""
    if isinstance(fault, NotFound):
        return refuse(ApiError("not found", "path not found", tabbed=True))
    if isinstance(fault, MethodNotAllowed):
        allow = ", ".join(sorted(set(fault.valid_methods or ()) - {"HEAD"}))
        response = refuse(ApiError("method not allowed", f"allow: {allow}"))
        response.headers["Allow"] = allow
        return response
    if isinstance(fault, RequestEntityTooLarge):
        return refuse(ApiError("request too large", "the body is too large"))
    return refuse(ApiError("invalid", fault.description or fault.name))


def _fault(fault: Exception) -> Response:
    """A fault of ours: the log has it, the client gets InfluxDB's sentence."""
    log.error("fault while answering %s", request.url_rule.rule if request.url_rule else "unknown", exc_info=fault)
    return refuse(internal())
