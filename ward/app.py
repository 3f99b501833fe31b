"""The WSGI app: the ward page's parts behind their routes, and what every answer must carry."""

import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from grafana import published
from ward.alerts import Alerts
from ward.dashboards import Dashboards
from ward.errors import Forbidden, Malformed, NotFound, Problem
from ward.influx import Influx
from ward.people import People
from ward.routes import alerts, dashboards, page, people, query, session
from ward.routes.common import EXTENSION, MOST_BYTES, Parts, refusal
from ward.rules import Rule
from ward.sessions import Sessions
from ward.settings import AuditLog, WardSettings
from ward.silences import Silences

MARK = "X-Bedside-Ward"
BLUEPRINTS = (page, session, dashboards, query, people, alerts)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
logger = logging.getLogger("ward")


def create_app(settings: WardSettings, audit: AuditLog) -> Flask:
    """The app, its alerts being evaluated; end them with `close_app`. Who sees a patient is told to `audit` first."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    influx = Influx(settings)
    silences = Silences(settings.folder / "silences.db")
    parts = Parts(
        settings=settings,
        sessions=Sessions(session_s=settings.session_s, most=settings.most_sessions),
        people=People(settings.api_url),
        dashboards=Dashboards(published.dashboards().values()),
        influx=influx,
        audit=audit,
        silences=silences,
        alerts=Alerts(settings, [Rule.of(rule) for rule in published.alert_rules()], influx.ask, silences.ended),
    )
    app.extensions[EXTENSION] = parts
    for part in BLUEPRINTS:
        app.register_blueprint(part.blueprint)
    app.before_request(_from_this_page)
    app.after_request(_guard)
    app.register_error_handler(Problem, refusal)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _fault)
    app.wsgi_app = _whole(app.wsgi_app)  # type: ignore[method-assign]
    parts.alerts.start()
    return app


def close_app(app: Flask) -> None:
    """Stop the app's thread and let its files go. Closing twice is closing once."""
    parts = app.extensions.pop(EXTENSION, None)
    if parts is not None:
        parts.alerts.stop()
        parts.silences.close()


def _whole(wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Answers in one piece, so that each says its length: the ingest process passes them on as they are."""

    def call(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        pieces = wsgi(environ, start_response)
        try:
            return [b"".join(pieces)]
        finally:
            getattr(pieces, "close", lambda: None)()

    return call


def _from_this_page() -> None:
    """A request that changes or asks anything carries a header that no other site's page can send."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("Origin")
    if request.headers.get(MARK) != "1" or (origin is not None and urlsplit(origin).netloc != request.host):
        raise Forbidden("other-site", "This request did not come from the ward page.")


def _guard(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/ward/api/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _http_problem(error: HTTPException) -> Response:
    if error.code == 304 or (error.code is not None and error.code < 400):
        return error.get_response()  # type: ignore[return-value]
    if error.code == 404:
        return refusal(NotFound("not-found", "There is nothing at this address."))
    return refusal(Malformed("bad-request", "The request cannot be read."))


def _fault(error: Exception) -> Response:
    """A fault of ours: the log says where, without any value; the person reads a sentence."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    logger.error("fault %s at %s", type(error).__name__, place)
    return refusal(Problem("internal-error", "A fault of the ward server; its log says more."))
